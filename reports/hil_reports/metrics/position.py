"""How far from the set-point: e = position − set-point, world, m, row by row at the same instant (no alignment)."""

import numpy as np
from numpy.typing import NDArray

from hil.log import Log
from hil_reports.metrics.averages import length, mean, percentile, rms
from hil_reports.metrics.metric import metric, recorded
from hil_reports.metrics.windows import JUDGED, LAST_QUARTER, PUBLISHED_NANOBENCH

TUBE_M = 0.10

_EVO = "absolute pose error, translation part, as in evo (Grupp 2017)"
_NANOBENCH = "NanoBench (Ullah & Baca 2026, arXiv 2603.09908)"
_PAPER = "the hover and tracking error of Van den Berghe et al. 2025 (arXiv 2510.24461)"


def position_error(log: Log) -> NDArray[np.float64]:
    """e, (n, 3) m. Raises NotMeasurable when position or set-point was never recorded."""
    return recorded(log.position, "position") - recorded(log.reference, "set-point")


def _distance(log: Log) -> NDArray[np.float64]:
    return length(position_error(log))


def _distance_xy(log: Log) -> NDArray[np.float64]:
    return length(position_error(log)[:, :2])


@metric(unit="m", window=JUDGED, source=_PAPER)
def position_error_xy_mean_m(log: Log) -> float:
    """Mean horizontal distance from the set-point."""
    return mean(_distance_xy(log))


@metric(unit="m", window=JUDGED)
def position_error_xy_rmse_m(log: Log) -> float:
    """Root mean square of the horizontal distance from the set-point."""
    return rms(_distance_xy(log))


@metric(unit="m", window=JUDGED, source=_EVO)
def position_error_mean_m(log: Log) -> float:
    """Mean distance from the set-point."""
    return mean(_distance(log))


@metric(unit="m", window=JUDGED, source=_EVO)
def position_error_rmse_m(log: Log) -> float:
    """Root mean square of the distance from the set-point."""
    return rms(_distance(log))


@metric(unit="m", window=JUDGED, source=_EVO)
def position_error_max_m(log: Log) -> float:
    """Greatest distance from the set-point."""
    return float(np.max(_distance(log)))


@metric(unit="m", window=JUDGED)
def position_error_p95_m(log: Log) -> float:
    """Distance from the set-point that 95 % of the rows stay within."""
    return percentile(_distance(log), 95)


@metric(unit="1", direction="higher", window=JUDGED)
def tube_share_10cm(log: Log) -> float:
    """Share of the rows no further than 0.10 m from the set-point."""
    distance = _distance(log)
    return float(np.mean(distance <= TUBE_M)) if np.isfinite(distance).all() else float("nan")


@metric(unit="m", window=LAST_QUARTER)
def steady_state_error_m(log: Log) -> float:
    """Length of the mean error vector in a hover: what is left when noise and oscillation average out."""
    error = position_error(log)
    return float(length(np.array([[mean(axis) for axis in error.T]]))[0])


@metric(unit="m", window=PUBLISHED_NANOBENCH, source=_NANOBENCH)
def position_error_published_nanobench_m(log: Log) -> float:
    """Root mean square distance as that benchmark publishes it: take-off, landing and the step to the start count."""
    return rms(_distance(log))


@metric(unit="m", window=PUBLISHED_NANOBENCH, source=_NANOBENCH)
def position_error_published_nanobench_mean_m(log: Log) -> float:
    """Mean distance as that benchmark publishes it: take-off, landing and the step to the start count."""
    return mean(_distance(log))
