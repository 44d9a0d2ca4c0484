"""What the motors were told, and how close to their end stops."""

from collections.abc import Sequence

import numpy as np

from hil.log import Log
from hil_reports.plots.canvas import BAD, figure, series, svg
from hil_reports.plots.position_error import legend, shade_judged, time_axis
from hil_reports.plots.thinning import bands


def draw(logs: Sequence[Log], *, name: str) -> str | None:
    """Mean command of M1..M4 and the range of all four over all repeats, with full command; None if not recorded."""
    flown = [log for log in logs if np.isfinite(log.motors).any()]
    if not flown:
        return None
    times = [log["t_s"] for log in flown]
    greatest = bands(times, [np.max(log.motors, axis=1) for log in flown])
    least = bands(times, [np.min(log.motors, axis=1) for log in flown])
    mean = bands(times, [np.mean(log.motors, axis=1) for log in flown])
    with figure(3.7) as (drawing, axes):
        axes.fill_between(
            mean.t_s, least.low, greatest.high, color=series(0), alpha=0.2, linewidth=0, label="any motor, any flight"
        )
        axes.plot(mean.t_s, mean.middle, color=series(0), label="mean of M1–M4, median")
        axes.axhline(1.0, color=BAD, linestyle=(0, (4, 3)), linewidth=1.1, label="full command")
        shade_judged(axes, flown)
        axes.set_ylim(0, 1.05)
        axes.set_ylabel("motor command, fraction")
        time_axis(axes, flown)
        legend(drawing, axes)
        return svg(drawing, name=name, title="motor commands over time")
