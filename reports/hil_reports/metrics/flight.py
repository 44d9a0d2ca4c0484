"""Whether the flight lasted, and whether the computers kept up."""

import numpy as np

from hil.log import Log
from hil_reports.metrics.averages import percentile
from hil_reports.metrics.metric import metric
from hil_reports.metrics.windows import WHOLE, NotMeasurable

LOST_AT_END_S = 0.1  # what a log may lack when its writer is killed, or a wall clock drifts


@metric(unit="1", direction="higher", window=WHOLE, any_span=True)
def survival_share(log: Log) -> float:
    """Flown part of the planned duration: 1 unless the flight was aborted or its log ends more than 0.1 s early."""
    planned_s = log.info.planned_duration_s
    end_s = log.aborted.t_s if log.aborted else float(log["t_s"][-1]) + 1.0 / log.info.rate_hz
    if log.aborted is None and end_s >= planned_s - LOST_AT_END_S:
        return 1.0
    return max(0.0, min(1.0, end_s / planned_s))


@metric(unit="s", window=WHOLE, timing=True)
def loop_time_p99_s(log: Log) -> float:
    """Wall time of a controller's decision that 99 % of the rows stay within."""
    return _p99(log, "compute_s", "compute time")


@metric(unit="s", window=WHOLE, timing=True)
def round_trip_p99_s(log: Log) -> float:
    """Wall time of a whole step, link included, that 99 % of the rows stay within."""
    return _p99(log, "round_trip_s", "round-trip time")


def _p99(log: Log, column: str, what: str) -> float:
    taken = log[column][np.isfinite(log[column]) & (log[column] > 0.0)]
    if not len(taken):
        raise NotMeasurable(f"no {what} recorded")
    return percentile(taken, 99)
