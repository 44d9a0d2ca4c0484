"""Gaussian noise with a memory (first-order Gauss-Markov, the Ornstein-Uhlenbeck process)."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Chance(Protocol):
    """What draws: a generator, or those of many flights side by side."""

    def standard_normal(self, size: int, /) -> Floats:
        """Draws (size,), or (size, n) for n flights."""
        ...


class GaussMarkov:
    """Stationary noise of k independent components; `std` is what a long record shows. White where correlation is 0.

    `std` (k,); where it is another one for each of many flights, (k, n).
    """

    def __init__(self, std: Sequence[float] | Floats, correlation_s: Sequence[float], chance: Chance) -> None:
        self._correlation_s, self._chance = tuple(correlation_s), chance
        self._unit: Floats = chance.standard_normal(len(std))
        self._std = beside(np.asarray(std), self._unit)
        self._dt_s = math.nan
        self._memory: Floats = np.empty(0)
        self._fresh: Floats = np.empty(0)

    @property
    def value(self) -> Floats:
        """The noise now, shape (k,) or (k, n), in the unit of `std`."""
        return self._std * self._unit

    def advance(self, dt_s: float) -> None:
        """Move on by `dt_s`, exactly: x ← a x + √(1 − a²) n, a = exp(−dt / correlation)."""
        if dt_s != self._dt_s:
            # math.exp: numpy's own differs between CPUs in the last bit
            memory = np.array([math.exp(-dt_s / s) if s > 0 else 0.0 for s in self._correlation_s])
            self._memory = beside(memory, self._unit)
            self._fresh = np.sqrt(1.0 - self._memory * self._memory)
            self._dt_s = dt_s
        self._unit = self._memory * self._unit + self._fresh * self._chance.standard_normal(len(self._unit))


def beside(values: Floats, others: Floats) -> Floats:
    """The same values (k,), as (k, 1) where the others are (k, n)."""
    return values.reshape(*values.shape, *(1,) * (others.ndim - values.ndim))


def correlation_s(cutoff_hz: float) -> float:
    """Correlation time of white noise behind a first-order low-pass."""
    return 1.0 / (2.0 * math.pi * cutoff_hz)
