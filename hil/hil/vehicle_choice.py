"""The vehicle a scenario means: a shipped name or a file beside it, with its battery as charged that day."""

from hil.core.errors import BadInput
from hil.core.vehicle import Vehicle
from hil.scenario.model import Scenario
from hil_sim.vehicle_files import load_vehicle


def vehicle_of(scenario: Scenario) -> Vehicle:
    """The scenario's vehicle. A recorded task brings the battery of its day. Raises ScenarioError with its line."""
    try:
        vehicle = load_vehicle(scenario.vehicle)
    except BadInput as error:
        raise scenario.error("vehicle", error.message, hint=error.hint) from error
    if vehicle.battery is None:
        if scenario.battery_hover_v is not None:
            raise scenario.error("battery_hover_v", f"{vehicle.name} has no battery", hint="leave the key out")
        return vehicle
    hover_v = scenario.battery_hover_v
    if hover_v is None and not scenario.task.lacks_flight and (recording := scenario.task.recording()):
        hover_v = recording.battery_hover_v
    return vehicle if hover_v is None else vehicle.charged(hover_v)
