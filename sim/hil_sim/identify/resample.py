"""Which parts of the recordings are drawn again, so that the spread of an estimate over them is its uncertainty.

Whole flights are drawn where there are enough of them, because what is wrong with a flight is wrong with all of it.
With fewer, stretches of 5 s are drawn, and each flight is also left out once: the larger of the two spreads counts
(bootstrap and jackknife: Efron and Tibshirani 1993).
"""

import numpy as np
from numpy.typing import NDArray

from hil.core.chance import rng
from hil_sim.fidelity.attitudes import Array

RESAMPLES = 200
ENOUGH_FLIGHTS = 6
STRETCH_S = 5.0
ENOUGH_STRETCHES = 8  # of fewer, drawings leave too much out, and their spread is 2 to 10 times too small


class Clusters:
    """Numbers the parts that are drawn together: of flight `number`, those of the rows at `t_s`."""

    def __init__(self, flights: int) -> None:
        self.whole = flights >= ENOUGH_FLIGHTS
        self._known: dict[tuple[int, int], int] = {}

    def of(self, number: int, t_s: Array) -> NDArray[np.intp]:
        """The cluster of each of these times of a flight."""
        stretch = np.zeros(len(t_s), dtype=int) if self.whole else np.floor(t_s / STRETCH_S).astype(int)
        return np.array([self._known.setdefault((number, int(s)), len(self._known)) for s in stretch], dtype=np.intp)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def kind(self) -> str:
        """What is drawn, in words."""
        return "flights" if self.whole else f"stretches of {STRETCH_S:g} s"

    @property
    def too_few(self) -> str:
        """Why drawing these again says nothing of how sure a number is; empty where it does."""
        if len(np.unique(self.flights)) < 2:
            return "one flight"
        if not self.whole and len(self) < ENOUGH_STRETCHES:
            return f"{len(self)} stretches of {STRETCH_S:g} s, and {ENOUGH_STRETCHES} are needed"
        return ""

    @property
    def flights(self) -> NDArray[np.intp]:
        """The flight of each cluster."""
        return np.array([number for number, _ in self._known], dtype=np.intp)


def weights(clusters: Clusters) -> Array:
    """How often each cluster is drawn, (draws, clusters).

    First all of them once, then RESAMPLES times at random, then without one flight at a time where those are few.
    """
    count, flights = len(clusters), clusters.flights
    drawn = rng(0, "identify-bootstrap").integers(0, count, (RESAMPLES, count))
    counted = np.zeros((RESAMPLES, count))
    np.add.at(counted, (np.arange(RESAMPLES)[:, None], drawn), 1.0)
    numbers = np.unique(flights)
    few = 1 < len(numbers) < ENOUGH_FLIGHTS
    without = [(flights != number).astype(np.float64) for number in numbers] if few else []
    return np.concatenate([np.ones((1, count)), counted, *([np.array(without)] if few else [])])


def student(freedom: int) -> float:
    """Half the width of the middle 68 % of Student's t, which 1 is for many degrees of freedom; to 1.5 %."""
    # Cornish-Fisher expansion about a normal deviate of 1 (Abramowitz and Stegun 26.7.5)
    return 1.0 + 1.0 / (2 * freedom) + 1.0 / (4 * freedom**2) + 1.0 / (16 * freedom**3)


def spread(values: Array) -> float:
    """Standard deviation of an estimate with these draws: half the width of their middle 68 %, robust to outliers."""
    again, without = values[1 : 1 + RESAMPLES], values[1 + RESAMPLES :]
    if not np.isfinite(values).all():
        return float("nan")
    low, high = np.quantile(again, [0.1587, 0.8413])
    left_out = np.sqrt((len(without) - 1) * np.var(without)) if len(without) else 0.0
    return float(max(0.5 * (high - low), left_out))
