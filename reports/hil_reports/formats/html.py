"""The report as one page that asks nothing of the network."""

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hil_reports.formats.chip import ChipRow, chip_rows
from hil_reports.formats.figures import Figure, group_figures, scenario_figures
from hil_reports.formats.summary import GroupSummary, Summary, flight_label
from hil_reports.formats.templating import fill
from hil_reports.formats.vehicle import PHASE, LinkRow, PhaseTable, against, batteries_of, link_rows, phases


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of what happened."""

    flight: str
    t_s: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class GroupView:
    """What the page shows of a group."""

    anchor: str
    summary: GroupSummary
    labels: tuple[str, ...]  # of its flights
    figures: tuple[Figure, ...]
    chips: tuple[ChipRow, ...]
    against: str  # a warning where the error is not against the truth
    phases: PhaseTable | None
    links: tuple[LinkRow, ...]
    findings: tuple[Finding, ...]
    commands: tuple[str, ...]  # that flew these flights
    manifest: tuple[tuple[str, tuple[str, ...]], ...]  # key → the values it takes over the flights


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """Groups that flew the same task."""

    anchor: str
    name: str
    yaml: str
    batteries: str  # a warning where they differ
    figures: tuple[Figure, ...]
    groups: tuple[GroupView, ...]


def render(summary: Summary, drawn: Callable[[int, int], None] = lambda done, total: None) -> str:
    """The report as self-contained HTML; `drawn(done, total)` is called after each group, as drawing takes time."""
    scenarios = []
    counted = 0
    for i, name in enumerate(summary.data.by_scenario(), start=1):
        groups = [group for group in summary.groups if group.group.scenario == name]
        views = []
        for k, group in enumerate(groups, start=1):
            views.append(_view(group, f"s{i}g{k}"))
            counted += 1
            drawn(counted, len(summary.groups))
        scenarios.append(
            ScenarioView(
                anchor=f"s{i}",
                name=name,
                yaml=groups[0].group.flights[0].scenario_yaml,
                batteries=batteries_of(groups),
                figures=tuple(scenario_figures(groups, name=f"s{i}")),
                groups=tuple(views),
            )
        )
    return fill("report.html", summary=summary, scenarios=scenarios)


def _view(summary: GroupSummary, anchor: str) -> GroupView:
    flights = summary.group.flights
    labelled = [(flight_label(flight), flight) for flight in flights]
    return GroupView(
        anchor=anchor,
        summary=summary,
        labels=tuple(flight_label(flight) for flight in flights),
        figures=tuple(group_figures(summary, name=anchor)),
        chips=chip_rows(labelled),
        against=against(summary.group.state_source),
        phases=phases(labelled),
        links=link_rows(labelled),
        findings=tuple(
            Finding(flight_label(flight), event.t_s, event.kind, event.text)
            for flight in flights
            for event in flight.log.events
            if event.kind != PHASE
        ),
        commands=tuple(dict.fromkeys(filter(None, (_command(flight.manifest) for flight in flights)))),
        manifest=tuple(_manifest([flatten(flight.manifest) for flight in flights])),
    )


def _command(manifest: Mapping[str, Any]) -> str:
    command = manifest.get("command") or ""
    if isinstance(command, list):
        return shlex.join(str(word) for word in command)
    return command if isinstance(command, str) else json.dumps(command)


def flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested mappings as dotted keys; lists and numbers as JSON, strings as they are."""
    flat: dict[str, str] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value if isinstance(value, str) else json.dumps(value)
    return flat


def _manifest(manifests: list[dict[str, str]]) -> list[tuple[str, tuple[str, ...]]]:
    keys = sorted({key for manifest in manifests for key in manifest})
    return [(key, tuple(dict.fromkeys(m.get(key, "(missing)") for m in manifests))) for key in keys]
