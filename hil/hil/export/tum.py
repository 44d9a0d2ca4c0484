"""Poses in the TUM format, which evo reads: `t x y z qx qy qz qw` per line, s, m, unit quaternion."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hil.core.errors import BadInput, unknown_name
from hil.log import Log

WHICH = ("truth", "reference", "estimate")


def to_tum(log: Log, path: Path, which: str = "truth") -> None:
    """Poses of the vehicle, of its set-point (level, turned by its yaw) or of its own estimate. Raises BadInput.

    Rows without a pose are left out: evo would refuse the file.
    """
    if which not in WHICH:
        raise BadInput(unknown_name("trajectory", which, WHICH))
    poses = np.concatenate([log["t_s"][:, None], *_pose(log, which)], axis=1)
    poses = poses[np.isfinite(poses).all(axis=1)]
    if len(poses) == 0:
        raise BadInput(f"this flight has no {which} to export")
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(" ".join(map(repr, pose)) + "\n" for pose in poses.tolist())


def _pose(log: Log, which: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if which == "truth":
        return log.position, log.attitude
    if which == "estimate":
        return (
            log.stack(*(f"estimate_position_{a}_m" for a in "xyz")),
            log.stack(*(f"estimate_quat_{a}" for a in "xyzw")),
        )
    half_yaw = log["setpoint_yaw_rad"] / 2
    zero = np.zeros(len(log))
    return log.reference, np.stack([zero, zero, np.sin(half_yaw), np.cos(half_yaw)], axis=1)
