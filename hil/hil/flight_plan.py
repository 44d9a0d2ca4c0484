"""What exactly one flight will be: start, reference, ticks and judged window, fixed before anything moves."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from hil.core.chance import repeat_seed
from hil.core.types import Start
from hil.flights.reader import Flight
from hil.log import Event, LogInfo
from hil.references.reference import Reference
from hil.scenario.model import Scenario
from hil.scenario.start import draw_start


class Rig(Protocol):
    """What a log says of who flew: a `Target`, or a batch of them."""

    name: str
    controller_name: str
    controller_family: str
    state_source: str
    vehicle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightPlan:
    """One flight of one scenario. Paired: it depends on the scenario, the seed and the repeat, never on who flies."""

    scenario: Scenario
    repeat: int
    seed: int
    start: Start
    reference: Reference
    ticks: Sequence[int]
    rate_hz: float
    judge_from_s: float
    judge_to_s: float
    guarded: bool = True  # safety limits may end it; a recording is past saving
    events: tuple[Event, ...] = ()  # known beforehand: faults to come, findings of a recording
    source: str = ""

    @property
    def duration_s(self) -> float:
        """Planned length of the flight, from t = 0."""
        return (self.ticks[-1] + 1) / self.rate_hz

    def info(self, target: Rig, *, simulated: bool) -> LogInfo:
        """What the log will say of this flight on that target."""
        return LogInfo(
            scenario=self.scenario.name,
            task=self.scenario.task.kind,
            target=target.name,
            controller=target.controller_name,
            controller_family=target.controller_family,
            vehicle=target.vehicle or (self.scenario.vehicle if simulated else "as recorded"),
            simulated=simulated,
            seed=self.seed,
            repeat=self.repeat,
            rate_hz=self.rate_hz,
            planned_duration_s=self.duration_s,
            judge_from_s=self.judge_from_s,
            judge_to_s=self.judge_to_s,
            source=self.source,
            state_source=target.state_source,
        )


def plan_flight(scenario: Scenario, repeat: int) -> FlightPlan:
    """The plan of repeat k. Raises BadInput where the task needs a recording that is not there."""
    seed = repeat_seed(scenario.seed, repeat)
    recording = scenario.task.recording()
    start = recording.start if recording else draw_start(scenario.start, seed)
    reference = scenario.task.reference(start)
    duration_s = min(scenario.duration_s, recording.task_duration_s) if recording else scenario.duration_s
    return FlightPlan(
        scenario=scenario,
        repeat=repeat,
        seed=seed,
        start=start,
        reference=reference,
        ticks=range(round(duration_s * scenario.rate_hz)),
        rate_hz=scenario.rate_hz,
        judge_from_s=scenario.judge_from_s(reference),
        judge_to_s=min(duration_s, recording.judge_to_s) if recording else duration_s,
        events=tuple(Event(fault.at_s, "fault", fault.kind) for fault in scenario.faults if fault.in_phase == "task"),
        source=recording.name if recording else "",
    )


def plan_repeats(scenario: Scenario, repeats: Iterable[int]) -> Iterator[FlightPlan]:
    """The plans of these repeats, one by one; those with the same start share one reference."""
    references: dict[Start, Reference] = {}
    for repeat in repeats:
        plan = plan_flight(scenario, repeat)
        yield replace(plan, reference=references.setdefault(plan.start, plan.reference))


def plan_replay(scenario: Scenario, flight: Flight) -> FlightPlan:
    """The plan that hands a recording through, row by row, whatever the scenario's task."""
    return FlightPlan(
        scenario=scenario,
        repeat=0,
        seed=0,
        start=flight.start,
        reference=scenario.task.reference(flight.start),
        ticks=[int(tick) for tick in flight.log["tick"]],
        rate_hz=flight.log.info.rate_hz,
        judge_from_s=flight.judge_from_s,
        judge_to_s=flight.judge_to_s,
        guarded=False,
        events=flight.findings,
        source=flight.name,
    )
