"""A recorded flight as a target: it flies itself again, sample by sample, whatever it is told."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hil.core.breach import Breach, Reaction
from hil.core.errors import BadInput, FlightDataError
from hil.core.interfaces import Target
from hil.core.types import Event, Sample, Setpoint, Start
from hil.flight_plan import FlightPlan, plan_replay
from hil.flights.reader import Flight, read_flight
from hil.log import COLUMNS, to_sample
from hil.targets.order import Order, Prepared

SAME_TASK_M = 0.1  # set-points of one task sent twice differ by rounding and timing only


class Replay(Target):
    """Gives back a recording row by row, with the set-points that were recorded; the same every time."""

    name = "replay"

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self.controller_name = flight.log.info.controller
        self.controller_family = flight.log.info.controller_family
        self.state_source = flight.log.info.state_source
        self._rows = flight.log.stack(*COLUMNS)
        self._next = 0

    @property
    def ticks(self) -> Sequence[int]:
        """Ticks of the recording: negative during take-off, with holes where rows are missing."""
        return [int(tick) for tick in self.flight.log["tick"]]

    @property
    def remaining(self) -> int:
        """Samples left."""
        return len(self._rows) - self._next

    def open(self) -> None:
        """Nothing to open: the recording is in memory."""

    def reset(self, start: Start, *, seed: int) -> None:
        """Back to the first row; a recording starts where it started."""
        self._next = 0

    def approach(self) -> Iterator[Sequence[Sample]]:
        """Take-off is in the recording, as rows before t = 0."""
        return iter(())

    def step(self, setpoint: Setpoint) -> tuple[Sample]:
        """The next recorded sample, with the set-point recorded in it. Raises FlightDataError at the end."""
        if self.remaining == 0:
            raise FlightDataError(f"{self.flight.name}: the recording is over after {len(self._rows)} rows")
        row = self._rows[self._next]
        self._next += 1
        return (to_sample([float(value) for value in row]),)

    def leave(self, reaction: Reaction) -> Iterator[Sequence[Sample]]:
        """Landing is in the recording."""
        return iter(())

    def alarm(self) -> Breach | None:
        """Samples tell all."""
        return None

    def news(self) -> Sequence[Event]:
        """Nothing happens that samples do not show."""
        return ()

    def stop(self) -> None:
        """Nothing turns."""

    def close(self) -> None:
        """Nothing to let go."""

    def keep(self, run_dir: Path) -> None:
        """Nothing to add: all that is known is in the recording."""


def build(order: Order) -> Prepared:
    """`--target replay`: the recording, judged as the scenario says. Raises BadInput."""
    if order.flight is None:
        raise BadInput("--target replay needs a recorded flight", hint="--flight FILE, --flights DIR or HIL_FLIGHTS")
    flight = read_flight(order.flight)
    plan = plan_replay(order.scenario, flight)
    refuse_another_task(plan, flight)
    return Prepared(Replay(flight), plan, simulated=flight.log.info.simulated)


def refuse_another_task(plan: FlightPlan, flight: Flight) -> None:
    """Raises BadInput for a flight that was not told to fly the task whose criteria it is to be judged by."""
    rows = (flight.log["t_s"] >= plan.judge_from_s) & (flight.log["t_s"] <= plan.judge_to_s)
    told, times = flight.log.reference[rows], flight.log["t_s"][rows]
    if not len(times):
        return
    asked = np.array([plan.reference.at(t_s).position for t_s in times.tolist()])
    apart_m = float(np.median(np.linalg.norm(told - asked, axis=1)))
    if apart_m > SAME_TASK_M:
        raise BadInput(
            f"{flight.name}: not flown on the task of {plan.scenario.name}: its set-points are {apart_m:.2f} m away",
            hint="leave the scenario out to judge it by its own set-points",
        )
