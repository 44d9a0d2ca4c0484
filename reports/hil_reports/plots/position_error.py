"""How far from the reference, over time."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from hil.log import Log
from hil_reports.plots.canvas import BAD, INK, TINT, dash, figure, series, svg
from hil_reports.plots.thinning import Array, bands


class Limit(NamedTuple):
    """A line across the plot."""

    label: str
    metric: str
    limit_m: float


def distance_m(log: Log) -> Array:
    """Distance to the reference, m. (n,)."""
    return np.asarray(np.linalg.norm(log.position - log.reference, axis=1))


def horizontal_m(log: Log) -> Array:
    """Distance to the reference in the horizontal plane, m. (n,)."""
    offset = log.position - log.reference
    return np.asarray(np.hypot(offset[:, 0], offset[:, 1]))


def vertical_m(log: Log) -> Array:
    """Height above the reference, m, signed. (n,)."""
    return np.asarray(log.position[:, 2] - log.reference[:, 2])


def draw(logs: Sequence[Log], limits: Sequence[Limit], *, name: str) -> str:
    """Distance, horizontal and height error over time, over all repeats, with the limits each panel's metrics have."""
    with figure(4.7, rows=3, sharex=True, height_ratios=(3, 3, 2)) as (drawing, panels):
        whole, horizontal, height = panels
        for axes, signal in ((whole, distance_m), (horizontal, horizontal_m), (height, vertical_m)):
            draw_bands(axes, logs, [signal(log) for log in logs], series(0))
        for limit in limits:
            if limit.metric.startswith("position_error_"):
                axes = horizontal if limit.metric.startswith("position_error_xy_") else whole
                axes.axhline(limit.limit_m, color=BAD, linestyle=(0, (4, 3)), linewidth=1.1, label=limit.label)
        whole.set_ylim(bottom=0)
        horizontal.set_ylim(bottom=0)
        whole.set_ylabel("distance, m")
        horizontal.set_ylabel("horizontal, m")
        height.set_ylabel("height, m")
        time_axis(height, logs)
        drawing.align_ylabels()
        legend(drawing, whole, horizontal)
        return svg(drawing, name=name, title="position error over time")


def draw_overlaid(setups: Mapping[str, Sequence[Log]], *, name: str) -> str:
    """Distance to the reference of several setups on one time axis: medians, and ranges where there are repeats."""
    with figure(3.4) as (drawing, axes):
        for i, (label, logs) in enumerate(setups.items()):
            band = bands([log["t_s"] for log in logs], [_before_landing(log, distance_m(log)) for log in logs])
            if len(logs) > 1:
                axes.fill_between(band.t_s, band.low, band.high, color=series(i), alpha=0.13, linewidth=0)
            axes.plot(band.t_s, band.middle, color=series(i), linestyle=dash(i), label=label)
        every = [log for logs in setups.values() for log in logs]
        shade_judged(axes, every)
        finished = [_before_landing(log, distance_m(log)) for log in every if log.aborted is None]
        if len(finished) < len(every):
            _scale_to_finished(axes, finished)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("distance to reference, m")
        time_axis(axes, every)
        legend(drawing, axes)
        return svg(drawing, name=name, title="distance to the reference of every setup over time")


def draw_bands(axes: Any, logs: Sequence[Log], values: Sequence[Array], colour: str) -> None:
    """One signal of all repeats: median, range, a cross where a flight was cut short, the judged window."""
    values = [_before_landing(log, signal) for log, signal in zip(logs, values, strict=True)]
    band = bands([log["t_s"] for log in logs], values)
    many = len(logs) > 1
    axes.fill_between(
        band.t_s,
        band.low,
        band.high,
        color=colour,
        alpha=0.22,
        linewidth=0,
        label="lowest to highest" if many else None,
    )
    axes.plot(band.t_s, band.middle, color=colour, label=f"median of {len(logs)} flights" if many else "this flight")
    cut = [log["t_s"][-1] for log in logs if log.aborted is not None]
    if cut:
        # at the foot: the last value of a crash would set the scale and flatten every other flight
        mark = {"marker": "x", "markersize": 6, "markeredgewidth": 1.6, "linestyle": "none", "clip_on": False}
        axes.plot(cut, [0.0] * len(cut), color=INK, label="aborted", transform=axes.get_xaxis_transform(), **mark)
        _scale_to_finished(axes, [v for log, v in zip(logs, values, strict=True) if log.aborted is None])
    shade_judged(axes, logs)


def _before_landing(log: Log, signal: Array) -> Array:
    """The signal of the task alone: a landing, far from any reference, would set the scale of every plot."""
    return np.where(log["t_s"] <= _end_s(log) + 1e-9, signal, np.nan)


def _end_s(log: Log) -> float:
    """Where the task ended, or was cut short."""
    last_s = float(log["t_s"][-1])
    return last_s if log.aborted else min(last_s, log.info.judge_to_s)


def _scale_to_finished(axes: Any, values: Sequence[Array]) -> None:
    """The vertical scale that shows finished flights well; an aborted one may leave it."""
    finite = [signal[np.isfinite(signal)] for signal in values]
    if finite and all(len(signal) for signal in finite):
        low = min(float(signal.min()) for signal in finite)
        high = max(float(signal.max()) for signal in finite)
        margin = 0.15 * (high - low) or 0.01
        axes.set_ylim(low - margin, high + margin)


def shade_judged(axes: Any, logs: Sequence[Log]) -> None:
    """Tint the span the metrics look at, where all flights share one."""
    spans = {(log.info.judge_from_s, log.info.judge_to_s) for log in logs}
    if len(spans) == 1:
        start_s, end_s = spans.pop()
        axes.axvspan(start_s, end_s, color=TINT, linewidth=0, zorder=0, label="judged window")


def time_axis(axes: Any, logs: Sequence[Log]) -> None:
    """From 0 to the end of the longest task."""
    axes.set_xlim(0, max(map(_end_s, logs)) or 1.0)
    axes.set_xlabel("time, s")


def legend(drawing: Any, *panels: Any) -> None:
    """What the panels' lines are, each said once, above the axes and away from the data."""
    named: dict[str, Any] = {}
    for axes in panels:
        handles, labels = axes.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    drawing.legend(named.values(), named.keys(), loc="outside upper left", ncols=min(3, len(named)), handlelength=2.2)
