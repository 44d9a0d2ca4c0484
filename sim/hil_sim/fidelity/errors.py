"""How far a prediction is off, and how sure that number is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.core.chance import rng
from hil_sim.fidelity.attitudes import Array, angle_between
from hil_sim.fidelity.predict import Predicted
from hil_sim.fidelity.windows import Windows

QUANTITIES = ("position_m", "velocity_m_s", "attitude_rad", "rate_rad_s")
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Error:
    """Root mean square over windows of the norm of the error, per horizon."""

    rmse: tuple[float, ...]
    deviation: tuple[float, ...] | None  # standard, bootstrap over flights; None for a single flight


def norms(predicted: Predicted, windows: Windows) -> dict[str, Array]:
    """Norm of each window's error at the horizons, (n, 3) per quantity; rates against the gyro below 20 Hz."""
    rows = [windows.at + k for k in windows.horizon_rows()]

    def apart(a: Array, b: Array) -> Array:
        norm: Array = np.linalg.norm(a - b[:, rows], axis=-1)
        return norm

    return {
        "position_m": apart(predicted.position, windows.position),
        "velocity_m_s": apart(predicted.velocity, windows.velocity),
        "attitude_rad": angle_between(predicted.attitude, windows.attitude[:, rows]),
        "rate_rad_s": apart(predicted.rates, windows.smooth_rates),
    }


def error(norm: Array, flight: NDArray[np.intp]) -> Error:
    """RMSE of norms (n, horizons) and its deviation: flights are drawn, not windows, since windows of one are alike."""
    names, place = np.unique(flight, return_inverse=True)
    squares = np.zeros((len(names), norm.shape[1]))
    np.add.at(squares, place, norm**2)
    counts = np.bincount(place).astype(np.float64)
    rmse = np.sqrt(squares.sum(axis=0) / counts.sum())
    if len(names) < 2:
        return Error(tuple(rmse.tolist()), None)
    drawn = rng(0, "fidelity-bootstrap").integers(0, len(names), (RESAMPLES, len(names)))
    again = np.sqrt(squares[drawn].sum(axis=1) / counts[drawn].sum(axis=1)[:, None])
    return Error(tuple(rmse.tolist()), tuple(again.std(axis=0, ddof=1).tolist()))
