"""The flight loop for many repeats of one scenario at once: `hil.runner.run`, vectorised, with the same samples.

Bit for bit, whatever is flown together with what: a flight feels no other. Wall time per decision is not recorded. What
is no flight's outcome ends the batch: a controller that fails or gives a command that is not finite, named with its
seed, and an operator who interrupts.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from hil.batch_log import BatchLog
from hil.core.arrays import SETPOINT_VALUES, Floats, setpoint_values
from hil.core.errors import BadInput
from hil.core.types import Setpoint
from hil.flight_plan import FlightPlan
from hil.log import COLUMNS, Event, Log
from hil.safety import BatchMonitor
from hil.targets.batch_loop import BatchLoop

BLOCK_BYTES = 128_000_000  # of rows held while a block of flights is in the air
BLOCK_MAX = 1024


def run_batch(plans: Iterable[FlightPlan], target: BatchLoop, *, block: int | None = None) -> Iterator[Log]:
    """Fly plans of repeats of one scenario, `block` at once; their logs, in order, as blocks land.

    `block` None: as many as fit in BLOCK_BYTES. Keep what you need of a log, such as its verdict, and let it go: only
    one block is in memory then. Raises BadInput for plans that are not repeats of the target's scenario.
    """
    if block is not None and block < 1:
        raise BadInput(f"block must be at least 1, not {block}")
    waiting = iter(plans)
    first = next(waiting, None)
    if first is None:
        return
    size = block or max(16, min(BLOCK_MAX, BLOCK_BYTES // (8 * len(COLUMNS) * max(1, len(first.ticks)))))
    some = [first, *islice(waiting, size - 1)]
    while some:
        yield from _fly([_alike(plan, first, target) for plan in some], target)
        some = list(islice(waiting, size))


def _fly(plans: Sequence[FlightPlan], target: BatchLoop) -> Iterator[Log]:
    ticks, rate_hz, guarded = plans[0].ticks, plans[0].rate_hz, plans[0].guarded
    target.reset([plan.start for plan in plans], [plan.seed for plan in plans])
    monitor = BatchMonitor(plans[0].scenario.safety, len(plans))
    setpoints = _Setpoints(plans)
    writer = BatchLog([plan.info(target, simulated=True) for plan in plans], ticks)
    for k, plan in enumerate(plans):
        for event in plan.events:
            writer.event(k, event)
    t_s = ticks[0] / rate_hz
    for tick in ticks:
        t_s = tick / rate_hz
        samples = target.step(setpoints.at(max(t_s, 0.0)))
        writer.append(samples)
        violations = monitor.violations(tick, t_s, samples.setpoints, samples.states) if guarded else {}
        for k, reason in violations.items():
            writer.event(k, Event(t_s, "abort", reason))
            writer.end(k)
        if violations:
            target.end(list(violations))
        if monitor.all_ended:
            break
    for k, reason in monitor.never_flew().items() if guarded else ():
        writer.event(k, Event(t_s, "abort", reason))
    return writer.logs()


class _Setpoints:
    """Set-points (n, 11) of many references; one that is shared is asked once."""

    def __init__(self, plans: Sequence[FlightPlan]) -> None:
        references = {id(plan.reference): plan.reference for plan in plans}
        self._references = list(references.values())
        place = {key: index for index, key in enumerate(references)}
        self._place = np.array([place[id(plan.reference)] for plan in plans])
        self._last: list[Setpoint | None] = [None] * len(references)
        self._values = np.empty((SETPOINT_VALUES, len(references)))
        self._all: Floats = np.empty((0, 0))

    def at(self, t_s: float) -> Floats:
        """The set-points at `t_s`; not to be written to."""
        changed = False
        for index, reference in enumerate(self._references):
            setpoint = reference.at(t_s)
            if setpoint is not self._last[index]:
                self._last[index], changed = setpoint, True
                self._values[:, index] = setpoint_values(setpoint)
        if changed:
            self._all = self._values[:, self._place].T
        return self._all


def _alike(plan: FlightPlan, first: FlightPlan, target: BatchLoop) -> FlightPlan:
    """The plan, which must be of the target's scenario, and like the first. Raises BadInput."""
    if plan.scenario is not target.scenario and plan.scenario != target.scenario:
        raise BadInput(
            f"a batch flies repeats of the scenario it was built for, {target.scenario.name}, not {plan.scenario.name}"
        )
    if (plan.ticks, plan.rate_hz, plan.guarded) != (first.ticks, first.rate_hz, first.guarded):
        raise BadInput(f"a batch flies plans with the same ticks: repeat {plan.repeat} has others than {first.repeat}")
    return plan
