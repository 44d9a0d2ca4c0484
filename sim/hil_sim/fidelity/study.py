"""Vehicle files against recorded flights: which windows count, and how far each prediction is off."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hil.core.errors import BadInput
from hil.core.vehicle import Vehicle
from hil.flights.reader import Flight
from hil_sim.fidelity.attitudes import Array
from hil_sim.fidelity.errors import QUANTITIES, Error, error, norms
from hil_sim.fidelity.gain import Gain, gain_of
from hil_sim.fidelity.level import levelled
from hil_sim.fidelity.predict import hold, predict
from hil_sim.fidelity.windows import HISTORY_S, HORIZONS_S, LONGEST_S, Windows, cut, together

HELD = "rates and specific force held"
SLOWEST_HZ = 50.0  # below, the shortest horizon has no five rows


@dataclass(frozen=True, slots=True)
class Used:
    """A flight that was predicted."""

    name: str
    controller: str
    simulated: bool
    windows: int
    left_out: dict[str, int]  # windows by reason


@dataclass(frozen=True, slots=True)
class Excluded:
    """A flight that was not, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Model:
    """What one vehicle, or the baseline, achieved."""

    name: str
    gain: Gain | None  # None for the baseline
    errors: dict[str, Error]  # by quantity


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Open-loop prediction errors at 0.1, 0.25 and 0.5 s; the baseline is the first of `models`."""

    levelled: bool
    models: list[Model]
    flights: list[Used]
    excluded: list[Excluded]

    @property
    def windows(self) -> int:
        """Windows predicted."""
        return sum(flight.windows for flight in self.flights)

    def as_json(self) -> dict[str, Any]:
        """Everything, for `json.dumps`."""
        return {"horizons_s": list(HORIZONS_S), "windows": self.windows} | asdict(self)


def assess(flights: Sequence[Flight], vehicles: Sequence[Vehicle], *, level: bool = False) -> Fidelity:
    """Predict all windows of all flights with each vehicle; `level` also removes the tilt of the marker frame.

    Raises BadInput where no window is left, or a vehicle needs a voltage that a flight does not have.
    """
    counted, excluded = sorted_out(flights)
    if not counted:
        why = "; ".join(f"{flight.name}: {flight.reason}" for flight in excluded)
        raise BadInput(f"no window of any flight can be predicted: {why or 'no flight given'}")
    used, parts = [each.used for each in counted], [each.windows for each in counted]
    rates = sorted({part.rate_hz for part in parts})
    batches = [together([part for part in parts if part.rate_hz == rate]) for rate in rates]
    flight = np.concatenate([batch.flight for batch in batches])

    def model(name: str, gain: Gain | None, of: Callable[[Windows], dict[str, Array]]) -> Model:
        each = [of(batch) for batch in batches]
        return Model(name, gain, {q: error(np.concatenate([one[q] for one in each]), flight) for q in QUANTITIES})

    def flown_by(vehicle: Vehicle) -> Callable[[Windows], dict[str, Array]]:
        def of(windows: Windows) -> dict[str, Array]:
            seen = levelled(vehicle, windows) if level else windows
            return norms(predict(vehicle, seen), seen)

        return of

    models = [model(HELD, None, lambda windows: norms(hold(windows), windows))]
    models += [model(vehicle.name, gain_of(vehicle), flown_by(vehicle)) for vehicle in vehicles]
    return Fidelity(level, models, used, excluded)


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A flight with windows that count."""

    flight: Flight
    used: Used
    windows: Windows


def sorted_out(flights: Sequence[Flight]) -> tuple[list[Counted], list[Excluded]]:
    """Flights with windows that count, and those without; copies of a flight are left out too."""
    counted: list[Counted] = []
    excluded: list[Excluded] = []
    seen: dict[bytes, str] = {}
    for flight in flights:
        content = flight.log.position.tobytes() + flight.log.motors.tobytes()
        windows, left_out, reason = _windows_of(flight, number=len(counted))
        if not reason and seen.setdefault(content, flight.name) != flight.name:
            reason = f"the same rows as {seen[content]}"
        if windows is None or reason:
            excluded.append(Excluded(flight.name, reason))
            continue
        simulated = flight.log.info.simulated
        used = Used(flight.name, flight.controller, simulated, len(windows), left_out)
        counted.append(Counted(flight, used, windows))
    return counted, excluded


def _windows_of(flight: Flight, *, number: int) -> tuple[Windows | None, dict[str, int], str]:
    """The windows of a flight, those left out by reason, and why there are none, if so."""
    if flight.log.aborted is not None:
        return None, {}, flight.log.aborted.text
    if flight.log.info.rate_hz < SLOWEST_HZ:
        return None, {}, f"{flight.log.info.rate_hz:g} rows per second: fewer than {SLOWEST_HZ:g}"
    windows, left_out = cut(flight.log, from_s=0.0, to_s=flight.task_duration_s, flight=number)
    if len(windows):
        return windows, dict(left_out), ""
    if not left_out:
        return None, {}, f"its task of {flight.task_duration_s:.1f} s is shorter than {HISTORY_S + LONGEST_S:g} s"
    listed = ", ".join(f"{reason} in {count}" for reason, count in left_out.items())
    return None, dict(left_out), f"no window without a fault: {listed}"
