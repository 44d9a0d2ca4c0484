"""What is logged of a flight, and the numbers in it made states: the file where wire units end.

Two blocks at the rate of the log. `STATE` is 26 bytes, the most that a block carries, so that all of it has one stamp.
Wire units: mm, mm/s, mrad/s, mV; motors 0..65535. `ratePitch` has the sign of the legacy body frame, in which pitch is
upside down (crazyflie-firmware, src/modules/src/stabilizer.c); the quaternion has not.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hil.core.quaternion_bits import decompress
from hil.core.types import Command, State

STATE = (
    *(f"stateEstimateZ.{name}" for name in ("x", "y", "z", "vx", "vy", "vz", "quat")),
    *(f"stateEstimateZ.{name}" for name in ("rateRoll", "ratePitch", "rateYaw")),
    "pm.vbatMV",
    "supervisor.info",
)
MOTORS = tuple(f"motor.m{i}" for i in (1, 2, 3, 4))
DOUBT = tuple(f"kalman.varP{axis}" for axis in "XYZ")  # m², the filter's own variance of each axis' position

_MOTOR_FULL = 65535


class Row(NamedTuple):
    """One stamp of the state block."""

    stamp_ms: int  # since boot
    estimate: State
    battery_v: float
    supervisor: int


def row(stamp_ms: int, values: Mapping[str, float]) -> Row:
    """The row of one packet of the state block, by variable."""
    x, y, z, vx, vy, vz, quat, roll, pitch, yaw, battery_mv, supervisor = (values[name] for name in STATE)
    estimate = State(
        (x / 1000, y / 1000, z / 1000),
        (vx / 1000, vy / 1000, vz / 1000),
        decompress(int(quat)),
        (roll / 1000, -pitch / 1000, yaw / 1000),
    )
    return Row(stamp_ms, estimate, battery_mv / 1000, int(supervisor))


def command(values: Mapping[str, float]) -> Command:
    """What the motors were given, of one packet of the motor block."""
    m1, m2, m3, m4 = (values[name] / _MOTOR_FULL for name in MOTORS)
    return Command((m1, m2, m3, m4))
