"""Everything that can be known wrong before the first motor turns."""

from hil.flight_plan import plan_flight
from hil.references.feasibility import infeasibility
from hil.scenario.model import Scenario
from hil.vehicle_choice import vehicle_of
from hil_sim.vehicle_files import load_vehicle, vehicle_names


def check(scenario: Scenario) -> None:
    """Refuse a task that this vehicle in this room cannot fly. Raises ScenarioError with what is missing."""
    vehicle = vehicle_of(scenario)
    plan = plan_flight(scenario, repeat=0)
    problems = infeasibility(
        plan.reference,
        plan.duration_s,
        vehicle,
        scenario.safety.geofence_m,
        candidates={name: load_vehicle(name) for name in vehicle_names() if name != scenario.vehicle},
    )
    for problem in problems:
        raise scenario.error(*problem)
