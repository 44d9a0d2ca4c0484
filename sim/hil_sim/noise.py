"""Gaussian noise with a memory (first-order Gauss-Markov, the Ornstein-Uhlenbeck process)."""

import math
from collections.abc import Iterator, Sequence
from operator import mul
from typing import Any, Protocol

import numpy as np

_AHEAD = 64  # draws

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

    @property
    def components(self) -> tuple[Any, ...]:
        """The same, component by component."""
        return tuple(self.value)

    def advance(self, dt_s: float) -> None:
        """Move on by `dt_s`, exactly: x ← a x + √(1 − a²) n, a = exp(−dt / correlation)."""
        if dt_s != self._dt_s:
            # math.exp: numpy's own differs between CPUs in the last bit
            memory = np.array([math.exp(-dt_s / s) if s > 0 else 0.0 for s in self._correlation_s])
            self._memory = beside(memory, self._unit)
            self._fresh = np.sqrt(1.0 - self._memory * self._memory)
            self._dt_s = dt_s
        self._unit = self._memory * self._unit + self._fresh * self._chance.standard_normal(len(self._unit))


class FlightNoise:
    """The same for one flight, in floats: the bits of `GaussMarkov`, sooner. Draws ahead, so `chance` is its alone."""

    def __init__(self, std: Sequence[float], correlation_s: Sequence[float], chance: Chance) -> None:
        self._std, self._correlation_s, self._chance = tuple(std), tuple(correlation_s), chance
        self._white = not any(s > 0 for s in correlation_s)
        self._unit: tuple[float, ...] = tuple(chance.standard_normal(len(self._std)).tolist())
        self._draws: Iterator[tuple[float, ...]] = iter(())
        self._dt_s = math.nan
        self._shares: tuple[tuple[float, float], ...] = ()
        self.components: tuple[float, ...] = tuple(map(mul, self._std, self._unit))  # the noise now, k floats

    def advance(self, dt_s: float) -> None:
        """Move on by `dt_s`, exactly, as `GaussMarkov` does."""
        drawn = next(self._draws, None)
        if drawn is None:
            self._draw()
            drawn = next(self._draws)
        if self._white:  # 0 x + 1 n = n
            self.components = drawn
            return
        if dt_s != self._dt_s:
            memory = [math.exp(-dt_s / s) if s > 0 else 0.0 for s in self._correlation_s]
            self._shares = tuple((share, math.sqrt(1.0 - share * share)) for share in memory)
            self._dt_s = dt_s
        shares = zip(self._shares, self._unit, drawn, strict=True)
        self._unit = tuple([kept * unit + fresh * new for (kept, fresh), unit, new in shares])
        self.components = tuple(map(mul, self._std, self._unit))

    def _draw(self) -> None:
        draws = self._chance.standard_normal(_AHEAD * len(self._std)).reshape(_AHEAD, len(self._std))
        told: Floats = np.asarray(self._std) * draws if self._white else draws
        self._draws = iter(list(map(tuple, told.tolist())))


def beside(values: Floats, others: Floats) -> Floats:
    """The same values (k,), as (k, 1) where the others are (k, n)."""
    return values.reshape(*values.shape, *(1,) * (others.ndim - values.ndim))


def correlation_s(cutoff_hz: float) -> float:
    """Correlation time of white noise behind a first-order low-pass."""
    return 1.0 / (2.0 * math.pi * cutoff_hz)
