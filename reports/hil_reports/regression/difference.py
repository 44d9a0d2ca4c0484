"""Are flights as good as their reference? Number by number: the same within tolerance, better, or worse.

Two things are compared: which flights passed and which went to their end, and of those that did, mean and worst of each
metric. Better is no failure: it is reported, so that the reference can be refreshed. A reference may say that flights
fail; that the same ones still do is the same, that they pass now is better.

Flights of one seed are the same flight, so each repeat is held against itself: one that passed, or went to its end, and
no longer does is worse, whichever others now do. Metrics are therefore compared over the flights of the reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hil.core.errors import BadInput
from hil_reports.metrics.catalogue import find
from hil_reports.regression.reference import Over, Result
from hil_reports.regression.tolerances import FILE, Tolerance


class Verdict(StrEnum):
    """How a result stands to its reference."""

    SAME = "SAME"
    BETTER = "BETTER"
    WORSE = "WORSE"


@dataclass(frozen=True, slots=True)
class Row:
    """One number beside its reference; None where flights cannot give it."""

    quantity: str  # `position_error_mean_m, worst`
    unit: str
    old: float | None
    new: float | None
    tolerance: float | None  # in `unit`; None where one of the two is missing
    verdict: Verdict
    rationale: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All numbers beside their reference, and what is wrong that no number shows."""

    rows: tuple[Row, ...]
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """WORSE if anything is, else BETTER if anything is."""
        verdicts = {row.verdict for row in self.rows}
        if self.faults or Verdict.WORSE in verdicts:
            return Verdict.WORSE
        return Verdict.BETTER if Verdict.BETTER in verdicts else Verdict.SAME

    @property
    def notable(self) -> tuple[Row, ...]:
        """The rows beyond tolerance, worse ones first."""
        return tuple(row for verdict in (Verdict.WORSE, Verdict.BETTER) for row in self.rows if row.verdict is verdict)


def compare(
    old: Result,
    new: Result,
    tolerances: Mapping[str, Tolerance],
    *,
    repeatable: bool = True,
    of_old: Mapping[str, Over | None] | None = None,
) -> Difference:
    """`new` beside its reference `old`; `repeatable`: flights of one seed were alike. Raises BadInput.

    `of_old`: metrics of today over the repeats that went to their end in the reference; None: those of `new`.
    """
    rows, notes = list[Row](), list[str]()
    metrics = new.metrics if of_old is None else of_old
    if new.repeats == old.repeats:
        rows.append(_flights("flights passed", old.passed, new.passed))
        rows.append(_flights("flights finished", old.finished, new.finished))
    else:
        notes.append(f"{new.repeats} flights, {old.repeats} in the reference")
    if new.controller_hash != old.controller_hash:
        notes.append(f"the network is another: {new.controller_hash or 'none'}, was {old.controller_hash or 'none'}")
    if old.finished & {*new.aborted}:
        notes.append("metrics are not compared: flights that went to their end in the reference no longer do")
    else:
        if new.finished & {*old.aborted}:
            notes.append("metrics are compared over the flights that went to their end in the reference")
        for name in [name for name in old.metrics if name in metrics]:
            rows += _metric(name, old.metrics[name], metrics[name], tolerances)
        if other := sorted(old.metrics.keys() ^ metrics.keys()):
            notes.append(f"not both in the reference and compared today: {', '.join(other)}")
    return Difference(tuple(rows), tuple(_faults(old, new, repeatable)), tuple(notes))


def _flights(quantity: str, old: frozenset[int], new: frozenset[int]) -> Row:
    no_longer, now = sorted(old - new), sorted(new - old)
    told = [f"{words} {', '.join(map(str, which))}" for words, which in (("not", no_longer), ("now", now)) if which]
    verdict = Verdict.WORSE if no_longer else Verdict.BETTER if now else Verdict.SAME
    name = f"{quantity} ({'; '.join(told)})" if told else quantity
    return Row(name, "1", len(old), len(new), 0.0, verdict, "flights of one seed are the same flight")


def _metric(name: str, old: Over | None, new: Over | None, tolerances: Mapping[str, Tolerance]) -> list[Row]:
    metric = find(name)
    if name not in tolerances:
        raise BadInput(f"{FILE} has no tolerance for {name}", hint="hil refresh adds the usual one")
    tolerance = tolerances[name]
    if old is None or new is None:
        verdict = Verdict.SAME if old is new else Verdict.WORSE if new is None else Verdict.BETTER
        before, after = (None if over is None else over.mean for over in (old, new))
        rationale = "what flights gave they are to give"
        return [Row(f"{name}, mean", metric.unit, before, after, None, verdict, rationale)]
    rows = []
    for quantity in ("mean", "worst"):
        reference, now = getattr(old, quantity), getattr(new, quantity)
        allowed = tolerance.at(reference)
        verdict = _verdict(reference, now, allowed, metric.direction)
        rows.append(Row(f"{name}, {quantity}", metric.unit, reference, now, allowed, verdict, tolerance.rationale))
    return rows


def _verdict(old: float, new: float, tolerance: float, direction: str) -> Verdict:
    worse_by = new - old if direction == "lower" else old - new
    if abs(worse_by) <= tolerance:
        return Verdict.SAME
    return Verdict.WORSE if worse_by > 0 else Verdict.BETTER


def _faults(old: Result, new: Result, repeatable: bool) -> list[str]:
    faults = []
    if not repeatable:
        faults.append("two flights of one seed differ: something is drawn by another chance than the seed's")
    if _seeds_matter(old) and not _seeds_matter(new) and any(new.metrics.values()):
        faults.append("flights of all seeds are alike, those of the reference are not: the seed has no effect")
    return faults


def _seeds_matter(result: Result) -> bool:
    return any(over is not None and over.mean != over.worst for over in result.metrics.values())
