"""Seeds of environments, as Gymnasium gives them: none, one for all, or one for each."""

import operator
from typing import Any

import numpy as np

from hil.core.errors import BadInput

LIMIT = 2**63


def seeds_of(given: Any, n: int) -> list[int | None]:
    """Seeds of n environments: s, s + 1, … of one number s; None where chance goes on. Raises BadInput."""
    if given is None:
        return [None] * n
    if isinstance(given, list | tuple | np.ndarray):
        seeds = [None if one is None else _whole(one) for one in given]
        if len(seeds) != n:
            raise BadInput(f"{len(seeds)} seeds for {n} environments")
    else:
        first = _whole(given)
        seeds = [first + i for i in range(n)]
    for seed in seeds:
        if seed is not None and not 0 <= seed < LIMIT:
            raise BadInput(f"a seed must be 0..2^63 − 1, not {seed}")
    return seeds


def fresh_seeds(n: int) -> list[int]:
    """Seeds that the operating system draws."""
    return [int(word) >> 1 for word in np.random.SeedSequence().generate_state(n, np.uint64)]


def _whole(seed: Any) -> int:
    try:
        return operator.index(seed)
    except TypeError:
        raise BadInput(f"a seed must be a whole number, not {seed!r}") from None
