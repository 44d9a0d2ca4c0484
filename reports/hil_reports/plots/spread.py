"""What the repeats of each judged metric look like against their limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hil_reports.plots.canvas import BAD, INK, MUTED, figure, series, svg


@dataclass(frozen=True, slots=True)
class Row:
    """One line of dots: the values of one metric in one setup."""

    label: str
    values: tuple[float, ...]
    passed: tuple[bool, ...]  # one per value
    limit: float | None


def draw(panels: Mapping[str, Sequence[Row]], *, name: str, title: str) -> str | None:
    """One panel per metric (label with unit → rows), each with its own scale from zero; None if nothing was measured.

    A dot is a flight, the bar its mean, the dashed line the row's limit, a cross a flight that failed.
    """
    panels = {label: kept for label, rows in panels.items() if (kept := [row for row in rows if row.values])}
    if not panels:
        return None
    heights = [0.5 + 0.28 * len(rows) for rows in panels.values()]
    with figure(sum(heights) + 0.3, rows=len(panels), squeeze=False, height_ratios=heights) as (drawing, grid):
        for axes, (label, rows) in zip(grid[:, 0], panels.items(), strict=True):
            for height, row in enumerate(reversed(rows)):
                _draw_row(axes, height, row)
            axes.set_yticks(range(len(rows)), [row.label for row in reversed(rows)])
            axes.set_ylim(-0.6, len(rows) - 0.4)
            axes.grid(visible=False, axis="y")
            axes.spines["left"].set_visible(False)
            axes.tick_params(axis="y", length=0)
            axes.set_title(label, color=MUTED)
            everything = [v for row in rows for v in row.values] + [r.limit for r in rows if r.limit is not None]
            low, high = min(0.0, *everything), max(0.0, *everything)
            margin = 0.06 * (high - low) or 1.0
            axes.set_xlim(low - (margin if low < 0 else margin / 3), high + margin)
        return svg(drawing, name=name, title=title)


def _draw_row(axes: Any, height: int, row: Row) -> None:
    # a fixed zigzag keeps equal values apart without chance
    lift = [height + 0.09 * (i % 3 - 1) if len(row.values) > 2 else height for i in range(len(row.values))]
    for ok, marker, colour in ((True, "o", series(0)), (False, "x", BAD)):
        chosen = [(v, y) for v, y, passed in zip(row.values, lift, row.passed, strict=True) if passed is ok]
        if chosen:
            x, y = zip(*chosen, strict=True)
            axes.plot(x, y, marker=marker, linestyle="none", markersize=4.5, color=colour, alpha=0.75, clip_on=False)
    if len(row.values) > 1:
        mean = sum(row.values) / len(row.values)
        axes.plot([mean, mean], [height - 0.3, height + 0.3], color=INK, linewidth=1.6)
    if row.limit is not None:
        axes.plot(
            [row.limit, row.limit], [height - 0.45, height + 0.45], color=BAD, linestyle=(0, (3, 2)), linewidth=1.2
        )
