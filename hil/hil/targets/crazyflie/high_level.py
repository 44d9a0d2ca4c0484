"""Requests to the high-level commander on port 8, and the answers that say whether it will do them.

The answer to a request is its first three bytes and a number: 0, or why not. All requests here may be sent again when
no answer came: targets are absolute, and what is repeated is what is under way. Source: crazyflie-firmware,
src/modules/src/crtp_commander_high_level.c, protocol 12.
"""

import struct

from hil.core.types import Vec3

PORT, CHANNEL = 8, 0
ECHOED = 3  # bytes of a request that its answer begins with

OK, REFUSED_BY_PLANNER, NOT_ALLOWED = 0, 1, 0x10
_WORDS = {
    REFUSED_BY_PLANNER: "the planner cannot do it from where the vehicle is",
    NOT_ALLOWED: "the vehicle is not armed, or not allowed to fly",
}
_ALL_GROUPS, _IN_MEMORY, _POLY4D = 0, 1, 0


def take_off(height_m: float, duration_s: float) -> bytes:
    """Straight up to an absolute height, keeping the yaw."""
    return struct.pack("<BBff?f", 7, _ALL_GROUPS, height_m, 0.0, True, duration_s)


def land(height_m: float, duration_s: float) -> bytes:
    """Straight down to an absolute height, keeping the yaw; then the motors stop."""
    return struct.pack("<BBff?f", 8, _ALL_GROUPS, height_m, 0.0, True, duration_s)


def go_to(position_m: Vec3, yaw_rad: float, duration_s: float) -> bytes:
    """To an absolute position and yaw, from rest to rest."""
    return struct.pack("<BB??5f", 12, _ALL_GROUPS, False, False, *position_m, yaw_rad, duration_s)


def define_trajectory(number: int, pieces: int) -> bytes:
    """What lies at the beginning of trajectory memory is trajectory `number`, of so many polynomial pieces."""
    return struct.pack("<BBBBIB", 6, number, _IN_MEMORY, _POLY4D, 0, pieces)


def start_trajectory(number: int) -> bytes:
    """Fly it now, where and as fast as it was written."""
    return struct.pack("<BB???Bf", 13, _ALL_GROUPS, False, False, False, number, 1.0)


def error_of(answer: bytes) -> int:
    """The number at the end of an answer; 0 is success."""
    return answer[ECHOED]


def words(error: int) -> str:
    """What an error number means."""
    return _WORDS.get(error, f"error {error}")
