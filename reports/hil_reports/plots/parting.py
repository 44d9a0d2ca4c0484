"""Two groups of flights over one another, with the instant at which they part."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hil.core.frames import euler_zyx
from hil_reports.align import Signal
from hil_reports.compare import Divergence, Overlay
from hil_reports.plots.canvas import BAD, INK, MUTED, dash, figure, series, svg
from hil_reports.plots.position_error import legend
from hil_reports.plots.thinning import Array

MOST_ROWS = 1000
CONTEXT = 1.15  # the difference plot reaches this much above its highest point


def draw(overlay: Overlay, divergence: Divergence, *, name: str) -> str:
    """Each component of one signal for A and B, then |B − A| with its threshold; the parting instant as a line."""
    labels, a, b = components(overlay.signal, overlay.a, overlay.b)
    table = worst_rows(np.column_stack([overlay.t_s, overlay.distance, overlay.threshold, a, b]))
    t_s, distance, threshold = table[:, 0], table[:, 1], table[:, 2]
    count = len(labels)
    with figure(1.1 * count + 2.1, rows=count + 1, sharex=True, height_ratios=[1] * count + [1.5]) as (drawing, panels):
        for k, axes in enumerate(panels[:-1]):
            axes.plot(t_s, table[:, 3 + k], color=series(0), linestyle=dash(0), label="A")
            axes.plot(t_s, table[:, 3 + count + k], color=series(1), linestyle=dash(1), label="B")
            axes.set_ylabel(labels[k])
            _widen(axes, np.degrees(overlay.signal.threshold) if "°" in labels[k] else overlay.signal.threshold)
        last = panels[-1]
        last.plot(t_s, distance, color=INK, label="|B − A|")
        last.plot(t_s, threshold, color=BAD, linestyle=(0, (4, 3)), linewidth=1.1, label="threshold")
        last.fill_between(
            t_s, threshold, distance, where=distance > threshold, color=BAD, alpha=0.25, linewidth=0, label="beyond it"
        )
        last.set_ylim(0, CONTEXT * max(float(np.nanmax(distance)), float(np.nanmax(threshold))))
        last.set_ylabel(f"|B − A|{_unit(overlay.signal.unit)}")
        last.set_xlabel("time, s")
        drawing.align_ylabels()
        last.set_xlim(t_s[0], max(t_s[-1], t_s[0] + 1e-3))
        if divergence.t_s is not None:
            _mark(panels, divergence.t_s)
        legend(drawing, panels[0], last)
        return svg(drawing, name=name, title=f"{overlay.signal.name} of A and B over time")


def components(signal: Signal, a: Array, b: Array) -> tuple[list[str], Array, Array]:
    """What to draw of a signal, with labels: columns as they are, attitudes as roll, pitch, yaw in degrees."""
    if signal.between == "rotation":
        return ["roll, °", "pitch, °", "yaw, °"], _euler_deg(a), _euler_deg(b)
    names = [f"M{i}" for i in (1, 2, 3, 4)] if signal.name == "motors" else list("xyz")
    return [name + _unit(signal.unit) for name in names], a, b


def worst_rows(table: Array) -> Array:
    """Few enough rows to draw: of each stretch, the one whose distance (column 1) most exceeds its threshold (2)."""
    step = -(-len(table) // MOST_ROWS)
    beyond = np.nan_to_num(table[:, 1] - table[:, 2], nan=-np.inf)
    return table[[k + int(np.argmax(beyond[k : k + step])) for k in range(0, len(table), step)]]


def _euler_deg(quats: Array) -> Array:
    angles = np.array([euler_zyx((x, y, z, w)) for x, y, z, w in quats.tolist()])
    return np.degrees(np.unwrap(angles, axis=0))


def _widen(axes: Any, least: float) -> None:
    """A vertical span of at least `least`, so that rounding noise does not look like a signal."""
    low, high = axes.get_ylim()
    if high - low < least:
        middle = (low + high) / 2
        axes.set_ylim(middle - least / 2, middle + least / 2)


def _unit(unit: str) -> str:
    return "" if unit == "1" else f", {unit}"


def _mark(panels: Sequence[Any], t_s: float) -> None:
    for axes in panels:
        axes.axvline(t_s, color=INK, linewidth=1.0, linestyle=(0, (1, 1.5)))
    panels[0].annotate(
        f"{t_s:.2f} s",
        (t_s, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, 1),
        textcoords="offset points",
        color=MUTED,
        fontsize=8.5,
    )
