"""What every recorded format is turned into before anything looks at it: rows in SI units, in the columns of a Log."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording as it was made: rows in file order, stamps as stamped, nothing dropped, nothing repaired.

    Frames and signs are those of the bench (world z up, body FLU, quaternions xyzw body to world); NaN is not recorded.
    """

    path: Path
    stamp_s: Array  # (n,) the recorder's clock, any origin
    position: Array  # (n, 3) motion capture, world, m
    velocity: Array  # (n, 3) motion capture, world, m/s
    attitude: Array  # (n, 4) motion capture, unit length where it could be, sign-continuous
    attitude_norm: Array  # (n,) length before normalising
    turn_rate: Array  # (n, 3) motion capture, body, rad/s
    rates: Array  # (n, 3) gyro, body, rad/s
    acceleration: Array  # (n, 3) accelerometer (specific force), body, m/s²
    setpoint_position: Array  # (n, 3) world, m
    setpoint_yaw: Array  # (n,) rad
    estimate_position: Array  # (n, 3) on-board estimator, world, m
    estimate_velocity: Array  # (n, 3) world, m/s
    estimate_attitude: Array  # (n, 4)
    motors: Array  # (n, 4) fraction 0..1, M1..M4
    battery_v: Array  # (n,)
    controller: str  # "pid" | "mellinger" | "unknown"

    def __len__(self) -> int:
        return len(self.stamp_s)


def unit_quaternions(raw: Array) -> tuple[Array, Array]:
    """Unit, sign-continuous quaternions (n, 4) and the lengths they had (n,). A zero or NaN quaternion stays NaN.

    q and −q are the same attitude; the first has w ≥ 0 and each next one the sign nearer to its predecessor.
    """
    norm = np.linalg.norm(raw, axis=1)
    usable = np.isfinite(norm) & (norm > 0)
    unit = np.full_like(raw, np.nan)
    unit[usable] = raw[usable] / norm[usable, None]
    known = unit[usable]
    if len(known):
        first = np.sign(known[0, 3]) or 1.0
        turns = np.where(np.sum(known[1:] * known[:-1], axis=1) < 0, -1.0, 1.0)
        unit[usable] = known * (first * np.concatenate([[1.0], np.cumprod(turns)]))[:, None]
    return unit, norm
