"""How far the vehicle leans."""

import math

import numpy as np
from numpy.typing import NDArray

from hil.core.frames import euler_zyx, tilt
from hil.log import Log
from hil_reports.metrics.averages import percentile
from hil_reports.metrics.metric import metric, recorded
from hil_reports.metrics.windows import JUDGED, WHOLE

_NAN3 = (math.nan, math.nan, math.nan)


def euler(log: Log) -> NDArray[np.float64]:
    """(roll, pitch, yaw) of each row, rad, ZYX, (n, 3); NaN where the attitude is."""
    quats = recorded(log.attitude, "attitude")
    return np.array(
        [euler_zyx((x, y, z, w)) if math.isfinite(x + y + z + w) else _NAN3 for x, y, z, w in quats.tolist()]
    )


def tilts(log: Log) -> NDArray[np.float64]:
    """Angle between body z and world z of each row, rad, (n,); NaN where the attitude is."""
    quats = recorded(log.attitude, "attitude")
    return np.array([tilt((x, y, z, w)) if math.isfinite(x + y + z + w) else math.nan for x, y, z, w in quats.tolist()])


@metric(unit="rad", window=JUDGED)
def tilt_p95_rad(log: Log) -> float:
    """Angle between body z and the vertical that 95 % of the rows stay within."""
    return percentile(tilts(log), 95)


@metric(unit="rad", window=WHOLE)
def tilt_max_rad(log: Log) -> float:
    """Greatest angle between body z and the vertical."""
    return float(np.max(tilts(log)))
