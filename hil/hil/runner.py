"""The flight loop: the only one there is.

A flight is the same for every target: at each tick the reference gives a set-point, the target gives back the sample
that belongs to it, the writer keeps it, the safety monitor may end it. What differs is behind `Target`.
"""

from collections.abc import Callable

from hil.core.clock import Clock
from hil.core.interfaces import Target
from hil.core.types import Sample
from hil.flight_plan import FlightPlan
from hil.log import Event, Log, LogWriter
from hil.safety import SafetyMonitor

Sink = Callable[[Sample], None]

INTERRUPTED = "interrupted by the operator"


def ignore(sample: Sample) -> None:
    """A sink that shows nothing."""


def run(plan: FlightPlan, target: Target, *, clock: Clock, writer: LogWriter, sink: Sink = ignore) -> Log:
    """Fly `plan` on an opened `target`, tick by tick as `clock` lets time pass, and give back its log.

    Ends early, with an `abort` event, when a safety limit is broken or the operator interrupts; the motors are
    stopped before anything else happens then.
    """
    target.reset(plan.start, seed=plan.seed)
    monitor = SafetyMonitor(plan.scenario.safety)
    for event in plan.events:
        writer.event(event)
    t_s = plan.ticks[0] / plan.rate_hz
    begin_s = clock.now_s() - t_s
    reason = None
    try:
        for tick in plan.ticks:
            t_s = tick / plan.rate_hz
            clock.wait_until(begin_s + t_s)
            sample = target.step(plan.reference.at(max(t_s, 0.0)))
            writer.append(sample)
            sink(sample)
            reason = monitor.violation(sample)
            if plan.guarded and reason is not None:
                break
        else:
            reason = monitor.never_flew()
    except KeyboardInterrupt:
        target.stop()
        writer.event(Event(t_s, "abort", f"{INTERRUPTED} at {t_s:.2f} s"))
    else:
        target.stop()
        if plan.guarded and reason is not None:
            writer.event(Event(t_s, "abort", reason))
    return writer.log()
