"""How a moving set-point is followed besides position: its velocity, its yaw, and how late."""

import math

import numpy as np

from hil.log import Log
from hil_reports.metrics.attitude import euler
from hil_reports.metrics.averages import length, mean, rms
from hil_reports.metrics.metric import metric, recorded
from hil_reports.metrics.position import position_error
from hil_reports.metrics.windows import JUDGED, NotMeasurable

LAG_MAX_S = 1.5
LAG_STEP_S = 0.01
MOVES_M = 0.05  # a set-point that wanders less than this cannot show a lag


@metric(unit="m/s", window=JUDGED)
def velocity_error_rmse_m_s(log: Log) -> float:
    """Root mean square of the distance between velocity and set-point velocity, world."""
    wanted = log.stack(*(f"setpoint_velocity_{a}_m_s" for a in "xyz"))
    return rms(length(recorded(log.velocity, "velocity") - recorded(wanted, "set-point velocity")))


@metric(unit="rad", window=JUDGED)
def yaw_error_mean_rad(log: Log) -> float:
    """Mean absolute angle between yaw (ZYX Euler) and set-point yaw, the short way round."""
    error = euler(log)[:, 2] - recorded(log["setpoint_yaw_rad"], "set-point yaw")
    with np.errstate(invalid="ignore"):
        return mean(np.abs((error + np.pi) % (2 * np.pi) - np.pi))


@metric(unit="s", window=JUDGED)
def tracking_lag_s(log: Log) -> float:
    """Delay of the set-point, 0 to 1.5 s, that brings it closest to the flown path: least horizontal root mean square.

    The set-point is interpolated linearly; the least square over a 10 ms grid is refined by a parabola. The first
    1.5 s of the window only supply the delayed set-point.
    """
    if not np.isfinite(position_error(log)).all():
        return math.nan
    t_s, flown, reference = log["t_s"], log.position[:, :2], log.reference[:, :2]
    if np.ptp(reference, axis=0).max() < MOVES_M:
        raise NotMeasurable("the set-point does not move horizontally")
    rows = t_s >= t_s[0] + LAG_MAX_S - 1e-9
    if t_s[-1] - t_s[0] < 2 * LAG_MAX_S:
        raise NotMeasurable(f"needs {2 * LAG_MAX_S:g} s of flight in the window")

    def square(lag_s: float) -> float:
        late = [np.interp(t_s[rows] - lag_s, t_s, axis) for axis in reference.T]
        return rms(length(flown[rows] - np.stack(late, axis=1))) ** 2

    squares = [square(k * LAG_STEP_S) for k in range(round(LAG_MAX_S / LAG_STEP_S) + 1)]
    best = int(np.argmin(squares))
    if best == len(squares) - 1:
        raise NotMeasurable("the path fits no delay of the set-point below 1.5 s")
    if best == 0:
        return 0.0
    before, at, after = squares[best - 1 : best + 2]
    curvature = before - 2 * at + after
    return (best + (0.5 * (before - after) / curvature if curvature > 0 else 0.0)) * LAG_STEP_S
