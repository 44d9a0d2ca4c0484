"""Everything that can be known wrong before the first motor turns."""

from dataclasses import dataclass

from hil.flight_plan import plan_flight
from hil.references.feasibility import infeasibility
from hil.references.reference import Demand
from hil.scenario.model import Scenario
from hil.scenario.start import extreme_starts
from hil.vehicle_choice import vehicle_of
from hil_sim.vehicle_files import load_vehicle, vehicle_names

_STEP_S, _CORNER_STEP_S = 0.005, 0.02  # up to eight corners


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a task that can be flown asks of its vehicle."""

    demand: Demand | None  # over all starts; None where only a recorded flight can tell
    thrust_to_weight: float  # what the vehicle has left at the end
    jumps: bool  # set-points that nothing can follow: no speed and no thrust is asked for

    def __str__(self) -> str:
        """In words, such as `up to 1.62 m/s, thrust-to-weight 1.04 of 1.20`."""
        if self.demand is None:
            return "needs --flight: its set-points are not checked yet"
        if self.jumps:
            return "set-points jump: thrust is not checked"
        return (
            f"up to {self.demand.speed_max_m_s:.2f} m/s, "
            f"thrust-to-weight {self.demand.thrust_to_weight_max:.2f} of {self.thrust_to_weight:.2f}"
        )


def check(scenario: Scenario) -> Preflight:
    """Refuse a task that this vehicle in this room cannot fly; otherwise the most that it asks for.

    A path may move with its start, so it is checked from the nominal start and from the corners of the spread of
    positions, which bound every repeat. Raises ScenarioError with what is missing, BadInput for a recording that cannot
    be read.
    """
    vehicle = vehicle_of(scenario)
    if scenario.task.lacks_flight:
        return Preflight(demand=None, thrust_to_weight=vehicle.thrust_to_weight(at_s=scenario.duration_s), jumps=True)
    plan = plan_flight(scenario, repeat=0)
    others = {name: load_vehicle(name) for name in vehicle_names() if name != scenario.vehicle}
    starts = [plan.start] if scenario.task.recording() else extreme_starts(scenario.start)
    demands: list[Demand] = []
    for start in starts:
        reference = scenario.task.reference(start)
        demand = reference.demand(plan.duration_s, step_s=_CORNER_STEP_S if demands else _STEP_S)
        for key, text, hint in infeasibility(
            reference, demand, plan.duration_s, vehicle, scenario.safety.geofence_m, others
        ):
            x, y, z = start.state.position
            where = f" (starting at [{x:g}, {y:g}, {z:g}], within start.spread)" if demands else ""
            raise scenario.error(key, text + where, hint)
        demands.append(demand)
    hardest = max(demands, key=lambda demand: demand.thrust_to_weight_max)
    return Preflight(
        demand=hardest._replace(speed_max_m_s=max(demand.speed_max_m_s for demand in demands)),
        thrust_to_weight=vehicle.thrust_to_weight(at_s=plan.duration_s),
        jumps=not plan.reference.must_be_feasible,
    )
