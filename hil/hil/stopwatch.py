"""How long calls take that are to be compared: in turn, in rounds, so that a busy machine slows them alike.

Figures are medians of the rounds. Between machines compare ratios within one run, not the absolute numbers.
"""

import os
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key")
Told = Callable[[int, int], None]  # done, total


def ignore(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """One call, over the rounds."""

    median: float
    low: float  # quartiles
    high: float

    @property
    def quartiles(self) -> tuple[float, float]:
        """Half of the rounds lie between."""
        return self.low, self.high


def in_turn(
    cases: Mapping[Key, Callable[[], object]],
    *,
    rounds: int,
    clock: Callable[[], float],
    round_s: float = 0.0,
    told: Told = ignore,
) -> dict[Key, Seconds]:
    """Seconds by `clock` of one call of each case. In a round a case is called once, or for about `round_s`."""
    calls = {key: _calls(call, round_s, clock) for key, call in cases.items()}
    times: dict[Key, list[float]] = {key: [] for key in cases}
    for round_ in range(rounds):
        for place, (key, call) in enumerate(cases.items(), start=1):
            times[key].append(_seconds(call, calls[key], clock))
            told(round_ * len(cases) + place, rounds * len(cases))
    return {key: _over_rounds(seconds) for key, seconds in times.items()}


@contextmanager
def one_core() -> Iterator[int | None]:
    """Keep this thread, and those it starts, on one core meanwhile; gives its number, None where that is impossible."""
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield max(allowed)
    finally:
        os.sched_setaffinity(0, allowed)


def _calls(call: Callable[[], object], round_s: float, clock: Callable[[], float]) -> int:
    return max(1, round(round_s / max(_seconds(call, 3, clock), 1e-7))) if round_s else 1


def _seconds(call: Callable[[], object], count: int, clock: Callable[[], float]) -> float:
    begin = clock()
    for _ in range(count):
        call()
    return (clock() - begin) / count


def _over_rounds(seconds: list[float]) -> Seconds:
    low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return Seconds(median, low, high)
