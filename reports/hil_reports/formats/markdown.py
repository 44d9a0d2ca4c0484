"""The report for a pull request: verdict, summary, criteria, reasons."""

import re

from hil import __version__
from hil.core.outcome import Outcome
from hil_reports.formats.numbers import interval, limit_text, metric_label, number, percent, with_unit
from hil_reports.formats.summary import GroupSummary, MetricSummary, Summary, flight_label
from hil_reports.formats.vehicle import against, batteries_of


def render(summary: Summary) -> str:
    """The report as GitHub Markdown."""
    parts = [f"## Flight report: {summary.outcome.value}", cell(summary.headline), _overview(summary)]
    parts += ["### Criteria", _criteria(summary)]
    warnings = [
        f"- {cell(group.group.scenario)}, {cell(group.group.setup)}: {cell(text)}"
        for group in summary.groups
        if (text := against(group.group.state_source))
    ]
    for name in summary.data.by_scenario():
        if text := batteries_of([group for group in summary.groups if group.group.scenario == name]):
            warnings.append(f"- {cell(name)}: {cell(text)}")
    if warnings:
        parts += ["### Mind", "\n".join(warnings)]
    reasons = [
        f"- **{flight.result.outcome.value}** {cell(flight.result.scenario)}, {cell(group.setup)}, "
        f"{cell(flight_label(flight))}: {cell(flight.result.reason)}"
        for group in summary.data.groups
        for flight in group.flights
        if flight.result.outcome is not Outcome.PASS
    ]
    if reasons:
        parts += ["### What went wrong", "\n".join(reasons)]
    if summary.data.damaged:
        lines = [f"- {cell(damaged.name)}: {cell(damaged.why)}" for damaged in summary.data.damaged]
        parts += ["### Folders that could not be read", "\n".join(lines)]
    parts.append(f"_hil-bench {__version__}. Brackets: 95 % intervals (pass rates Wilson, means BCa bootstrap)._")
    return "\n\n".join(parts) + "\n"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table of cells that are already safe."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: str) -> str:
    """Text that cannot end a cell, start markup or carry HTML."""
    flat = " ".join(text.split())
    return re.sub(r"([\\`*\[\]|~])", r"\\\1", flat).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _overview(summary: Summary) -> str:
    head = ["verdict", "scenario", "target", "controller", "kind", "passed", "pass rate"]
    return table(head, [_overview_row(group) for group in summary.groups])


def _overview_row(summary: GroupSummary) -> list[str]:
    group = summary.group
    return [
        f"**{summary.outcome.value}**",
        cell(group.scenario),
        cell(group.target),
        cell(group.controller),
        group.kind,
        f"{summary.passed} of {summary.flights}",
        interval(summary.pass_rate, percent),
    ]


def _criteria(summary: Summary) -> str:
    head = ["", "scenario", "setup", "metric", "mean", "worst", "limit", "rationale"]
    return table(head, [_criterion_row(group, c) for group in summary.groups for c in group.criteria])


def _criterion_row(summary: GroupSummary, criterion: MetricSummary) -> list[str]:
    limit = limit_text(criterion.limit, criterion.unit, criterion.direction)
    if criterion.limit_applied != "default":
        limit += f" ({criterion.limit_applied})"
    return [
        "PASS" if criterion.met else "**FAIL**",
        cell(summary.group.scenario),
        cell(summary.group.setup),
        cell(metric_label(criterion.metric, criterion.unit)),
        cell(interval(criterion.mean, number, criterion.unit)),
        cell(with_unit(criterion.worst, criterion.unit)),
        cell(limit),
        cell(criterion.rationale),
    ]
