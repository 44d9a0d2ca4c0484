"""What the firmware is to do now: a set-point with a mode per axis, as its commanders make it and controllers take it.

Units and frames are the bench's: m, rad, body FLU, world z up. Degrees, inverted pitch and the 16-bit thrust stay at
the rims that speak the protocol.
"""

from enum import IntEnum
from typing import NamedTuple

from hil.core.types import ZERO3, Setpoint, Vec3


class Mode(IntEnum):
    """How one axis is commanded; the values are the log's."""

    OFF = 0
    ABSOLUTE = 1
    VELOCITY = 2


class Wanted(NamedTuple):
    """One set-point. An axis that is off falls back on what is below it: attitude for x and y, thrust for z."""

    x: Mode = Mode.OFF
    y: Mode = Mode.OFF
    z: Mode = Mode.OFF
    roll: Mode = Mode.OFF
    pitch: Mode = Mode.OFF
    yaw: Mode = Mode.OFF
    quat: Mode = Mode.OFF
    position: Vec3 = ZERO3  # world, m
    velocity: Vec3 = ZERO3  # m/s, world, or yaw-aligned body where `in_body`
    in_body: bool = False
    acceleration: Vec3 = ZERO3  # world, m/s²
    feeds_forward: bool = False  # velocity and acceleration belong to the position: not a position alone
    attitude: Vec3 = ZERO3  # roll, pitch, yaw, rad, ZYX, FLU
    rates: Vec3 = ZERO3  # rad/s
    thrust: float = 0.0  # collective, fraction of full scale, where z is off
    at_ms: int = 0  # when it was given

    @property
    def is_null(self) -> bool:
        """Nothing is wanted: motors off."""
        return self.z is Mode.OFF and self.thrust <= 0.0

    @property
    def is_position(self) -> bool:
        """All of x, y and z absolute: what every controller can follow."""
        return self.x is self.y is self.z is Mode.ABSOLUTE

    def setpoint(self) -> Setpoint:
        """The set-point of an absolute one, in the bench's terms."""
        if not self.feeds_forward:
            return Setpoint(self.position, yaw=self.attitude[2])
        return Setpoint(self.position, self.velocity, self.acceleration, self.attitude[2], self.rates[2])


NULL = Wanted()


def levelled(wanted: Wanted) -> Wanted:
    """Level and not turning, height as it was: what the supervisor makes of a set-point that has become too old."""
    return wanted._replace(
        x=Mode.OFF, y=Mode.OFF, roll=Mode.ABSOLUTE, pitch=Mode.ABSOLUTE, yaw=Mode.VELOCITY,
        attitude=(0.0, 0.0, wanted.attitude[2]), rates=ZERO3,
    )  # fmt: skip
