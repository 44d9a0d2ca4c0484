"""Where did two groups of flights part? First instant, signal by signal, at which they differ by more than chance.

A group is the repeats of one scenario on one target with one controller. With D the difference B − A at one instant:

    pairs       both groups flew the same seeds, 3 or more: |mean D| > max(floor, t s), s the standard deviation of D
                over the pairs: no difference at all lies outside the 95 % spread of the paired differences
    groups      3 or more repeats each, other seeds: |mean B − mean A| > max(floor, t √(s_A² + s_B²)), the same for
                the difference between any flight of B and any of A
    one against many   3 or more repeats on one side only, such as one real flight against simulated repeats: the
                flight alone lies further from the repeats' mean than max(floor, t s √(1 + 1/n)), s theirs
    threshold   fewer on both sides: no spread is known, so a fixed threshold per signal, `align.SIGNALS`

t is Student's 97.5 % quantile with (repeats − 1) degrees of freedom, of the smaller group whose spread is used; s
takes all components together. It must stay so for 50 ms, which one odd sample does not. This is a cautious test:
groups that differ by chance alone practically never part; a shift smaller than the spread is left to the intervals of
the paired metrics.

A metric is compared only where both groups give it over the same span of time. The published NanoBench error of a
recorded flight, say, includes a take-off that a simulated flight does not have: such a metric is listed, not compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.core.errors import BadInput
from hil.log import COLUMNS, TIMING_COLUMNS, Log
from hil_reports.align import SIGNALS, Signal, centre, common_times, difference, resample
from hil_reports.metrics.catalogue import every_metric
from hil_reports.metrics.metric import Metric
from hil_reports.metrics.windows import NotMeasurable
from hil_reports.statistics import (
    REPEATS_MIN,
    Estimate,
    difference_of_means,
    mean_over_repeats,
    paired_difference,
)

DWELL_S = 0.05
SPAN_S = 0.1  # metrics compare if their spans begin and end within this: ten ticks at 100 Hz, gaps of a radio included

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Divergence:
    """When one signal of the two groups parted; `t_s` None: it did not, or was not recorded (see `basis`)."""

    signal: str
    t_s: float | None
    a: tuple[float, ...]  # mean of group A at t_s, in the order of the signal's columns; empty when t_s is None
    b: tuple[float, ...]
    distance: float | None  # |B − A| at t_s, in `unit`
    threshold: float | None  # what it exceeded at t_s; where it never did, the greatest one
    unit: str
    basis: str  # how the threshold came about, in words


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """One signal of both groups on one time base, to draw. n rows, k columns."""

    signal: Signal
    t_s: Values  # (n,)
    a: Values  # (n, k) mean of group A
    b: Values  # (n, k)
    distance: Values  # (n,) |B − A|
    threshold: Values  # (n,)


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """One metric over both groups. `difference` is B − A, flight by flight where the seeds pair up."""

    metric: str
    unit: str
    direction: str
    a: Estimate
    b: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A metric that the groups give over different spans, as a replay with take-off and a simulated flight without."""

    metric: str
    unit: str
    a_span_s: tuple[float, float]  # what every flight of group A has of the metric's window
    b_span_s: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What two groups of flights of one scenario have in common, and where they part."""

    scenario: str
    a: str  # "target, controller" of each group
    b: str
    flights: tuple[int, int]
    paired: bool
    span_s: tuple[float, float]  # what was compared: the span all flights cover
    note: str  # why the span is shorter than planned; empty when it is not
    identical: bool  # every row of every pair equal to the bit, timing columns aside
    divergences: tuple[Divergence, ...]  # earliest first, then those that never parted
    overlays: tuple[Overlay, ...]
    metrics: tuple[MetricDifference, ...]  # those that every flight of both groups gives, over the same span
    not_compared: tuple[NotCompared, ...]
    mind: tuple[str, ...]  # what else may have made them differ, in sentences


def compare(a: Sequence[Log], b: Sequence[Log], *, dwell_s: float = DWELL_S, mind: Sequence[str] = ()) -> Comparison:
    """Where groups `a` and `b` part; `mind` is handed on.

    Raises BadInput when they are not flights of one scenario, or share no time.
    """
    scenario = _check(a, b)
    paired, a, b = _pair_up(a, b)
    times = common_times([*a, *b])
    metrics, not_compared = _metric_differences(a, b, paired)
    divergences, overlays = [], []
    for signal in SIGNALS:
        flown_a = np.stack([resample(log, signal, times) for log in a])
        flown_b = np.stack([resample(log, signal, times) for log in b])
        absent = [name for name, flown in (("A", flown_a), ("B", flown_b)) if np.isnan(flown).all(axis=(1, 2)).any()]
        if absent:
            missing = f"not recorded in {' and '.join(absent)}"
            divergences.append(Divergence(signal.name, None, (), (), None, None, signal.unit, missing))
            continue
        distance, threshold, basis = _distance(signal, flown_a, flown_b, paired)
        overlay = Overlay(signal, times, centre(signal, flown_a), centre(signal, flown_b), distance, threshold)
        overlays.append(overlay)
        divergences.append(_first(overlay, basis, dwell_s))
    return Comparison(
        scenario=scenario,
        a=_label(a[0]),
        b=_label(b[0]),
        flights=(len(a), len(b)),
        paired=paired,
        span_s=(float(times[0]), float(times[-1])),
        note=_shortened([*a, *b], float(times[-1])),
        identical=paired and all(_same_rows(x, y) for x, y in zip(a, b, strict=True)),
        divergences=tuple(sorted(divergences, key=lambda d: np.inf if d.t_s is None else d.t_s)),
        overlays=tuple(overlays),
        metrics=tuple(metrics),
        not_compared=tuple(not_compared),
        mind=tuple(mind),
    )


def _check(a: Sequence[Log], b: Sequence[Log]) -> str:
    for name, group in (("A", a), ("B", b)):
        if not group:
            raise BadInput(f"group {name} has no flights")
        for what in ("scenario", "target", "controller", "vehicle"):
            found = sorted({str(getattr(log.info, what)) for log in group})
            if len(found) > 1:
                raise BadInput(
                    f"group {name} mixes {what}s: {', '.join(found)}", hint="compare repeats of one flight at a time"
                )
    if a[0].info.scenario != b[0].info.scenario:
        raise BadInput(
            f"A flew scenario {a[0].info.scenario!r}, B {b[0].info.scenario!r}: only flights of one scenario compare"
        )
    return a[0].info.scenario


def _pair_up(a: Sequence[Log], b: Sequence[Log]) -> tuple[bool, list[Log], list[Log]]:
    """Whether the flights pair by seed and repeat, and both groups in matching order if so."""
    by_a, by_b = ({(log.info.seed, log.info.repeat): log for log in group} for group in (a, b))
    if len(by_a) < len(a) or len(by_b) < len(b) or by_a.keys() != by_b.keys():
        return False, list(a), list(b)
    return True, [by_a[key] for key in sorted(by_a)], [by_b[key] for key in sorted(by_a)]


def _distance(signal: Signal, a: Values, b: Values, paired: bool) -> tuple[Values, Values, str]:
    """|B − A|, (n,); the threshold, (n,); and how it came about. `a`, `b`: (repeats, n, k)."""
    fewest, most = sorted((len(a), len(b)))
    floor = f"at least {signal.floor:.2g}{'' if signal.unit == '1' else ' ' + signal.unit}"
    if paired and fewest >= REPEATS_MIN:
        apart = difference(signal, a, b)
        middle = np.mean(apart, axis=0)
        spread = _deviation(apart - middle)
        basis = f"95 % spread of {fewest} paired differences, {floor}"
        return _norm(middle), np.maximum(signal.floor, _student(fewest - 1) * spread), basis
    middle_a, middle_b = centre(signal, a), centre(signal, b)
    distance = _norm(difference(signal, middle_a, middle_b))
    if most < REPEATS_MIN:
        basis = f"fixed threshold: fewer than {REPEATS_MIN} repeats, so no spread is known"
        return distance, np.full(len(distance), signal.threshold), basis
    deviation_a = _deviation(difference(signal, middle_a[None], a)) if len(a) >= REPEATS_MIN else None
    deviation_b = _deviation(difference(signal, middle_b[None], b)) if len(b) >= REPEATS_MIN else None
    if deviation_a is not None and deviation_b is not None:
        spread, freedom = np.sqrt(deviation_a**2 + deviation_b**2), fewest - 1
        basis = f"95 % spread of {len(a)} and {len(b)} repeats, {floor}"
    else:
        known = deviation_a if deviation_a is not None else deviation_b
        assert known is not None
        spread, freedom = known * np.sqrt(1 + 1 / most), most - 1
        basis = f"95 % spread of the {most} repeats of {'A' if deviation_a is not None else 'B'}, {floor}"
    return distance, np.maximum(signal.floor, _student(freedom) * spread), basis


def _first(overlay: Overlay, basis: str, dwell_s: float) -> Divergence:
    signal, times = overlay.signal, overlay.t_s
    edges = np.diff(np.concatenate([[0], (overlay.distance > overlay.threshold).astype(np.int8), [0]]))
    for begin, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        if times[end - 1] - times[begin] >= dwell_s - 1e-9:
            at_a, at_b = (tuple(float(x) for x in group[begin]) for group in (overlay.a, overlay.b))
            distance, threshold = float(overlay.distance[begin]), float(overlay.threshold[begin])
            return Divergence(signal.name, float(times[begin]), at_a, at_b, distance, threshold, signal.unit, basis)
    known = overlay.threshold[np.isfinite(overlay.threshold)]
    limit = float(np.max(known)) if len(known) else None
    return Divergence(signal.name, None, (), (), None, limit, signal.unit, basis)


def _metric_differences(
    a: Sequence[Log], b: Sequence[Log], paired: bool
) -> tuple[list[MetricDifference], list[NotCompared]]:
    differences, elsewhere = [], []
    for metric in every_metric():
        values_a, values_b = _values(metric, a), _values(metric, b)
        if values_a is None or values_b is None:
            continue
        span_a, span_b = _span_s(metric, a), _span_s(metric, b)
        if not metric.any_span and np.abs(np.subtract(span_a, span_b)).max() > SPAN_S:
            elsewhere.append(NotCompared(metric.name, metric.unit, span_a, span_b))
            continue
        apart = paired_difference(values_a, values_b) if paired else difference_of_means(values_a, values_b)
        estimates = mean_over_repeats(values_a), mean_over_repeats(values_b), apart
        differences.append(MetricDifference(metric.name, metric.unit, metric.direction, *estimates))
    return differences, elsewhere


def _span_s(metric: Metric, group: Sequence[Log]) -> tuple[float, float]:
    """The part of the metric's window that every flight of the group has, s."""
    rows = [metric.window.cut(log)["t_s"] for log in group]
    return max(float(t_s[0]) for t_s in rows), min(float(t_s[-1]) for t_s in rows)


def _values(metric: Metric, group: Sequence[Log]) -> list[float] | None:
    try:
        values = [metric(log) for log in group]
    except NotMeasurable:
        return None
    return values if np.isfinite(values).all() else None


def _same_rows(a: Log, b: Log) -> bool:
    columns = [name for name in COLUMNS if name not in TIMING_COLUMNS]
    return len(a) == len(b) and all(np.array_equal(a[name], b[name], equal_nan=True) for name in columns)


def _shortened(logs: Sequence[Log], end_s: float) -> str:
    first = min(logs, key=lambda log: float(log["t_s"][-1]))
    if end_s >= first.info.planned_duration_s - 0.1:
        return ""
    why = f": {first.aborted.text}" if first.aborted else ""
    return f"only up to {end_s:g} s, where {_label(first)}, repeat {first.info.repeat} ends{why}"


def _label(log: Log) -> str:
    return f"{log.info.target}, {log.info.controller}"


def _norm(vectors: Values) -> Values:
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def _deviation(around: Values) -> Values:
    """Standard deviation of all components together, from differences to the mean, (repeats, n, k) to (n,)."""
    return np.asarray(np.sqrt(np.sum(around**2, axis=(0, 2)) / (len(around) - 1)))


def _student(freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, freedom))
