"""The report for machines: every group, every measurement, every interval, in full precision."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hil import __version__
from hil_reports.formats.summary import GroupSummary, MetricSummary, Summary


def render(summary: Summary) -> str:
    """The report as JSON text, keys sorted."""
    return dumps(
        {
            "tool": {"name": "hil-bench", "version": __version__},
            "outcome": summary.outcome.value,
            "counts": summary.counts,
            "groups": [_group(group) for group in summary.groups],
            "damaged": [{"folder": damaged.name, "why": damaged.why} for damaged in summary.data.damaged],
        }
    )


def dumps(data: dict[str, Any]) -> str:
    """JSON text that depends on the data only."""
    return json.dumps(_finite(data), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(data: Any) -> Any:
    """The same with null for what JSON has no number for."""
    if isinstance(data, Mapping):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _group(summary: GroupSummary) -> dict[str, Any]:
    group = summary.group
    return {
        "scenario": group.scenario,
        "target": group.target,
        "controller": group.controller,
        "vehicle": group.vehicle,
        "simulated": group.simulated,
        "state_source": group.state_source,
        "outcome": summary.outcome.value,
        "flights": summary.flights,
        "repeated_seeds": group.repeated_seeds,
        "scenario_versions": group.scenario_versions,
        "passed": summary.passed,
        "pass_rate": asdict(summary.pass_rate),
        "criteria": [_metric(metric) for metric in summary.criteria],
        "metrics": [_metric(metric) for metric in summary.metrics],
        "runs": [
            {
                "folder": flight.name,
                "source": flight.log.info.source,
                "events": [{"t_s": e.t_s, "kind": e.kind, "text": e.text} for e in flight.log.events],
                "result": flight.result.as_json(),
                "manifest": dict(flight.manifest),
                "chip": asdict(flight.chip) if flight.chip else None,
                "link": asdict(flight.link) if flight.link else None,
            }
            for flight in group.flights
        ],
    }


def _metric(metric: MetricSummary) -> dict[str, Any]:
    return asdict(metric) | {"met": metric.met}
