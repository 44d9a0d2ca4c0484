"""The flight loop: the only one there is.

A flight is the same for every target: the vehicle is brought to its start, at each tick the reference gives a set-point
and the target gives back the samples it has, the vehicle is brought down. The writer keeps every sample, and the safety
monitor may end the flight at any of them. What differs is behind `Target`.
"""

from collections.abc import Callable, Iterator, Sequence

from hil.core.breach import Breach, Reaction
from hil.core.clock import Clock
from hil.core.errors import Refused
from hil.core.interfaces import Target
from hil.core.types import Event, Sample
from hil.flight_plan import FlightPlan
from hil.log import Log, LogWriter
from hil.safety import SafetyMonitor

Sink = Callable[[Sample], None]

INTERRUPTED = "interrupted by the operator"


def refused(refusal: Refused) -> str:
    """The reason of a flight that was none, with what to do about it."""
    return f"refused: {refusal.message}" + (f" ({refusal.hint})" if refusal.hint else "")


def ignore(sample: Sample) -> None:
    """A sink that shows nothing."""


def run(plan: FlightPlan, target: Target, *, clock: Clock, writer: LogWriter, sink: Sink = ignore) -> Log:
    """Fly `plan` on an opened `target`, tick by tick as `clock` lets time pass, and give back its log.

    Ends early, with an `abort` event, when the rig refuses, a limit is broken or the operator interrupts. What is in
    the air is landed then, unless the limit asks for less; interrupted once more, or in greater need, motors stop.
    """
    flight = _Flight(plan, target, writer, sink)
    try:
        target.reset(plan.start, seed=plan.seed)
        if flight.through(target.approach()):
            flight.task(clock)
    except Refused as refusal:
        flight.end(Breach(refused(refusal), Reaction.STOP))
    except KeyboardInterrupt:
        flight.end(Breach(f"{INTERRUPTED} at {flight.t_s:.2f} s", Reaction.LAND))
    try:
        while flight.reaction < Reaction.STOP:
            if flight.through(target.leave(flight.reaction)):
                break  # it is down; or else for a new reason more must be done, on the way down
    except KeyboardInterrupt:
        flight.end(Breach(f"{INTERRUPTED} at {flight.t_s:.2f} s", Reaction.STOP))
    finally:
        target.stop()
    flight.tell()
    return writer.log()


class _Flight:
    """One flight under way: keeps what it gives, and the worst reason why it must end."""

    def __init__(self, plan: FlightPlan, target: Target, writer: LogWriter, sink: Sink) -> None:
        self._plan, self._target, self._writer, self._sink = plan, target, writer, sink
        self._monitor = SafetyMonitor(plan.scenario.safety)
        self.reaction = Reaction.HOLD  # to nothing, yet: a flight that went well is landed
        self._aborted = False
        self.t_s = plan.ticks[0] / plan.rate_hz
        for event in plan.events:
            writer.event(event)

    def through(self, some: Iterator[Sequence[Sample]]) -> bool:
        """Keep all samples that come; False, at once, when the flight must end for a new reason."""
        return all(self._keeps_flying(samples) for samples in some)

    def task(self, clock: Clock) -> None:
        """The ticks of the plan, until they are over or the flight must end."""
        plan, step, at = self._plan, self._target.step, self._plan.reference.at
        begin_s = clock.now_s() - self.t_s
        for tick in plan.ticks:
            t_s = tick / plan.rate_hz
            clock.wait_until(begin_s + t_s)
            if not self._keeps_flying(step(at(max(t_s, 0.0)))):
                return
        if reason := self._monitor.never_flew():
            self.end(Breach(reason, Reaction.LAND))

    def end(self, breach: Breach) -> None:
        """Note why the flight ends; the first reason is the flight's, the greatest reaction counts."""
        self.reaction = max(self.reaction, breach.reaction)
        if self._plan.guarded or breach.reason.startswith(INTERRUPTED):
            self._writer.event(Event(self.t_s, "abort" if not self._aborted else "safety", breach.reason))
            self._aborted = True

    def tell(self) -> None:
        """Keep what the rig has to tell."""
        for event in self._target.news():
            self._writer.event(event)

    def _keeps_flying(self, samples: Sequence[Sample]) -> bool:
        breach = None
        for sample in samples:
            self._writer.append(sample)
            self._sink(sample)
            self.t_s = sample.t_s
            breach = breach or self._monitor.violation(sample, already=self.reaction if self._aborted else None)
        self.tell()
        breach = breach or self._target.alarm()
        if breach is None or not self._plan.guarded or (self._aborted and breach.reaction <= self.reaction):
            return True
        self.end(breach)
        return False
