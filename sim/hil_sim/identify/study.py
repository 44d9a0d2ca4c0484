"""A vehicle from recorded flights: which flights count, and what comes out."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hil.core.errors import BadInput
from hil.core.vehicle import Vehicle
from hil.flights.reader import Flight
from hil_sim.fidelity.study import Counted, Excluded, Used, sorted_out
from hil_sim.identify.estimate import Estimate
from hil_sim.identify.flown import flown
from hil_sim.identify.noise import Senses, senses
from hil_sim.identify.quantities import estimates, ridge, unlike
from hil_sim.identify.steps import Steps


@dataclass(frozen=True, slots=True)
class Identified:
    """What flights say of a vehicle. Values that are None are the base vehicle's, as are mass and geometry."""

    base: Vehicle
    mass_kg: float
    mass_given: bool  # rather than the base's
    with_voltage: bool
    estimates: dict[str, Estimate]
    ridge: dict[float, tuple[float, float, float]]  # lag, s → roll and pitch gain, delay in s, that fit best beside it
    lag_alone_s: dict[str, float]  # motor lag by the error of velocity, or attitude, by itself
    share: float  # of the differential thrust that estimator errors move
    senses: Senses
    too_few: str  # why most numbers are not told: one flight, or short ones; empty where there are enough
    unlike: list[str]  # in what flights differ by more than those of one vehicle
    drawn: str  # what is drawn again for the uncertainties
    flights: list[Used]
    excluded: list[Excluded]

    @property
    def windows(self) -> int:
        """Windows used, as `hil fidelity` counts them."""
        return sum(flight.windows for flight in self.flights)

    def __getitem__(self, key: str) -> Estimate:
        return self.estimates[key]

    def as_json(self) -> dict[str, Any]:
        """Everything, for `json.dumps`."""
        ridge = [
            {"motor_lag_s": lag_s, "roll": roll, "pitch": pitch, "command_delay_s": delay_s}
            for lag_s, (roll, pitch, delay_s) in self.ridge.items()
        ]
        plain = asdict(self) | {"base": self.base.name, "ridge": ridge, "windows": self.windows}
        return plain | {"estimates": [asdict(each) for each in self.estimates.values()]}


def identify(
    flights: Sequence[Flight],
    base: Vehicle,
    *,
    mass_kg: float | None = None,
    held: Callable[[Flight], bool] = lambda flight: False,
) -> Identified:
    """What the flights say of the vehicle that flew them.

    `held` tells which flights' commands were in force from one row to the next; those of others are samples of a
    faster loop. Raises BadInput where no window of any flight counts.
    """
    counted, excluded = sorted_out(flights)
    counted, dark = _of_one_kind(counted)
    if not counted:
        why = "; ".join(f"{each.name}: {each.reason}" for each in excluded)
        raise BadInput(f"no window of any flight can be used: {why or 'no flight given'}")
    seen = [flown(each.flight, held=held(each.flight)) for each in counted]
    steps = Steps(seen, base)
    told = {each.key: each for each in estimates(steps)}
    return Identified(
        base=base,
        mass_kg=base.mass_kg if mass_kg is None else mass_kg,
        mass_given=mass_kg is not None,
        with_voltage=seen[0].volts is not None,
        estimates=told,
        ridge=ridge(steps),
        lag_alone_s={name: each.lag_s for name, each in steps.free.alone.items()} if steps.told else {},
        share=steps.turned.share,
        senses=senses(seen),
        too_few=steps.too_few,
        unlike=unlike(steps, told),
        drawn=steps.clusters.kind,
        flights=[each.used for each in counted],
        excluded=excluded + dark,
    )


def _of_one_kind(counted: list[Counted]) -> tuple[list[Counted], list[Excluded]]:
    """Flights with a voltage where there are any: one thrust law cannot serve both."""
    lit = [each for each in counted if np.isfinite(each.windows.battery_v).all()]
    if not lit or len(lit) == len(counted):
        return counted, []
    reason = "no voltage recorded, and other flights have one"
    return lit, [Excluded(each.used.name, reason) for each in counted if each not in lit]
