"""What is asked of a target's builder, and what it gives back: a rig and the plan of the flight it is to make."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from hil.core.clock import Clock
from hil.core.interfaces import Target
from hil.flight_plan import FlightPlan
from hil.scenario.model import Scenario
from hil_controllers.network.engines import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """How the vehicle of an order is reached and flown, for targets that have one."""

    uri: str | None = None  # any that cflib knows, or "virtual"; None: from the environment or the inventory
    device: str | None = None  # a name in the inventory; None: the only one there is
    onboard: str = "pid"  # which controller on board: pid, mellinger, indi, brescianini, lee, app
    setpoints: Literal["stream", "onboard"] = "stream"  # sent one by one, or uploaded as a trajectory
    real_time: bool = False  # a virtual vehicle, too, takes as long as a real one
    confirmed: bool = False  # the operator knows that propellers will turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One flight asked for: `registry.TARGETS[name](order) -> Prepared`."""

    scenario: Scenario
    repeat: int
    controller: str | None  # None: the target's default
    flight: Path | None  # a recording, for the targets and tasks that need one
    clock: Clock
    force: bool = False  # fly a network that its file or contract says must not
    engine: Backend | None = None  # what steps a network; None: the fastest that is here
    hardware: Hardware = Hardware()


class Prepared(NamedTuple):
    """A target, not yet opened, and the flight it is to make."""

    target: Target
    plan: FlightPlan
    simulated: bool
    pace: Clock | None = None  # the time that the vehicle lives in; None: whatever the bench likes
