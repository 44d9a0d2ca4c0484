"""Where two groups of flights part: the answer in a sentence, as Markdown and for machines."""

from dataclasses import asdict

from hil import __version__
from hil_reports.compare import Comparison, Divergence, MetricDifference
from hil_reports.formats.json import dumps
from hil_reports.formats.markdown import cell, table
from hil_reports.formats.numbers import interval, metric_label, number, with_unit


def answer(comparison: Comparison) -> str:
    """When, where and by how much they part first, and what follows."""
    begin_s, end_s = comparison.span_s
    parted = [d for d in comparison.divergences if d.t_s is not None]
    if comparison.identical:
        return f"A and B are the same to the bit in every row of {_count(comparison.flights[0], 'pair')}."
    if not parted:
        return f"A and B do not part: from {begin_s:g} s to {end_s:g} s no signal differs beyond its threshold."
    first, *others = parted
    text = (
        f"They part first in {first.signal} at {first.t_s:.2f} s: B is {with_unit(first.distance, first.unit)} from A, "
        f"the threshold is {with_unit(first.threshold, first.unit)}"
    )
    if others:
        follow = [f"{d.signal} at {d.t_s:.2f} s" for d in others]
        text += f"; {_and(follow)} {'follows' if len(follow) == 1 else 'follow'}"
    kept = [d.signal for d in comparison.divergences if d.t_s is None and d.threshold is not None]
    return text + "." + (f" {_and(kept).capitalize()} {'does' if len(kept) == 1 else 'do'} not part." if kept else "")


def better(metric: MetricDifference) -> str:
    """Which group a metric speaks for, where its interval leaves no doubt."""
    low, high = metric.difference.low, metric.difference.high
    if low is None or high is None:
        return "too few repeats to say"
    if low <= 0.0 <= high:
        return "no clear difference"
    return "B better" if (high < 0) == (metric.direction == "lower") else "A better"


def left_out(comparison: Comparison) -> str:
    """Which metrics were not put side by side, and why; empty where all were."""
    if not comparison.not_compared:
        return ""
    spans: dict[tuple[tuple[float, float], tuple[float, float]], list[str]] = {}
    for metric in comparison.not_compared:
        spans.setdefault((metric.a_span_s, metric.b_span_s), []).append(metric_label(metric.metric, metric.unit))
    parts = [f"{_and(names)} (A {_span(a)}, B {_span(b)})" for (a, b), names in spans.items()]
    return f"Not compared, because A and B give them over different spans of time: {'; '.join(parts)}."


def render_json(comparison: Comparison) -> str:
    """The comparison as JSON text; the overlays, which are the logs again, are left out."""
    return dumps(
        {
            "tool": {"name": "hil-bench", "version": __version__},
            "answer": answer(comparison),
            "scenario": comparison.scenario,
            "a": {"setup": comparison.a, "flights": comparison.flights[0]},
            "b": {"setup": comparison.b, "flights": comparison.flights[1]},
            "paired": comparison.paired,
            "identical": comparison.identical,
            "span_s": list(comparison.span_s),
            "note": comparison.note,
            "mind": list(comparison.mind),
            "divergences": [asdict(divergence) for divergence in comparison.divergences],
            "metrics": [asdict(metric) | {"verdict": better(metric)} for metric in comparison.metrics],
            "not_compared": [asdict(metric) for metric in comparison.not_compared],
        }
    )


def render_markdown(comparison: Comparison) -> str:
    """The comparison as GitHub Markdown."""
    flights = comparison.flights
    setups = (
        f"A: {comparison.a} ({_count(flights[0], 'flight')}). B: {comparison.b} ({_count(flights[1], 'flight')}). "
        f"Scenario: {comparison.scenario}."
    )
    parts = [
        "## Comparison",
        f"**{cell(answer(comparison))}**",
        cell(setups),
        *([cell(f"Compared {comparison.note}.")] if comparison.note else []),
        *(cell(text) for text in comparison.mind),
        table(
            ["signal", "parts at", "distance", "threshold", "how the threshold came about"],
            [_divergence_row(divergence) for divergence in comparison.divergences],
        ),
        table(["metric", "A", "B", "B − A", ""], [_metric_row(metric) for metric in comparison.metrics]),
        *([cell(left_out(comparison))] if comparison.not_compared else []),
        f"_hil-bench {__version__}. Brackets are 95 % intervals._",
    ]
    return "\n\n".join(parts) + "\n"


def _divergence_row(divergence: Divergence) -> list[str]:
    when = "does not" if divergence.t_s is None else f"{divergence.t_s:.2f} s"
    unit = divergence.unit
    return [
        cell(divergence.signal),
        when,
        cell(with_unit(divergence.distance, unit)),
        cell(with_unit(divergence.threshold, unit)),
        cell(divergence.basis),
    ]


def _metric_row(metric: MetricDifference) -> list[str]:
    estimates = (metric.a, metric.b, metric.difference)
    shown = [cell(interval(estimate, number, metric.unit)) for estimate in estimates]
    return [cell(metric_label(metric.metric, metric.unit)), *shown, better(metric)]


def _span(span_s: tuple[float, float]) -> str:
    return f"{span_s[0]:g} s to {span_s[1]:g} s"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'s' * (n != 1)}"


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
