"""Every controller in every condition: the mean of its metric with its interval, on a logarithmic scale."""

from collections.abc import Mapping, Sequence
from typing import Any

from hil_reports.plots.canvas import MUTED, PAPER, figure, series, svg
from hil_reports.standings import Row, Standing

MARKERS = ("o", "s", "D", "^", "v", "P")
_SPREAD = 0.62  # of the height of a row, over its controllers


def marker(index: int) -> str:
    """Marker of the k-th controller, so that colour is never the only difference."""
    return MARKERS[index % len(MARKERS)]


def draw(panels: Mapping[str, Sequence[Row]], controllers: Sequence[str], *, name: str) -> str | None:
    """One panel per unit (label → conditions); hollow: some flights were cut short and are not in the mean."""
    panels = {label: kept for label, rows in panels.items() if (kept := [row for row in rows if _shown(row)])}
    if not panels:
        return None
    heights = [0.35 + 0.085 * (len(controllers) + 1) * len(rows) for rows in panels.values()]
    with figure(sum(heights) + 0.6, rows=len(panels), squeeze=False, height_ratios=heights) as (drawing, grid):
        for axes, (label, rows) in zip(grid[:, 0], panels.items(), strict=True):
            for index, controller in enumerate(controllers):
                lift = _SPREAD * (0.5 - (index + 0.5) / len(controllers))
                _draw(axes, rows, controller, index, lift)
            axes.set_xscale("log")
            axes.set_yticks(range(len(rows)), [row.condition.label for row in reversed(rows)])
            axes.set_ylim(-0.55, len(rows) - 0.45)
            axes.grid(visible=False, axis="y")
            for between in range(1, len(rows)):
                axes.axhline(between - 0.5, color=MUTED, linewidth=0.3)
            axes.tick_params(axis="y", length=0)
            axes.set_xlabel(label)
            plain_log(axes.xaxis)
        handles, labels = grid[0, 0].get_legend_handles_labels()
        drawing.legend(handles, labels, loc="outside upper left", ncols=min(3, len(labels)), handlelength=1.4)
        return svg(drawing, name=name, title="every controller in every condition")


def plain_log(axis: Any) -> None:
    """Ticks of a logarithmic axis as plain numbers: 0.002, 0.005, 0.01."""
    from math import log10

    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if log10(high / low) < 2.0 else (1.0, 3.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def bars(one: Standing) -> tuple[float, float] | None:
    """Lengths of the error bar below and above the mean, or None where there is no interval."""
    if one.mean is None or one.mean.low is None or one.mean.high is None:
        return None
    return max(0.0, one.mean.value - one.mean.low), max(0.0, one.mean.high - one.mean.value)


def _draw(axes: Any, rows: Sequence[Row], controller: str, index: int, lift: float) -> None:
    axes.plot([], [], color=series(index), marker=marker(index), markersize=4, linestyle="none", label=controller)
    for height, row in enumerate(reversed(rows)):
        one = row.standings[controller]
        if one.mean is None or one.mean.value <= 0.0:
            continue
        lengths = bars(one)
        axes.errorbar(
            [one.mean.value],
            [height + lift],
            xerr=[[lengths[0]], [lengths[1]]] if lengths else None,
            color=series(index),
            marker=marker(index),
            markersize=4,
            markerfacecolor=PAPER if one.lost else series(index),
            linewidth=1.1,
        )


def _shown(row: Row) -> bool:
    return any(one.mean is not None and one.mean.value > 0.0 for one in row.standings.values())
