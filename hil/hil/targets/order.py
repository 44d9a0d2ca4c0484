"""What is asked of a target's builder, and what it gives back: a rig and the plan of the flight it is to make."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hil.core.clock import Clock
from hil.core.interfaces import Target
from hil.flight_plan import FlightPlan
from hil.scenario.model import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One flight asked for: `registry.TARGETS[name](order) -> Prepared`."""

    scenario: Scenario
    repeat: int
    controller: str | None  # None: the target's default
    flight: Path | None  # a recording, for the targets and tasks that need one
    clock: Clock
    force: bool = False  # fly a network that its file or contract says must not


class Prepared(NamedTuple):
    """A target, not yet opened, and the flight it is to make."""

    target: Target
    plan: FlightPlan
    simulated: bool
    wall_time: bool = False  # only real time will do: there is a vehicle in the air
