"""A reference as polynomial pieces that the high-level commander can fly from memory, and how far they are from it.

Each piece is of 7th order in time from its own begin. It takes the reference's position and velocity at both ends, so
that pieces join smoothly, and is nearest to it in between by least squares. In memory a piece is 4 × 8 coefficients of
x, y, z, yaw in ascending powers and its duration, 132 bytes (crazyflie-firmware, src/modules/interface/pptraj.h).
"""

import math
import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil.core.types import Setpoint
from hil.references.reference import Reference

PIECES_MAX: Final = 31  # of 132 bytes, in 4096
PIECE_BYTES: Final = 132
ERROR_MAX_M: Final = 0.01
_TERMS = 8
_PIECE_S = 0.8  # long enough that 25 s fit, short enough for an eight of 5 s
_SAMPLES = 41  # of the reference, per piece


class Fit(NamedTuple):
    """Pieces one after the other, and their greatest distance from the reference."""

    durations_s: Sequence[float]
    coefficients: NDArray[np.float32]  # (n, 4, 8): x, y, z in m, yaw in rad
    error_m: float

    def packed(self) -> bytes:
        """As it lies in trajectory memory."""
        return b"".join(
            struct.pack("<33f", *piece.ravel().tolist(), duration_s)
            for duration_s, piece in zip(self.durations_s, self.coefficients, strict=True)
        )


def fit(reference: Reference, duration_s: float) -> Fit:
    """The reference over `duration_s`, in pieces of equal length."""
    n = max(1, min(PIECES_MAX, math.ceil(duration_s / _PIECE_S)))
    edges_s = [duration_s * k / n for k in range(n + 1)]
    pieces = [_piece(reference, begin_s, end_s) for begin_s, end_s in pairwise(edges_s)]
    return Fit(
        durations_s=[end_s - begin_s for begin_s, end_s in pairwise(edges_s)],
        coefficients=np.array([coefficients for coefficients, _ in pieces]),
        error_m=max(error_m for _, error_m in pieces),
    )


def _piece(reference: Reference, begin_s: float, end_s: float) -> tuple[NDArray[np.float32], float]:
    """Coefficients (4, 8) of one piece, and its greatest distance from the reference, m."""
    length_s = end_s - begin_s
    tau = np.linspace(0.0, 1.0, _SAMPLES)  # time as a share of the piece: keeps the equations well conditioned
    # the end belongs to the next piece, where a reference may jump: look just before it
    setpoints = [reference.at(begin_s + length_s * min(share, 1.0 - 1e-9)) for share in tau.tolist()]
    wanted = np.array([(*setpoint.position, setpoint.yaw) for setpoint in setpoints])
    slopes = length_s * np.array([_velocity(setpoints[0]), _velocity(setpoints[-1])])
    powers = tau[:, None] ** np.arange(_TERMS)
    ends = np.zeros((4, _TERMS))
    ends[0, 0] = ends[2, 1] = 1.0  # position and slope at the begin
    ends[1], ends[3] = 1.0, np.arange(_TERMS)  # and at the end
    normal = np.block([[powers.T @ powers, ends.T], [ends, np.zeros((4, 4))]])  # least squares under constraints
    right = np.concatenate([powers.T @ wanted, wanted[[0, -1]], slopes])
    unscaled = np.linalg.solve(normal, right)[:_TERMS]
    coefficients = (unscaled / length_s ** np.arange(_TERMS)[:, None]).T.astype(np.float32)
    flown = (length_s * tau)[:, None] ** np.arange(_TERMS) @ coefficients.astype(np.float64).T
    return coefficients, float(np.linalg.norm(flown[:, :3] - wanted[:, :3], axis=1).max())


def _velocity(setpoint: Setpoint) -> tuple[float, float, float, float]:
    return (*(setpoint.velocity or (0.0, 0.0, 0.0)), setpoint.yaw_rate)
