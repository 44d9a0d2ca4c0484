"""Slow motion: signals below a few hertz, and straight lines through them that allow every flight its own offset.

Signals are smoothed within stretches of sound rows only, so that no fault leaks into its neighbours.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hil_sim.fidelity.attitudes import Array
from hil_sim.fidelity.windows import smoothed
from hil_sim.identify.flown import Flown

CUTOFF_HZ = 2.0
WORST_CONDITION = 1e9


def slow(flight: Flown, values: Array, cutoff_hz: float = CUTOFF_HZ) -> Array:
    """Columns (n, k) of all rows, low-passed, at `flight.rows` only."""
    cuts = np.flatnonzero(np.diff(flight.rows) != 1) + 1
    stretches = np.split(flight.rows, cuts)
    return np.concatenate([smoothed(values[stretch], flight.rate_hz, cutoff_hz) for stretch in stretches])


class Line:
    """y = a_flight + b_flight t + Σ slope_k x_k by least squares; add flights, then solve for all draws."""

    def __init__(self, clusters: int, slopes: int, *, trend: bool) -> None:
        self._trend = trend
        self._xx = np.zeros((clusters, slopes, slopes))
        self._xy = np.zeros((clusters, slopes))

    def add(self, t_s: Array, x: Array, y: Array, cluster: NDArray[np.intp]) -> None:
        """Rows of one flight: t (n,), x (n, slopes), y (n,), and the cluster of each."""
        own = np.stack([np.ones_like(t_s), t_s - t_s.mean()], axis=1)[:, : 1 + self._trend]
        both = np.column_stack([x, y])
        both = both - own @ np.linalg.lstsq(own, both, rcond=None)[0]
        x, y = both[:, :-1], both[:, -1]
        np.add.at(self._xx, cluster, x[:, :, None] * x[:, None, :])
        np.add.at(self._xy, cluster, x * y[:, None])

    def slopes(self, weights: Array) -> Array:
        """Slopes (r, slopes) for draws (r, clusters); NaN where nothing moved."""
        xx, xy = np.tensordot(weights, self._xx, axes=1), weights @ self._xy
        found = np.full(xy.shape, np.nan)
        scale = np.sqrt(np.diagonal(self._xx.sum(axis=0)))
        if not scale.all():
            return found
        normal = xx / (scale[:, None] * scale)
        sound = np.linalg.cond(normal) < WORST_CONDITION
        found[sound] = np.linalg.solve(normal[sound], (xy / scale)[sound][..., None])[..., 0] / scale
        return found


def rms(columns: Sequence[Array]) -> Array:
    """Root mean square over the rows of several flights, per column."""
    root: Array = np.sqrt(np.mean(np.concatenate(columns) ** 2, axis=0))
    return root
