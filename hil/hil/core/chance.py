"""One root seed per run, split by purpose: adding a consumer of chance never shifts another's numbers."""

import zlib

import numpy as np


def rng(seed: int, purpose: str) -> np.random.Generator:
    """Independent generator for one purpose ("start", "wind", "sensors", "vehicle") of one flight."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(purpose.encode())])))


def repeat_seed(seed: int, repeat: int) -> int:
    """Seed of repeat k of a run with root `seed`: the same for every controller and target, so flights pair up.

    Repeat 0 has the root seed itself, so that any one flight can be made again alone with the seed it shows.
    """
    if repeat == 0:
        return seed
    return int(np.random.SeedSequence([seed, repeat]).generate_state(1, np.uint32)[0])
