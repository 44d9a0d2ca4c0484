"""The vehicle a scenario names, as a shipped name or a file beside it."""

from hil.core.errors import BadInput
from hil.core.vehicle import Vehicle
from hil.scenario.model import Scenario
from hil_sim.vehicle_files import load_vehicle


def vehicle_of(scenario: Scenario) -> Vehicle:
    """The scenario's vehicle with its battery as charged. Raises ScenarioError at the `vehicle` key."""
    base = scenario.path.parent if scenario.path else None
    try:
        if base and scenario.vehicle.endswith(".toml"):
            return load_vehicle(base / scenario.vehicle)
        return load_vehicle(scenario.vehicle)
    except BadInput as error:
        raise scenario.error("vehicle", error.message, hint=error.hint) from error
