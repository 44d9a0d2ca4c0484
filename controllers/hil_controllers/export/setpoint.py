"""A set-point as C is given it: 9 floats and a word of what is said."""

import numpy as np

from hil.core.arrays import setpoint_values
from hil.core.types import Setpoint
from hil_controllers.network.layers import Float32

SAYS_VELOCITY, SAYS_ACCELERATION = 1, 2  # bits of hil_setpoint.said


def said(setpoint: Float32) -> tuple[Float32, int]:
    """Position, velocity, acceleration (9,) of a set-point (11,), and the bits of `said`.

    Velocity and acceleration are 0 where nothing is said of them, by component, as in the definition.
    """
    values = np.array(setpoint[:9], np.float32)
    silent = np.isnan(values)
    silent[:3] = False  # a position is always said; one that is NaN is refused by the C
    values[silent] = 0
    return values, SAYS_VELOCITY * (not silent[3:6].all()) + SAYS_ACCELERATION * (not silent[6:9].all())


def said_by(setpoint: Setpoint) -> tuple[Float32, int]:
    """The same of a set-point of the flight loop."""
    return said(np.array(setpoint_values(setpoint), np.float32))
