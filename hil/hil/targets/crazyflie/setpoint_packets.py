"""Set-points as the vehicle takes them on port 7, channel 0. Millimetres, degrees and milliradians live here.

Source: crazyflie-firmware, src/modules/src/crtp_commander_generic.c, packet types 6 and 7.
"""

import math
import struct

from hil.core.quaternion_bits import compress
from hil.core.types import ZERO3, Setpoint, Vec3

PORT, CHANNEL, META_CHANNEL = 7, 0, 1
NOTIFY_STOP = struct.pack("<BI", 0, 0)  # on META_CHANNEL: the high-level commander may take over, at once
MOTORS_OFF = b"\x00"  # type 0
_FULL_STATE, _POSITION = 6, 7
_INT16 = 32767


def position(setpoint: Setpoint) -> bytes:
    """Where to be and which way to look; nothing is fed forward."""
    return struct.pack("<B4f", _POSITION, *setpoint.position, math.degrees(setpoint.yaw))


def full_state(setpoint: Setpoint) -> bytes:
    """Position, velocity, acceleration, attitude level at the yaw wanted, and the yaw rate.

    What a set-point does not say is sent as 0. Values beyond ±32.767 m, m/s or m/s² are cut off there.
    """
    attitude = (0.0, 0.0, math.sin(setpoint.yaw / 2), math.cos(setpoint.yaw / 2))
    return struct.pack(
        "<B9hI3h",
        _FULL_STATE,
        *_thousandths(setpoint.position),
        *_thousandths(setpoint.velocity or ZERO3),
        *_thousandths(setpoint.acceleration or ZERO3),
        compress(attitude),
        *_thousandths((0.0, 0.0, setpoint.yaw_rate)),
    )


def _thousandths(values: Vec3) -> tuple[int, ...]:
    return tuple(max(-_INT16, min(_INT16, round(1000 * value))) for value in values)
