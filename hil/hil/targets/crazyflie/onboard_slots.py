"""Which controllers a Crazyflie may have on board: their names, their slots, and what they are given.

The slot is the value of parameter `stabilizer.controller`, crazyflie-firmware 2026.08; slot 6 was 5 before Lee came.
"""

from typing import Final, Literal, NamedTuple

PARAMETER: Final = "stabilizer.controller"


class Onboard(NamedTuple):
    """One controller on board."""

    slot: int
    family: str  # the criteria's
    setpoint: Literal["position", "full-state"]  # what it makes use of


ONBOARD: dict[str, Onboard] = {
    "pid": Onboard(1, "position-only", "position"),
    "mellinger": Onboard(2, "feed-forward", "full-state"),
    "indi": Onboard(3, "feed-forward", "full-state"),
    "brescianini": Onboard(4, "feed-forward", "full-state"),
    "lee": Onboard(5, "feed-forward", "full-state"),
    "app": Onboard(6, "network", "full-state"),  # an out-of-tree controller, built into the firmware
}


def name_of(slot: int) -> str:
    """The name of the controller in a slot, for messages."""
    return next((name for name, onboard in ONBOARD.items() if onboard.slot == slot), f"slot {slot}")
