"""One condition that is swept: error over the swept value with intervals, and the share flown to the end."""

from collections.abc import Sequence
from typing import Any

from hil_reports.plots.canvas import PAPER, dash, figure, series, svg
from hil_reports.plots.conditions import marker, plain_log
from hil_reports.standings import Row


def draw(rows: Sequence[Row], controllers: Sequence[str], *, name: str, label: str) -> str | None:
    """`rows` in the order of the sweep; `label`: metric and unit. None where nobody flew to the end."""
    if not any(one.mean for row in rows for one in row.standings.values()):
        return None
    numeric = all(isinstance(row.condition.value, int | float) for row in rows)
    places = [float(row.condition.value or 0) if numeric else float(k) for k, row in enumerate(rows)]
    with figure(3.9, rows=2, sharex=True, height_ratios=[2.6, 1]) as (drawing, (upper, lower)):
        for index, controller in enumerate(controllers):
            _error(upper, rows, places, controller, index)
            _survival(lower, rows, places, controller, index)
        upper.set_yscale("log")
        plain_log(upper.yaxis)
        upper.set_ylabel(label)
        lower.set_ylim(-0.06, 1.06)
        lower.set_yticks([0, 0.5, 1])
        lower.set_ylabel("flown to\nthe end")
        lower.set_xlabel(rows[0].condition.axis)
        lower.set_xticks(places, [_tick(row) for row in rows])
        drawing.align_ylabels()
        handles, labels = upper.get_legend_handles_labels()
        drawing.legend(handles, labels, loc="outside upper left", ncols=min(3, len(labels)), handlelength=2.2)
        return svg(drawing, name=name, title=f"{label} over {rows[0].condition.axis}")


def _error(axes: Any, rows: Sequence[Row], places: Sequence[float], controller: str, index: int) -> None:
    shown = [(x, one) for x, row in zip(places, rows, strict=True) if (one := row.standings[controller]).mean]
    values = [one.mean.value if one.mean else 0.0 for _, one in shown]
    look = {"color": series(index), "marker": marker(index), "markersize": 4}
    axes.plot([x for x, _ in shown], values, linestyle=dash(index), label=controller, **look)
    for x, one in shown:
        if one.lost and one.mean:  # hollow: the flights that were cut short are not in the mean
            axes.plot([x], [one.mean.value], **look, markerfacecolor=PAPER, linestyle="none")
    banded = [(x, one.mean) for x, one in shown if one.mean and one.mean.low is not None and one.mean.high is not None]
    axes.fill_between(
        [x for x, _ in banded],
        [mean.low for _, mean in banded],
        [mean.high for _, mean in banded],
        color=series(index),
        alpha=0.18,
        linewidth=0,
    )


def _survival(axes: Any, rows: Sequence[Row], places: Sequence[float], controller: str, index: int) -> None:
    shares = [(x, one) for x, row in zip(places, rows, strict=True) if (one := row.standings[controller].survived)]
    axes.plot(
        [x for x, _ in shares],
        [share.value for _, share in shares],
        color=series(index),
        linestyle=dash(index),
        marker=marker(index),
        markersize=3.5,
        clip_on=False,
    )


def _tick(row: Row) -> str:
    value = row.condition.value
    return f"{value:g}" if isinstance(value, float) else str(value)
