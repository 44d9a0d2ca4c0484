"""Gaussian noise with a memory (first-order Gauss-Markov, the Ornstein-Uhlenbeck process)."""

import math
from collections.abc import Sequence

import numpy as np

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class GaussMarkov:
    """Stationary noise of n independent components; `std` is what a long record shows. White where correlation is 0."""

    def __init__(self, std: Sequence[float], correlation_s: Sequence[float], chance: np.random.Generator) -> None:
        self._std, self._correlation_s, self._chance = np.asarray(std), tuple(correlation_s), chance
        self._unit: Floats = chance.standard_normal(len(self._std))
        self._dt_s = math.nan
        self._memory = self._fresh = np.empty(0)

    @property
    def value(self) -> Floats:
        """The noise now, shape (n,), in the unit of `std`."""
        return self._std * self._unit

    def advance(self, dt_s: float) -> None:
        """Move on by `dt_s`, exactly: x ← a x + √(1 − a²) n, a = exp(−dt / correlation)."""
        if dt_s != self._dt_s:
            # math.exp: numpy's own differs between CPUs in the last bit
            self._memory = np.array([math.exp(-dt_s / s) if s > 0 else 0.0 for s in self._correlation_s])
            self._fresh = np.sqrt(1.0 - self._memory * self._memory)
            self._dt_s = dt_s
        self._unit = self._memory * self._unit + self._fresh * self._chance.standard_normal(len(self._std))


def correlation_s(cutoff_hz: float) -> float:
    """Correlation time of white noise behind a first-order low-pass."""
    return 1.0 / (2.0 * math.pi * cutoff_hz)
