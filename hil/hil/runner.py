"""The flight loop: the only one there is.

A flight is the same for every target: the vehicle is brought to its start, at each tick the reference gives a set-point
and the target gives back the samples it has, the vehicle is brought down. The writer keeps every sample, and the safety
monitor may end the flight at any of them. What differs is behind `Target`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from hil.core.breach import Breach, Reaction
from hil.core.clock import Clock
from hil.core.errors import HilError, Refused
from hil.core.interfaces import Target
from hil.core.types import Event, Sample
from hil.flight_plan import FlightPlan
from hil.log import Log, LogWriter
from hil.safety import SafetyMonitor

Sink = Callable[[Sample], None]
Kept = TypeVar("Kept", Sample, Event)

INTERRUPTED = "interrupted by the operator"
_LANDINGS_THAT_FAIL = 2  # before the motors are stopped


def refused(refusal: Refused) -> str:
    """The reason of a flight that was none, with what to do about it."""
    return f"refused: {refusal.message}" + (f" ({refusal.hint})" if refusal.hint else "")


def ignore(sample: Sample) -> None:
    """A sink that shows nothing."""


def run(plan: FlightPlan, target: Target, *, clock: Clock, writer: LogWriter, sink: Sink = ignore) -> Log:
    """Fly `plan` on an opened `target`, tick by tick as `clock` lets time pass, and give back its log.

    Ends early, with an `abort` event, when the rig refuses, a limit is broken or the operator interrupts. What is in
    the air is landed then, unless the limit asks for less; interrupted once more, or in greater need, motors stop.
    Whatever else is raised meanwhile is raised again once the vehicle is down: a full disk is no reason to fall.
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
    except Exception as problem:
        flight.fail(problem)
    try:
        for _ in range(_LANDINGS_THAT_FAIL):
            try:
                flight.leave()
                break
            except Exception as problem:
                flight.fail(problem)
    except KeyboardInterrupt:
        flight.end(Breach(f"{INTERRUPTED} at {flight.t_s:.2f} s", Reaction.STOP))
    finally:
        target.stop()
    flight.tell()
    if flight.failed is not None:
        raise flight.failed
    return writer.log()


class _Flight:
    """One flight under way: keeps what it gives, and the worst reason why it must end."""

    def __init__(self, plan: FlightPlan, target: Target, writer: LogWriter, sink: Sink) -> None:
        self._plan, self._target, self._writer, self._sink = plan, target, writer, sink
        self._monitor = SafetyMonitor(plan.scenario.safety)
        self.reaction = Reaction.HOLD  # to nothing, yet: a flight that went well is landed
        self._aborted = False
        self._is_writing = True
        self.failed: Exception | None = None  # what was raised, to be raised again when the vehicle is down
        self.t_s = plan.ticks[0] / plan.rate_hz
        for event in plan.events:
            writer.event(event)

    def through(self, some: Iterator[Sequence[Sample]]) -> bool:
        """Keep all samples that come; False, at once, when the flight must end for a new reason."""
        return all(self._keeps_flying(samples) for samples in some)

    def leave(self) -> None:
        """Bring the vehicle down, anew for each new reason to do more."""
        while self.reaction < Reaction.STOP and not self.through(self._target.leave(self.reaction)):
            pass

    def task(self, clock: Clock) -> None:
        """The ticks of the plan, until they are over or the flight must end."""
        plan, step, at = self._plan, self._target.step, self._plan.reference.at
        begin_s = self._begin_s(clock.now_s())
        for tick in plan.ticks:
            t_s = tick / plan.rate_hz
            clock.wait_until(begin_s + t_s)
            if not self._keeps_flying(step(at(max(t_s, 0.0)))):
                return
        if reason := self._monitor.never_flew():
            self.end(Breach(reason, Reaction.LAND))

    def _begin_s(self, now_s: float) -> float:
        """When t = 0 is on the clock: when the rig says, else as if the next tick came now."""
        begin_s = self._target.begin_s
        if begin_s is None:
            return now_s - self.t_s
        late_s = now_s - begin_s - self._plan.ticks[0] / self._plan.rate_hz
        if late_s > 1 / self._plan.rate_hz:
            self._event("warning", f"the first set-points were given up to {late_s:.2f} s late")
        return begin_s

    def fail(self, problem: Exception) -> None:
        """Land for what was raised; the first is raised again."""
        self.failed = self.failed or problem
        what = str(problem) if isinstance(problem, HilError) else f"{type(problem).__name__}: {problem}"
        self.end(Breach(f"the bench failed: {what}", Reaction.LAND))

    def end(self, breach: Breach) -> None:
        """Note why the flight ends; the first reason is the flight's, the greatest reaction counts."""
        self.reaction = max(self.reaction, breach.reaction)
        if self._plan.guarded or breach.reason.startswith(INTERRUPTED):
            self._event("abort" if not self._aborted else "safety", breach.reason)
            self._aborted = True

    def tell(self) -> None:
        """Keep what the rig has to tell."""
        for event in self._target.news():
            self._record(self._writer.event, event)

    def _keep(self, sample: Sample) -> None:
        self._writer.append(sample)
        self._sink(sample)

    def _event(self, kind: str, text: str) -> None:
        self._record(self._writer.event, Event(self.t_s, kind, text))

    def _record(self, write: Callable[[Kept], None], what: Kept) -> None:
        """Unless writing failed before: a log that cannot be written ends the flight, not the landing."""
        if not self._is_writing:
            return
        try:
            write(what)
        except Exception as problem:
            self._is_writing = False
            self.fail(problem)

    def _keeps_flying(self, samples: Sequence[Sample]) -> bool:
        breach, was_writing = None, self._is_writing
        for sample in samples:
            self.t_s = sample.t_s
            self._record(self._keep, sample)
            breach = breach or self._monitor.violation(sample, already=self.reaction if self._aborted else None)
        self.tell()
        if was_writing and not self._is_writing:
            return False
        breach = breach or self._target.alarm()
        if breach is None or not self._plan.guarded or (self._aborted and breach.reaction <= self.reaction):
            return True
        self.end(breach)
        return False
