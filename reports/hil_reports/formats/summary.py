"""What the repeats of a group say together; every format prints this and nothing else."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from hil.core.outcome import Measurement, Outcome
from hil_reports.criteria import measure_all
from hil_reports.gather import Flight, Group, ReportData
from hil_reports.statistics import Estimate, mean_over_repeats, pass_rate

NAMED_MAX = 3  # a headline names so many scenarios and counts the rest


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric over the repeats of a group. `values` and `passed` follow the group's flights; None: not measured."""

    metric: str
    unit: str
    direction: str
    limit: float | None
    limit_applied: str
    rationale: str
    window: str
    why: str  # why some flight has no value
    values: tuple[float | None, ...]
    passed: tuple[bool | None, ...]
    mean: Estimate | None  # over finished flights: an aborted one measured only its beginning
    worst: float | None  # of any flight

    @property
    def met(self) -> bool:
        """Every flight that was judged on it passed."""
        return all(ok is not False for ok in self.passed)


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """One group's verdict."""

    group: Group
    outcome: Outcome  # the worst of its flights
    passed: int
    pass_rate: Estimate
    criteria: tuple[MetricSummary, ...]  # what something was required of, as judged when it was flown
    metrics: tuple[MetricSummary, ...]  # everything else these logs can tell, without limits

    @property
    def flights(self) -> int:
        """Repeats, finished or not."""
        return len(self.group.flights)


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole report in numbers."""

    data: ReportData
    groups: tuple[GroupSummary, ...]
    outcome: Outcome  # the worst of all flights

    @property
    def counts(self) -> dict[str, int]:
        """Flights per outcome, all four always there."""
        seen = Counter(flight.result.outcome for flight in self.data.flights)
        return {outcome.value: seen[outcome] for outcome in Outcome}

    @property
    def headline(self) -> str:
        """What was flown and how it went, in two sentences."""
        counts = self.counts
        total = sum(counts.values())
        words = {"FAIL": "failed", "ABORTED": "aborted", "ERROR": "ended in an error of the bench"}
        rest = [f"{counts[name]} {word}" for name, word in words.items() if counts[name]]
        went = f"{counts['PASS']} of {total} flights passed" + (f"; {', '.join(rest)}" if rest else "")
        simulated = sum(flight.log.info.simulated for flight in self.data.flights)
        parts = [f"{simulated} simulated"] * (simulated > 0) + [f"{total - simulated} real"] * (total > simulated)
        setups = len({group.setup for group in self.data.groups})
        names = list(self.data.by_scenario())
        tasks = ", ".join(names[:NAMED_MAX])
        if len(names) > NAMED_MAX:
            tasks = f"{len(names)} scenarios ({tasks} and {len(names) - NAMED_MAX} more)"
        return f"{went}. Flown: {tasks}, with {setups} setup{'s' * (setups != 1)}; {' and '.join(parts)}."


def summarise(data: ReportData) -> Summary:
    """Every group's verdict and metrics; there is at least one flight."""
    groups = tuple(_group(group) for group in data.groups)
    return Summary(data, groups, worst_outcome([flight.result.outcome for flight in data.flights]))


def worst_outcome(outcomes: Sequence[Outcome]) -> Outcome:
    """The one that decides an exit code."""
    return max(outcomes, key=lambda outcome: outcome.exit_code)


def flight_label(flight: Flight) -> str:
    """What tells this flight from its repeats."""
    source = f", {flight.log.info.source}" if flight.log.info.source else ""
    return f"repeat {flight.result.repeat}, seed {flight.result.seed}{source}"


def _group(group: Group) -> GroupSummary:
    outcomes = [flight.result.outcome for flight in group.flights]
    passed = outcomes.count(Outcome.PASS)
    judged = [flight.result.measurements for flight in group.flights]
    criteria = _metrics(group, [[m for m in found if m.limit is not None] for found in judged])
    metrics = _metrics(group, [_unjudged(flight) for flight in group.flights])
    return GroupSummary(group, worst_outcome(outcomes), passed, pass_rate(passed, len(outcomes)), criteria, metrics)


def _unjudged(flight: Flight) -> list[Measurement]:
    """What the verdict states without a limit, then every other metric of the log."""
    stated = [m for m in flight.result.measurements if m.limit is None]
    names = {m.metric for m in stated}
    return stated + [m for m in measure_all(flight.log) if m.metric not in names]


def _metrics(group: Group, per_flight: Sequence[Sequence[Measurement]]) -> tuple[MetricSummary, ...]:
    keyed = [_keyed(measurements) for measurements in per_flight]
    keys = dict.fromkeys(key for one in keyed for key in one)
    finished = [flight.result.outcome.is_verdict for flight in group.flights]
    return tuple(_metric([one.get(key) for one in keyed], finished) for key in keys)


def _keyed(measurements: Sequence[Measurement]) -> dict[tuple[object, ...], Measurement]:
    """Same metric and limit: the same line of the table. A metric asked for twice stays two lines."""
    keyed: dict[tuple[object, ...], Measurement] = {}
    seen: Counter[tuple[object, ...]] = Counter()
    for measurement in measurements:
        base = (measurement.metric, measurement.limit, measurement.limit_applied)
        keyed[(*base, seen[base])] = measurement
        seen[base] += 1
    return keyed


def _finite(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _metric(found: Sequence[Measurement | None], finished: Sequence[bool]) -> MetricSummary:
    present = [m for m in found if m is not None]
    first = present[0]
    windows = {m.window for m in present}
    pairs = zip(found, finished, strict=True)
    averaged = [m.value for m, done in pairs if m is not None and _finite(m.value) and done]
    known = [m.value for m in present if _finite(m.value)]
    return MetricSummary(
        metric=first.metric,
        unit=first.unit,
        direction=first.direction,
        limit=first.limit,
        limit_applied=first.limit_applied,
        rationale=first.rationale,
        window=first.window if len(windows) == 1 else "differs between flights",
        why="; ".join(dict.fromkeys(m.why for m in present if m.why)),
        values=tuple(m.value if m is not None and _finite(m.value) else None for m in found),
        passed=tuple(None if m is None else m.passed for m in found),
        mean=mean_over_repeats(averaged) if averaged else None,
        worst=(min if first.direction == "higher" else max)(known, default=None),
    )
