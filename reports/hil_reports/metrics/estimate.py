"""What the vehicle itself believes: its estimate against the set-point, and against the truth where that is known.

A real link gives nothing but the estimate. Measured on the virtual vehicle as well, these say how much of an error
that is seen from on board is the estimator's, and hides from it.
"""

import numpy as np
from numpy.typing import NDArray

from hil.core.types import TRUTH
from hil.log import Log
from hil_reports.metrics.averages import length, mean, rms
from hil_reports.metrics.metric import metric, recorded
from hil_reports.metrics.windows import JUDGED, NotMeasurable


def _estimate(log: Log) -> NDArray[np.float64]:
    return recorded(log.estimated_position, "estimate of the position")


def _error(log: Log) -> NDArray[np.float64]:
    return _estimate(log) - recorded(log.reference, "set-point")


@metric(unit="m", window=JUDGED)
def onboard_position_error_mean_m(log: Log) -> float:
    """Mean distance of the estimated position from the set-point: the error as the vehicle sees it."""
    return mean(length(_error(log)))


@metric(unit="m", window=JUDGED)
def onboard_position_error_xy_mean_m(log: Log) -> float:
    """Mean horizontal distance of the estimated position from the set-point."""
    return mean(length(_error(log)[:, :2]))


@metric(unit="m", window=JUDGED)
def onboard_position_error_rmse_m(log: Log) -> float:
    """Root mean square of the distance of the estimated position from the set-point."""
    return rms(length(_error(log)))


@metric(unit="m", window=JUDGED)
def estimate_error_rmse_m(log: Log) -> float:
    """Root mean square of the distance of the estimated position from the true one, lag included."""
    if log.info.state_source != TRUTH:
        raise NotMeasurable(f"nobody measured the truth: the state is the {log.info.state_source}")
    return rms(length(_estimate(log) - recorded(log.position, "position")))
