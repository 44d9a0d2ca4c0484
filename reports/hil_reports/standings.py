"""Who is better where: controllers compared pair by pair over flights with the same seeds.

In one condition A is better than B where the 95 % interval of the paired difference excludes zero: of the share of
flights flown to the end; or, where that does not tell them apart, of the condition's metric over the pairs that both
flew to the end. Else there is no clear difference. By the metric nobody is better over fewer than PAIRS_MIN pairs: a
bootstrap of few is too narrow, and of equals it would tell three pairs apart in a third of all cases. Intervals are of
each comparison alone, not corrected for how many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

from hil.suite.results import Condition, FlightFigures, PointResult, SuiteResults
from hil_reports.statistics import (
    Estimate,
    mean_over_repeats,
    paired_difference,
    paired_difference_of_shares,
    pass_rate,
)

Side = Literal["a", "b", ""]
PAIRS_MIN = 15  # fewer do not tell by a metric


@dataclass(frozen=True, slots=True)
class Standing:
    """One controller in one condition."""

    mean: Estimate | None  # of the condition's metric, over flights flown to the end
    survived: Estimate | None  # share of those
    error: str  # why nothing was flown

    @property
    def lost(self) -> bool:
        """Whether some flight was cut short."""
        return self.survived is not None and self.survived.value < 1.0


@dataclass(frozen=True, slots=True)
class Duel:
    """Two controllers in one condition; differences are B − A."""

    a: str
    b: str
    pairs: int  # that both flew to the end
    difference: Estimate | None  # of the condition's metric
    survival: Estimate | None  # of the share flown to the end
    better: Side  # "": no clear difference
    by: Literal["survival", "metric", ""]  # what tells
    untold: Literal["few", "not flown", ""] = ""  # why nothing can: fewer pairs than PAIRS_MIN, or one of them broke

    @property
    def winner(self) -> str:
        """Name of the better one, or empty."""
        return {"a": self.a, "b": self.b, "": ""}[self.better]


def clear(estimate: Estimate | None, direction: str) -> Side:
    """Which side a difference B − A speaks for: none unless its interval excludes zero."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    if not (estimate.low > 0.0 or estimate.high < 0.0):
        return ""
    return "b" if (estimate.low > 0.0) == (direction == "higher") else "a"


def standing(result: PointResult, metric: str) -> Standing:
    """How one controller did."""
    values = [flight.metrics[metric] for flight in result.flights if _counts(flight, metric)]
    return Standing(
        mean=mean_over_repeats(values) if values else None,
        survived=pass_rate(sum(not flight.aborted for flight in result.flights), len(result.flights))
        if result.flights
        else None,
        error=result.error,
    )


def duel(a: str, b: str, of_a: PointResult, of_b: PointResult, *, metric: str, direction: str) -> Duel:
    """Which of two controllers is better in one condition, over flights with the same repeat."""
    others = {flight.repeat: flight for flight in of_b.flights}
    pairs = [(flight, others[flight.repeat]) for flight in of_a.flights if flight.repeat in others]
    both = [(x.metrics[metric], y.metrics[metric]) for x, y in pairs if _counts(x, metric) and _counts(y, metric)]
    kept = [(not x.aborted, not y.aborted) for x, y in pairs]
    survival = paired_difference_of_shares([a for a, _ in kept], [b for _, b in kept]) if kept else None
    difference = paired_difference([a for a, _ in both], [b for _, b in both]) if both else None
    if of_a.error or of_b.error:
        return Duel(a, b, len(both), difference, survival, "", "", "not flown")
    if side := clear(survival, "higher"):
        return Duel(a, b, len(both), difference, survival, side, "survival")
    if len(both) < PAIRS_MIN:
        return Duel(a, b, len(both), difference, survival, "", "", "few")
    side = clear(difference, direction)
    return Duel(a, b, len(both), difference, survival, side, "metric" if side else "")


