"""Which parts of the recordings are drawn again, so that the spread of an estimate over them is its uncertainty.

Whole flights are drawn where there are enough of them, because what is wrong with a flight is wrong with all of it;
otherwise stretches of 5 s, and what differs from flight to flight only is then told apart by hand (`lift`).
"""

import numpy as np
from numpy.typing import NDArray

from hil.core.chance import rng
from hil_sim.fidelity.attitudes import Array

RESAMPLES = 200
ENOUGH_FLIGHTS = 6
STRETCH_S = 5.0


class Clusters:
    """Numbers the parts that are drawn together: of flight `number`, those of the rows at `t_s`."""

    def __init__(self, flights: int) -> None:
        self._whole = flights >= ENOUGH_FLIGHTS
        self._known: dict[tuple[int, int], int] = {}

    def of(self, number: int, t_s: Array) -> NDArray[np.intp]:
        """The cluster of each of these times of a flight."""
        stretch = np.zeros(len(t_s), dtype=int) if self._whole else np.floor(t_s / STRETCH_S).astype(int)
        return np.array([self._known.setdefault((number, int(s)), len(self._known)) for s in stretch], dtype=np.intp)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def kind(self) -> str:
        """What is drawn, in words."""
        return "flights" if self._whole else f"stretches of {STRETCH_S:g} s"


def weights(clusters: int) -> Array:
    """How often each cluster is drawn, (1 + RESAMPLES, clusters); the first row is all of them once."""
    drawn = rng(0, "identify-bootstrap").integers(0, clusters, (RESAMPLES, clusters))
    counted = np.zeros((RESAMPLES, clusters))
    np.add.at(counted, (np.arange(RESAMPLES)[:, None], drawn), 1.0)
    return np.concatenate([np.ones((1, clusters)), counted])


def spread(values: Array) -> float:
    """Standard deviation over the draws of (1 + RESAMPLES,): half the width of the middle 68 %, robust to outliers."""
    again = values[1:]
    if not np.isfinite(again).all():
        return float("nan")
    low, high = np.quantile(again, [0.1587, 0.8413])
    return float(0.5 * (high - low))
