"""The same flight in the simulator first: nothing with propellers takes off on a task that fails there."""

from hil.controller_choice import DEFAULT_CLASSICAL, DEFAULT_NETWORK
from hil.targets.order import Hardware

_FIRMWARE_PID = "pid-firmware"


def stand_in(hardware: Hardware, controller: str | None) -> tuple[str, str]:
    """Target and controller that stand in for the one on board; `controller` names the network of an app."""
    if hardware.onboard == "app":
        return "sil", controller or DEFAULT_NETWORK
    return "sim", _FIRMWARE_PID if hardware.onboard == "pid" else DEFAULT_CLASSICAL
