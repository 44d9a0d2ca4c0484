"""Whether a vehicle in a room can fly a reference at all, and what would make it possible."""

import math
from collections.abc import Mapping

from hil.core.vehicle import Vehicle
from hil.references.curves import CurveReference
from hil.references.reference import Demand, Reference
from hil.scenario.messages import Problem

_PERIOD_STEP_S = 0.1
_TOLERANCE_M = 1e-9
_SLOWEST = 8  # times the wanted period: slower suggestions help nobody


def infeasibility(
    reference: Reference,
    demand: Demand,
    duration_s: float,
    vehicle: Vehicle,
    geofence_m: tuple[float, float, float],
    candidates: Mapping[str, Vehicle] | None = None,
) -> list[Problem]:
    """What stands in the way of flying `reference`, whose `demand` is over `duration_s`; empty when nothing does.

    Thrust-to-weight is compared with what the vehicle has left at the end of the flight, whole flight at full battery
    sag; a reference that jumps is not asked for it. `candidates` are vehicles to suggest instead, by name.
    """
    found = _outside(demand, geofence_m)
    if reference.must_be_feasible:
        found += _too_weak(reference, demand, duration_s, vehicle, candidates or {})
    return found


def _outside(demand: Demand, geofence_m: tuple[float, float, float]) -> list[Problem]:
    found = []
    for axis, name in enumerate("xyz"):
        low, high, limit = demand.low_m[axis], demand.high_m[axis], geofence_m[axis]
        if not math.isfinite(low) or not math.isfinite(high):
            found.append(Problem("task", f"the reference's {name} is not finite"))
            continue
        reach = high if axis == 2 else max(-low, high)
        if reach > limit + _TOLERANCE_M:
            text = f"goes to {name} = {reach:.2f} m; the geofence ends at {limit:g} m: {reach - limit:.2f} m missing"
            found.append(Problem("task", text, "make it smaller, move it, or widen safety.geofence_m"))
        if axis == 2 and low < -_TOLERANCE_M:
            found.append(Problem("task", f"goes to z = {low:.2f} m: {-low:.2f} m below the ground"))
    return found


def _too_weak(
    reference: Reference, demand: Demand, duration_s: float, vehicle: Vehicle, candidates: Mapping[str, Vehicle]
) -> list[Problem]:
    need, have = demand.thrust_to_weight_max, vehicle.thrust_to_weight(at_s=duration_s)
    if need <= have:
        return []
    when = "at the end of the flight" if vehicle.battery is not None else "at full command"
    text = (
        f"needs thrust-to-weight {need:.2f} at {demand.thrust_to_weight_at_s:.1f} s; "
        f"{vehicle.name} gives {have:.2f} {when}: {need - have:.2f} missing"
    )
    ways = [f"vehicle: {name}" for name, other in candidates.items() if other.thrust_to_weight(at_s=duration_s) >= need]
    key = "task"
    if isinstance(reference, CurveReference):
        key = "task.period_s"
        slower_s = _slower_period_s(reference, duration_s, have)
        if slower_s is not None:
            ways.append(f"period_s: {slower_s:.1f}")
    return [Problem(key, text, "possible with " + ", or ".join(ways) if ways else "")]


def _slower_period_s(reference: CurveReference, duration_s: float, thrust_to_weight: float) -> float | None:
    """Shortest period, a multiple of 0.1 s, at which this much thrust is enough."""

    def enough(steps: int) -> bool:
        demand = reference.with_period(steps * _PERIOD_STEP_S).demand(duration_s, step_s=0.02)
        return demand.thrust_to_weight_max <= thrust_to_weight

    too_fast = math.floor(reference.period_s / _PERIOD_STEP_S)
    slow_enough = _SLOWEST * (too_fast + 1)
    if not enough(slow_enough):
        return None
    while slow_enough - too_fast > 1:
        middle = (too_fast + slow_enough) // 2
        too_fast, slow_enough = (too_fast, middle) if enough(middle) else (middle, slow_enough)
    return slow_enough * _PERIOD_STEP_S