@dataclass(frozen=True)
class Row:
    """One condition: every controller, and every pair."""

    condition: Condition
    standings: dict[str, Standing]
    duels: tuple[Duel, ...]
    again: bool  # the same metric of the same flights as an earlier row: not counted again

    @property
    def flown(self) -> bool:
        """Whether anybody flew."""
        return any(one.survived is not None for one in self.standings.values())

    @cached_property
    def unbeaten(self) -> tuple[str, ...]:
        """Controllers that flew to the end at least once, and that none is better than."""
        beaten = {{"a": duel.b, "b": duel.a, "": ""}[duel.better] for duel in self.duels}
        return tuple(name for name, one in self.standings.items() if one.mean is not None and name not in beaten)


@dataclass(frozen=True)
class Standings:
    """Every condition of a suite."""

    controllers: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def counted(self) -> tuple[Row, ...]:
        """Conditions that differ from one another and in which somebody flew."""
        return tuple(row for row in self.rows if row.flown and not row.again)

    def duels(self, a: str, b: str) -> list[tuple[Condition, Duel]]:
        """The two in every counted condition, always with `a` as A."""
        return [
            (row.condition, _as_a(duel, a)) for row in self.counted for duel in row.duels if {duel.a, duel.b} == {a, b}
        ]

    def wins(self, a: str, b: str) -> int:
        """Conditions in which `a` is better than `b`."""
        return sum(duel.winner == a for _, duel in self.duels(a, b))

    def unbeaten(self, name: str) -> int:
        """Conditions in which nobody is better than this one."""
        return sum(name in row.unbeaten for row in self.counted)


def standings(results: SuiteResults) -> Standings:
    """Every controller in every condition, and every pair of them."""
    names = tuple(controller.name for controller in results.controllers)
    rows = []
    for at, (condition, of) in enumerate(zip(results.conditions, results.results, strict=True)):
        by_name = dict(zip(names, of, strict=True))
        known = list(zip((before.metric for before in results.conditions[:at]), results.results[:at], strict=True))
        rows.append(
            Row(
                condition,
                {name: standing(result, condition.metric) for name, result in by_name.items()},
                tuple(
                    duel(a, b, by_name[a], by_name[b], metric=condition.metric, direction=condition.direction)
                    for a, b in combinations(names, 2)
                ),
                again=(condition.metric, of) in known,
            )
        )
    return Standings(names, tuple(rows))


def over_conditions(results: SuiteResults, paper: str, metric: str) -> dict[str, PointResult]:
    """Each controller's flights of all conditions of one column of the paper's table, as flights of one condition.

    Flight k is the mean of `metric` over flight k of each of these conditions, flown to the end if all are.
    """
    chosen = [of for condition, of in zip(results.conditions, results.results, strict=True) if condition.paper == paper]
    return {
        controller.name: _mean_of([of[index] for of in chosen], metric)
        for index, controller in enumerate(results.controllers)
    }


def _mean_of(parts: Sequence[PointResult], metric: str) -> PointResult:
    errors = [part.error for part in parts if part.error]
    if errors or not parts:
        return PointResult(flights=(), error=errors[0] if errors else "not part of this suite")
    together = zip(*(part.flights for part in parts), strict=False)
    return PointResult(flights=tuple(_mean_flight(flights, metric) for flights in together))


def _mean_flight(flights: Sequence[FlightFigures], metric: str) -> FlightFigures:
    aborted = next((flight.aborted for flight in flights if flight.aborted), "")
    values = [flight.metrics[metric] for flight in flights if metric in flight.metrics]
    mean = {metric: sum(values) / len(values)} if len(values) == len(flights) else {}
    return FlightFigures(repeat=flights[0].repeat, seed=flights[0].seed, aborted=aborted, metrics=mean)


def _as_a(one: Duel, a: str) -> Duel:
    if one.a == a:
        return one
    side: Side = {"a": "b", "b": "a", "": ""}[one.better]  # type: ignore[assignment]
    return Duel(one.b, one.a, one.pairs, _negated(one.difference), _negated(one.survival), side, one.by, one.untold)


def _negated(estimate: Estimate | None) -> Estimate | None:
    if estimate is None:
        return None
    low = None if estimate.high is None else -estimate.high
    high = None if estimate.low is None else -estimate.low
    return Estimate(estimate.n, -estimate.value, low, high, estimate.method)


def _counts(flight: FlightFigures, metric: str) -> bool:
    return not flight.aborted and metric in flight.metrics
