"""Few enough points to draw, without losing the worst of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

POINTS_PER_FIGURE, POINTS_PER_PATH = 6000, 800  # keep a page of twenty repeats below 3 MB


class Bands(NamedTuple):
    """Many flights' signal over time, one entry per bin; NaN where no flight has a sample."""

    t_s: Array
    middle: Array  # median over flights of each flight's mean in the bin
    low: Array  # least of any sample of any flight
    high: Array  # greatest


def bands(times: Sequence[Array], values: Sequence[Array], *, bins: int = 240) -> Bands:
    """Median and full range over flights. Bins keep extremes: a peak of one sample still shows in the range."""
    end_s = max(float(t_s[-1]) for t_s in times)
    shortest = min(len(t_s) for t_s in times)
    count = max(1, min(bins, shortest // 2))
    width_s = end_s / count if end_s > 0 else 1.0
    means, lows, highs = [], [], []
    for t_s, signal in zip(times, values, strict=True):
        keep = np.isfinite(signal) & (t_s >= 0)
        index = np.minimum((t_s[keep] / width_s).astype(np.intp), count - 1)
        seen = np.bincount(index, minlength=count)
        total = np.bincount(index, weights=signal[keep], minlength=count)
        means.append(np.where(seen > 0, total / np.maximum(seen, 1), np.nan))
        low, high = np.full(count, np.nan), np.full(count, np.nan)
        np.fmin.at(low, index, signal[keep])
        np.fmax.at(high, index, signal[keep])
        lows.append(low)
        highs.append(high)
    return Bands(
        np.asarray((np.arange(count) + 0.5) * width_s, dtype=np.float64),
        _median(np.stack(means)),
        np.fmin.reduce(np.stack(lows), axis=0),
        np.fmax.reduce(np.stack(highs), axis=0),
    )


def every_nth(points: Array, flights: int) -> Array:
    """Rows of one flight's path, thinned so that `flights` of them fit one figure; first and last stay."""
    most = min(POINTS_PER_PATH, max(80, POINTS_PER_FIGURE // max(1, flights) // 2))
    step = max(1, -(-len(points) // most))
    index = np.arange(0, len(points), step)
    if index[-1] != len(points) - 1:
        index = np.append(index, len(points) - 1)
    return points[index]


def _median(table: Array) -> Array:
    """Median over rows, ignoring NaN, NaN where a column has nothing."""
    out = np.full(table.shape[1], np.nan)
    some = np.isfinite(table).any(axis=0)
    out[some] = np.nanmedian(table[:, some], axis=0)
    return out
