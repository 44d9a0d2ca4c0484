"""`motorPowerSet.enable`, which turns motors past the firmware's own control, its supervisor and its emergency stop.

While it is not 0 nothing else stops them: no set-point, no disarming, no lock, no lost link. It is written by name, so
that no table is needed, and without waiting for an answer, so that no lost packet holds it up.

Source: crazyflie-firmware, src/drivers/src/motors.c (the override) and src/modules/src/param_logic.c (set by name).
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

ENABLE: Final = "motorPowerSet.enable"
PORT, CHANNEL = 2, 3
_SET_BY_NAME, _UINT8 = 0, 0x08
PACKETS = 5  # for a link that loses half of them, 97 % get one through


def set_by_name(name: str, value: int) -> bytes:
    """Data of the packet that writes a parameter of one unsigned byte, "group.name"."""
    group, _, rest = name.partition(".")
    return b"%c%s\0%s\0%c%c" % (_SET_BY_NAME, group.encode(), rest.encode(), _UINT8, value)


def let_go(send: Callable[[int, int, bytes], None]) -> None:
    """Give the motors back to the firmware, several times, by whatever means; raises nothing."""
    for _ in range(PACKETS):
        with suppress(Exception):
            send(PORT, CHANNEL, set_by_name(ENABLE, 0))
