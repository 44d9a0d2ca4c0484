"""What was claimed of variants of training, held against what a few seeds of each gave here.

That one is better than others holds where every seed says so, does not hold where the medians contradict it, and is
open between. Three seeds are few: "holds" says that they agree, not how sure that makes it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from hil_controllers.training.studies.frame import table

Seeds = np.ndarray  # one value for each seed, (seeds,); inf: never
HOLDS, OPEN, FAILS = "**holds**", "**open**: seeds overlap", "**does not hold**"


class Claim(NamedTuple):
    """What is claimed, and how figures by variant are judged: one of `HOLDS`, `OPEN`, `FAILS`, and what says so."""

    words: str
    figure: str
    judge: Callable[[Mapping[str, Seeds]], tuple[str, str]]


def more(one: str, others: Sequence[str]) -> Callable[[Mapping[str, Seeds]], tuple[str, str]]:
    """`one` has more than each of the others."""
    return lambda figures: _ordered(figures, one, others, sign=1.0)


def fewer(one: str, others: Sequence[str]) -> Callable[[Mapping[str, Seeds]], tuple[str, str]]:
    """`one` has less than each of the others."""
    return lambda figures: _ordered(figures, one, others, sign=-1.0)


def alike(names: Sequence[str], within: float) -> Callable[[Mapping[str, Seeds]], tuple[str, str]]:
    """The least median is below the greatest, which is positive, by no more than a share `within` of it."""

    def judge(figures: Mapping[str, Seeds]) -> tuple[str, str]:
        medians = [float(np.median(figures[name])) for name in names]
        near = 0.0 < max(medians) < np.inf and max(medians) - min(medians) <= within * max(medians)
        return HOLDS if near else FAILS, _said(figures, names)

    return judge


def judged(claims: Sequence[Claim], figures: Mapping[str, Mapping[str, Seeds]]) -> str:
    """A row for each claim; `figures` by the figure's name, then by variant."""
    rows = [[claim.words, *claim.judge(figures[claim.figure]), claim.figure] for claim in claims]
    return table(["claimed", "here", "medians (range)", "of"], rows)


def _ordered(figures: Mapping[str, Seeds], one: str, others: Sequence[str], sign: float) -> tuple[str, str]:
    mine, rest = sign * figures[one], [sign * figures[name] for name in others]
    if any(np.median(mine) <= np.median(other) for other in rest):
        word = FAILS
    else:
        word = HOLDS if all(mine.min() > other.max() for other in rest) else OPEN
    return word, _said(figures, [one, *others])


def _said(figures: Mapping[str, Seeds], names: Sequence[str]) -> str:
    return "; ".join(f"`{name}` {_number(np.median(figures[name]))} ({_range(figures[name])})" for name in names)


def _range(seeds: Seeds) -> str:
    return f"{_number(seeds.min())} to {_number(seeds.max())}"


def _number(value: float) -> str:
    return "never" if np.isinf(value) else f"{value:.0f}"
