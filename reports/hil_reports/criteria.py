"""Is the flight good enough? Metrics against the scenario's limits, and the outcome that follows."""

import math
from collections.abc import Sequence

from hil.core.outcome import Measurement, Outcome
from hil.log import Log
from hil.scenario.criteria import Criterion
from hil_reports.metrics.catalogue import every_metric, find
from hil_reports.metrics.flight import LOST_AT_END_S
from hil_reports.metrics.metric import Metric
from hil_reports.metrics.windows import NotMeasurable

REASONS_MAX = 3  # a reason is one line: the worst failures and a count of the rest


def judge(log: Log, criteria: Sequence[Criterion]) -> list[Measurement]:
    """One measurement per criterion, in their order, each against the limit that applies to this target and controller.

    A `lower` metric passes at or below its limit, a `higher` one at or above. What cannot be measured, or is not a
    finite number, never passes. Raises BadInput for an unknown metric.
    """
    measurements = []
    for criterion in criteria:
        limit, rationale, label = criterion.applicable(log.info.target, log.info.controller_family)
        measurements.append(measure(find(criterion.metric), log, limit=limit, rationale=rationale, limit_applied=label))
    return measurements


def measure_all(log: Log, *, timing: bool = False) -> list[Measurement]:
    """Every metric this flight can give, without limits. `timing=True` adds those that depend on wall time."""
    measurements = (measure(metric, log) for metric in every_metric() if timing or not metric.timing)
    return [measurement for measurement in measurements if measurement.value is not None]


def measure(
    metric: Metric, log: Log, *, limit: float | None = None, rationale: str = "", limit_applied: str = "default"
) -> Measurement:
    """One metric of one flight, passed if it keeps the limit; without a limit, any finite value passes."""
    value: float | None = None
    window, why = metric.window.text, ""
    try:
        rows = metric.window.cut(log)
        window = f"{window} ({rows['t_s'][0]:g} s to {rows['t_s'][-1]:g} s)"
        value = float(metric.function(rows))
    except NotMeasurable as reason:
        why = str(reason)
    if value is not None and not math.isfinite(value):
        value, why = None, f"not a finite number: {_damage(log)}"
    return Measurement(
        metric=metric.name,
        value=value,
        unit=metric.unit,
        limit=limit,
        passed=_keeps(value, limit, metric.direction),
        direction=metric.direction,
        rationale=rationale,
        limit_applied=limit_applied,
        window=window,
        why=why,
    )


def outcome(log: Log, measurements: Sequence[Measurement]) -> tuple[Outcome, str]:
    """The verdict on one flight and the reason for it; the reason of a PASS is empty.

    A flight that was aborted, or whose log ends before the judged span does, is ABORTED however good its numbers.
    """
    if log.aborted is not None:
        return Outcome.ABORTED, log.aborted.text
    if not len(log):
        return Outcome.ABORTED, "the log has no rows"
    end_s = float(log["t_s"][-1])
    if end_s < log.info.judge_to_s - max(LOST_AT_END_S, 2.0 / log.info.rate_hz):
        return Outcome.ABORTED, f"the log ends at {end_s:g} s, the judged span at {log.info.judge_to_s:g} s"
    failed = sorted((m for m in measurements if not m.passed), key=_badness, reverse=True)
    if not failed:
        return Outcome.PASS, ""
    more = f" (and {len(failed) - REASONS_MAX} more)" if len(failed) > REASONS_MAX else ""
    return Outcome.FAIL, "; ".join(_failure(m) for m in failed[:REASONS_MAX]) + more


def _keeps(value: float | None, limit: float | None, direction: str) -> bool:
    if value is None:
        return False
    if limit is None:
        return True
    return value <= limit if direction == "lower" else value >= limit


def _badness(measurement: Measurement) -> float:
    """How far past its limit, relative to the limit; what could not be measured is worst."""
    value, limit = measurement.value, measurement.limit
    if value is None or limit is None:
        return math.inf
    return abs(value - limit) / max(abs(limit), 1e-9)


def _failure(measurement: Measurement) -> str:
    if measurement.value is None:
        return f"{measurement.metric} not measured: {measurement.why}"
    past = ">" if measurement.direction == "lower" else "<"
    unit = "" if measurement.unit == "1" else f" {measurement.unit}"
    return f"{measurement.metric} {measurement.value:.4g}{unit} {past} limit {measurement.limit:.4g}{unit}"


def _damage(log: Log) -> str:
    states = {"position": log.position, "velocity": log.velocity, "attitude": log.attitude, "set-point": log.reference}
    for what, values in states.items():
        bad = sum(not all(map(math.isfinite, row)) for row in values.tolist())
        if bad:
            return f"{what} is missing or infinite in {bad} of {len(log)} rows"
    return "a value it needs is missing or infinite"
