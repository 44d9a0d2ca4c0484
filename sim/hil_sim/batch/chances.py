"""The chance of many flights side by side: each column has the numbers that the flight would draw alone."""

from collections.abc import Sequence

import numpy as np

from hil.core.chance import rng
from hil_sim.noise import Floats


class Chances:
    """The generators of flights with these seeds, for one purpose; made when first asked.

    Numbers are drawn `ahead`, many of one flight at once: a generator gives the same numbers in one call as in many.
    """

    def __init__(self, seeds: Sequence[int], purpose: str, *, ahead: int = 1) -> None:
        self._seeds, self._purpose, self._ahead = seeds, purpose, ahead
        self._generators: list[np.random.Generator] = []
        self._drawn = np.empty((0, len(seeds)))

    def standard_normal(self, size: int, /) -> Floats:
        """The next draws (size, n)."""
        if size > len(self._drawn):
            if not self._generators:
                self._generators = [rng(seed, self._purpose) for seed in self._seeds]
            fresh = np.empty((len(self._seeds), max(size, self._ahead)))
            for generator, row in zip(self._generators, fresh, strict=True):
                generator.standard_normal(out=row)
            self._drawn = np.concatenate([self._drawn, fresh.T])
        draws, self._drawn = self._drawn[:size], self._drawn[size:]
        return draws
