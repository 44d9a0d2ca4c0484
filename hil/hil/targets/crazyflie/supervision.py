"""What a vehicle's supervisor is told on port 9: arm, disarm, stop everything, and that we are still here.

Source: crazyflie-firmware, src/modules/src/crtp_supervisor.c, protocol 12.
"""

from collections.abc import Callable
from contextlib import suppress

from hil.core.vehicle_status import Info
from hil.targets.crazyflie import setpoint_packets
from hil.targets.crazyflie.link import Link, LinkSilent

PORT, INFO, COMMAND = 9, 0, 1
ARM, DISARM = b"\x01\x01", b"\x01\x00"
EMERGENCY_STOP, STILL_HERE = b"\x03", b"\x04"
_ARM_ANSWER = b"\x81"
GET_INFO, INFO_ANSWER = b"\x0c", b"\x8c"
_OLD_PORT, _OLD_CHANNEL, _OLD_EMERGENCY_STOP = 6, 1, b"\x03"  # protocol < 12

KEEP_ALIVE_S = 0.05  # the vehicle stops its motors after 1 s without: after twenty in a row that were lost
STOP_PACKETS = 5  # for a link that loses half of them, 97 % get one through


def arm(link: Link) -> bool:
    """Whether the vehicle says that it armed. Raises LinkSilent."""
    return _answered(link, ARM)


def disarm(link: Link) -> bool:
    """Whether the vehicle says that it disarmed. Raises LinkSilent."""
    return _answered(link, DISARM)


def word(link: Link, within_s: float) -> Info | None:
    """What the vehicle says that it is, asked for apart from its log; None where it does not answer."""
    try:
        answer = link.ask(PORT, INFO, GET_INFO, answer=INFO_ANSWER, within_s=within_s)
    except LinkSilent:
        return None
    return Info(int.from_bytes(answer[1:3], "little"))


def _answered(link: Link, command: bytes) -> bool:
    answer = link.ask(PORT, COMMAND, command, answer=_ARM_ANSWER, again_s=0.2)
    return bool(answer[1]) and bool(answer[2]) == (command == ARM)


def stop_motors(send: Callable[[int, int, bytes], None]) -> None:
    """Tell the vehicle to stop its motors and lock itself, several times, by whatever means; raises nothing."""
    for _ in range(STOP_PACKETS):
        for port, channel, data in (
            (PORT, COMMAND, EMERGENCY_STOP),
            (_OLD_PORT, _OLD_CHANNEL, _OLD_EMERGENCY_STOP),
            (setpoint_packets.PORT, setpoint_packets.CHANNEL, setpoint_packets.MOTORS_OFF),
        ):
            with suppress(Exception):
                send(port, channel, data)
