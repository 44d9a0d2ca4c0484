"""How far it leaned."""

from collections.abc import Sequence

import numpy as np

from hil.log import Log
from hil_reports.plots.canvas import figure, series, svg
from hil_reports.plots.position_error import draw_bands, legend, time_axis
from hil_reports.plots.thinning import Array


def tilt_deg(log: Log) -> Array:
    """Angle between body z and world z, degrees. (n,)."""
    x, y = log.attitude[:, 0], log.attitude[:, 1]
    return np.degrees(np.arccos(np.clip(1 - 2 * (x * x + y * y), -1.0, 1.0)))


def draw(logs: Sequence[Log], *, name: str) -> str:
    """Tilt over time: median and range over repeats."""
    with figure(3.0) as (drawing, axes):
        draw_bands(axes, logs, [tilt_deg(log) for log in logs], series(0))
        axes.set_ylim(bottom=0)
        axes.set_ylabel("tilt, °")
        time_axis(axes, logs)
        legend(drawing, axes)
        return svg(drawing, name=name, title="tilt over time")
