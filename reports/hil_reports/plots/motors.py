"""What each motor was told, and how close to its end stops."""

from collections.abc import Sequence

import numpy as np

from hil.log import Log
from hil_reports.plots.canvas import BAD, MUTED, dash, figure, series, svg
from hil_reports.plots.position_error import legend, shade_judged, time_axis
from hil_reports.plots.thinning import bands

COLOURS = (series(0), series(2), series(3), series(4))  # not the second: it looks like the limit's


def draw(logs: Sequence[Log], *, name: str) -> str | None:
    """Commands of M1..M4, each the median over repeats, the range of all four, full command; None if not recorded."""
    flown = [log for log in logs if np.isfinite(log.motors).any()]
    if not flown:
        return None
    times = [log["t_s"] for log in flown]
    motors = [bands(times, [log.motors[:, k] for log in flown]) for k in range(4)]
    least = np.fmin.reduce([motor.low for motor in motors])
    greatest = np.fmax.reduce([motor.high for motor in motors])
    with figure(3.7) as (drawing, axes):
        axes.fill_between(
            motors[0].t_s, least, greatest, color=MUTED, alpha=0.16, linewidth=0, label="any motor, any flight"
        )
        for k, motor in enumerate(motors):
            label = f"M{k + 1}" if len(flown) == 1 else f"M{k + 1}, median"
            axes.plot(motor.t_s, motor.middle, color=COLOURS[k], linestyle=dash(k), linewidth=1.1, label=label)
        axes.axhline(1.0, color=BAD, linestyle=(0, (4, 3)), linewidth=1.1, label="full command")
        shade_judged(axes, flown)
        axes.set_ylim(0, 1.05)
        axes.set_ylabel("motor command, fraction")
        time_axis(axes, flown)
        legend(drawing, axes)
        return svg(drawing, name=name, title="motor commands over time")
