"""Which figures a group and a scenario get, and what is written under them."""

from collections.abc import Sequence
from dataclasses import dataclass

from hil.core.types import TRUTH
from hil_reports.formats.numbers import limit_text, metric_label, unit_text
from hil_reports.formats.summary import GroupSummary, MetricSummary
from hil_reports.plots import attitude, motors, path, position_error, spread, view_3d
from hil_reports.plots.spread import Row


@dataclass(frozen=True, slots=True)
class Figure:
    """An inline SVG, its title and what a reader must know to read it."""

    title: str
    svg: str
    note: str = ""


def group_figures(summary: GroupSummary, *, name: str) -> list[Figure]:
    """The plots of one group; those its logs cannot give are left out."""
    logs = [flight.log for flight in summary.group.flights if len(flight.log)]
    if not logs:
        return []
    limits = [position_error.Limit(_limit_label(c), c.metric, c.limit) for c in summary.criteria if c.limit is not None]
    panels = {_panel_label(criterion): [_row("", criterion)] for criterion in summary.criteria}
    drawn = (
        (
            "Error over time",
            position_error.draw(logs, limits, name=f"{name}-error"),
            "Limits hold for the named metric." + _against(summary),
        ),
        ("Path", path.draw(logs, name=f"{name}-path"), "World frame, equal scales."),
        ("Path in space", view_3d.draw(logs, name=f"{name}-space"), "Drag, or focus and use the arrow keys, to turn."),
        ("Motor commands", motors.draw(logs, name=f"{name}-motors"), ""),
        ("Tilt", attitude.draw(logs, name=f"{name}-tilt"), "Angle between the body's and the world's vertical."),
        (
            "Every flight against its limits",
            spread.draw(panels, name=f"{name}-spread", title="criteria, flight by flight"),
            "A dot is a flight that met the limit, a cross one that did not; bar: mean; dashed: limit.",
        ),
    )
    return [Figure(title, svg, note) for title, svg, note in drawn if svg is not None]


def scenario_figures(groups: Sequence[GroupSummary], *, name: str) -> list[Figure]:
    """Setups side by side; nothing where only one flew."""
    flown = {setup_label(group): [flight.log for flight in group.group.flights] for group in groups}
    logs = {setup: kept for setup, all_logs in flown.items() if (kept := [log for log in all_logs if len(log)])}
    if len(logs) < 2:
        return []
    panels: dict[str, list[Row]] = {}
    for group in groups:
        for criterion in group.criteria:
            panels.setdefault(_panel_label(criterion), []).append(_row(setup_label(group), criterion))
    overlaid = position_error.draw_overlaid(logs, name=f"{name}-overlay")
    dots = spread.draw(panels, name=f"{name}-dots", title="criteria, setup by setup")
    note = "Line: median over repeats; shade: lowest to highest."
    if any(map(_against, groups)):
        note += " est.: error against the on-board estimate."
    figures = [Figure("Error of every setup", overlaid, note)]
    if dots is not None:
        note = "A dot is a flight that met the limit, a cross one that did not; bar: mean; dashed: limit."
        figures.append(Figure("Criteria of every setup", dots, note))
    return figures


def setup_label(summary: GroupSummary) -> str:
    """Target and controller, marked where it really flew: "replay / on-board (real)"; "est.": by its own estimate."""
    marks = [*(["real"] if not summary.group.simulated else []), *(["est."] if _against(summary) else [])]
    return summary.group.setup + (f" ({', '.join(marks)})" if marks else "")


def _against(summary: GroupSummary) -> str:
    source = summary.group.state_source
    return "" if source == TRUTH else f" Error against the {source}."


def _row(label: str, criterion: MetricSummary) -> Row:
    pairs = [(v, ok) for v, ok in zip(criterion.values, criterion.passed, strict=True) if v is not None]
    return Row(label, tuple(v for v, _ in pairs), tuple(ok is True for _, ok in pairs), criterion.limit)


def _panel_label(criterion: MetricSummary) -> str:
    unit = unit_text(criterion.unit)
    return metric_label(criterion.metric, criterion.unit) + (f", {unit}" if unit else "")


def _limit_label(criterion: MetricSummary) -> str:
    statistic = metric_label(criterion.metric, criterion.unit).removeprefix("position error ")
    return f"limit: {statistic} {limit_text(criterion.limit, criterion.unit, criterion.direction)}"
