"""Many flights side by side, as arrays: which column holds what.

    states     (n, 13)  position (world, m), velocity (world, m/s), attitude (xyzw, body to world), rates (body, rad/s)
    setpoints  (n, 11)  position, velocity, acceleration (world, m, m/s, m/s²), yaw (rad), yaw rate (rad/s)
    commands   (n, 4)   motor commands, fraction 0..1, M1..M4

NaN in a set-point is what it does not say; a state of NaN is that of a flight that is over. A log has these columns in
the same order. Arrays are float64; a column, `states[:, 0]`, is contiguous in memory.
"""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil.core.types import Setpoint, State

Floats = NDArray[np.float64]

STATE_VALUES, SETPOINT_VALUES, MOTORS = 13, 11, 4
_UNSAID = (math.nan, math.nan, math.nan)


class Samples(NamedTuple):
    """One log row of each of n flights, as in `hil.core.types.Sample`."""

    tick: int
    t_s: float
    setpoints: Floats  # (n, 11)
    states: Floats  # (n, 13), truth
    estimates: Floats  # (n, 13), what the controller saw
    commands: Floats  # (n, 4)
    battery_v: Floats | None  # (n,)


def state_of(values: Iterable[Any]) -> State:
    """The state whose 13 numbers these are; of arrays (n,), the states of n flights in one."""
    px, py, pz, vx, vy, vz, qx, qy, qz, qw, wx, wy, wz = values
    return State((px, py, pz), (vx, vy, vz), (qx, qy, qz, qw), (wx, wy, wz))


def state_values(state: State) -> tuple[float, ...]:
    """The 13 numbers of a state."""
    return (*state.position, *state.velocity, *state.attitude, *state.rates)


def setpoint_of(values: Iterable[float]) -> Setpoint:
    """The set-point whose 11 numbers these are."""
    px, py, pz, vx, vy, vz, ax, ay, az, yaw, yaw_rate = values
    return Setpoint(
        (px, py, pz),
        (vx, vy, vz) if vx == vx or vy == vy or vz == vz else None,
        (ax, ay, az) if ax == ax or ay == ay or az == az else None,
        yaw,
        yaw_rate,
    )


def setpoint_values(setpoint: Setpoint) -> tuple[float, ...]:
    """The 11 numbers of a set-point."""
    position, velocity, acceleration, yaw, yaw_rate = setpoint
    return (*position, *(velocity or _UNSAID), *(acceleration or _UNSAID), yaw, yaw_rate)
