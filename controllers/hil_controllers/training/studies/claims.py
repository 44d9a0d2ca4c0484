"""What is claimed of variants of training, held against what a few seeds of each gave here.

That one is better than others holds where every seed says so, does not hold where the medians contradict it, and is
open between. Three seeds are few: "holds" says that they agree, not how sure that makes it. Where nothing got so far
that it could be compared, the claim is not tested.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from hil_controllers.training.studies.frame import table

Seeds = np.ndarray  # one value for each seed, (seeds,); inf: never
Figures = Mapping[str, Seeds]  # one figure, by variant
Judge = Callable[[Figures], str]
HOLDS, OPEN, FAILS, UNTESTED = "**holds**", "**open**", "**does not hold**", "**not tested**"


class Claim(NamedTuple):
    """What is claimed, the figure it is about, and how that is judged: one of `HOLDS`, `OPEN`, `FAILS`, `UNTESTED`."""

    words: str
    figure: str
    variants: Sequence[str]
    judge: Judge


def more(words: str, figure: str, one: str, others: Sequence[str]) -> Claim:
    """`one` has more than each of the others."""
    return Claim(words, figure, (one, *others), lambda figures: _ordered(figures, one, others, sign=1.0))


def fewer(words: str, figure: str, one: str, others: Sequence[str]) -> Claim:
    """`one` has less than each of the others."""
    return Claim(words, figure, (one, *others), lambda figures: _ordered(figures, one, others, sign=-1.0))


def alike(words: str, figure: str, variants: Sequence[str], *, within: float, least: float) -> Claim:
    """None is below the greatest by more than a share `within` of it; not tested if the greatest is below `least`."""

    def near(values: Sequence[float]) -> bool:
        return max(values) - min(values) <= within * max(values)

    def judge(figures: Figures) -> str:
        medians = [float(np.median(figures[name])) for name in variants]
        if max(medians) < least:
            return UNTESTED
        if not near(medians):
            return FAILS
        return HOLDS if near([float(value) for name in variants for value in figures[name]]) else OPEN

    return Claim(words, figure, variants, judge)


def judged(claims: Sequence[Claim], views: Mapping[str, Mapping[str, Figures]]) -> str:
    """A row for each claim, and a column for each of the views of the same trainings; figures by their name."""
    rows = []
    for claim in claims:
        seen = [view.get(claim.figure) for view in views.values()]
        rows.append(
            [claim.words, *(f"{claim.judge(one)}: {_said(one, claim.variants)}" if one else "" for one in seen)]
        )
    return table(["claimed", *views], rows)


def _ordered(figures: Figures, one: str, others: Sequence[str], sign: float) -> str:
    mine, rest = sign * figures[one], [sign * figures[name] for name in others]
    medians = [float(np.median(other)) for other in rest]
    if all(np.isinf(median) for median in (np.median(mine), *medians)):
        return UNTESTED
    if any(np.median(mine) < median for median in medians):
        return FAILS
    return HOLDS if all(mine.min() > other.max() for other in rest) else OPEN


def _said(figures: Figures, names: Sequence[str]) -> str:
    return "; ".join(f"`{name}` {_number(np.median(figures[name]))}{_range(figures[name])}" for name in names)


def _range(seeds: Seeds) -> str:
    least, most = _number(seeds.min()), _number(seeds.max())
    return "" if least == most else f" ({least} to {most})"


def _number(value: float) -> str:
    return "never" if np.isinf(value) else f"{value:.0f}"
