"""Which of a scenario's faults a plant in simulated time can have, and what the log says of the others."""

from collections.abc import Sequence
from dataclasses import replace

from hil.core.types import Event
from hil.flight_plan import FlightPlan
from hil.scenario.conditions import Delay, Fault, GyroBias, MotorEfficiency

_WHY = {
    "reset": "has no firmware that could start anew",
    "battery": "has no battery that sags; the scenario's key battery_hover_v sets its charge",
    "pose_dropout": "has no estimator that could drift",
    "tumble": "is turned over by a torque among its disturbances",
}


def plant_faults(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Those that a plant has, whose flight begins with the task."""
    return tuple(fault for fault in faults if not _reason(fault, ""))


def told_of_faults(plan: FlightPlan, target: str) -> FlightPlan:
    """The plan, with a warning in place of the news of each fault that changes nothing on that target."""
    without = [f for f in plan.scenario.faults if _reason(f, target)]
    if not without:
        return plan
    begun = {Event(fault.at_s, "fault", fault.kind) for fault in plant_faults(plan.scenario.faults)}
    kept = tuple(event for event in plan.events if event.kind != "fault" or event in begun)
    warnings = [Event(0.0, "warning", f"{f.kind} changes nothing: {_reason(f, target)}") for f in without]
    return replace(plan, events=(*kept, *warnings))


def _reason(fault: Fault, target: str) -> str | None:
    """Why this fault has no effect on a plant, or None for one that has."""
    if not isinstance(fault, MotorEfficiency | GyroBias | Delay):
        return f"{target} {_WHY.get(fault.kind, 'has no link')}"
    if fault.in_phase != "task":
        return f"{target} begins with the task, and has no {fault.in_phase}"
    return None
