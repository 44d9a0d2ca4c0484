"""Averages whose bytes depend on the log alone: sums are exactly rounded, so neither order nor machine matters."""

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def mean(values: Values) -> float:
    """Arithmetic mean; NaN when any value is not finite."""
    return math.fsum(values.ravel()) / values.size if np.isfinite(values).all() else math.nan


def rms(values: Values) -> float:
    """Root of the mean square; NaN when any value is not finite."""
    with np.errstate(over="ignore"):
        return math.sqrt(mean(values * values))


def percentile(values: Values, percent: float) -> float:
    """Percentile with linear interpolation between ranks; NaN when any value is not finite."""
    return float(np.percentile(values, percent)) if np.isfinite(values).all() else math.nan


def length(vectors: Values) -> Values:
    """Euclidean length of each row, (n, k) to (n,)."""
    with np.errstate(over="ignore"):
        squares = vectors * vectors
    total = squares[:, 0]
    for column in squares.T[1:]:
        total = total + column
    return np.sqrt(total)
