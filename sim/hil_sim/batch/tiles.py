"""Backend compiled by numba: tiles of 16 vehicles, on one thread unless told otherwise."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from hil_sim.batch.backend import Array
from hil_sim.batch.compiled import NOTHING, Extension, compiled
from hil_sim.batch.program import LANES, STATES, VALUES
from hil_sim.batch.terms import LOADS

CACHE_LINE_BYTES = 64


class Tiles:
    """A `Backend`. Lanes beyond n repeat the last vehicle, so that they cost and do nothing out of the ordinary."""

    def __init__(
        self,
        values: Array,
        n: int,
        *,
        varying: tuple[str, ...],
        terms: frozenset[str],
        dtype: str,
        threads: int = 1,
        extension: Extension = NOTHING,
    ) -> None:
        self._n, self._dtype = n, np.dtype(dtype).type
        self._tiles = -(-n // LANES)
        self.vehicle_of = np.minimum(np.arange(self._tiles * LANES), n - 1)
        self.module = compiled(terms, dtype, varying=varying, extension=extension)
        self._columns = [VALUES.index(name) for name in varying]
        self._shared = values[0].astype(dtype)
        self._parameters = self._tiled(np.broadcast_to(values[:, self._columns], (n, len(varying))))
        self._states = _aligned(np.zeros((self._tiles, 18, LANES), dtype))
        self._commands = _aligned(np.zeros((self._tiles, 1, 4, LANES), dtype))
        ends = [self._tiles * k // threads for k in range(threads + 1)]
        self._spans = [(first, end) for first, end in pairwise(ends) if first < end]
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._split()

    def put_states(self, states: Array, time_s: float, where: Array) -> None:
        """Set the states (k, 17) of the vehicles `where` (k,), reset at this time."""
        rows = np.ascontiguousarray(states, self._dtype)
        self.module.place(self._states.reshape(-1), rows, self._dtype(time_s), where, self._n - 1)

    def states(self) -> Array:
        """Copy of the states (n, 17)."""
        return self.rows(range(STATES)).T

    def rows(self, which: Sequence[int]) -> Array:
        """Copy of these of the 17 states, one row each (k, n)."""
        rows = np.empty((len(which), self._tiles, LANES), self._dtype)
        for row, index in zip(rows, which, strict=True):
            row[:] = self._states[:, index]
        return rows.reshape(len(which), -1)[:, : self._n]

    def move(self, states: Array, where: Array) -> None:
        """Set the states (k, 17) of the vehicles `where` (k,); when they were reset stays."""
        self._states[where // LANES, :STATES, where % LANES] = states
        self._repeat_last(self._states)

    def put_commands(self, slot: int, commands: Array) -> bool:
        """Clip commands (n, 4) to 0..1 and keep them under this number; whether all are finite."""
        padded = commands if self._n % LANES == 0 else commands[self.vehicle_of]
        given = np.ascontiguousarray(padded, self._dtype).reshape(-1)
        return bool(self.module.accept(given, self._flat_commands, slot))

    def commands(self, slot: int) -> Array:
        """Copy of the commands (n, 4) under this number, clipped."""
        return self._commands[:, slot].transpose(0, 2, 1).reshape(-1, 4)[: self._n].copy()

    def put_held(self, commands: Array, where: Array) -> None:
        """Set the commands (k, 4) of the vehicles `where` in every slot."""
        self._commands[where // LANES, :, :, where % LANES] = commands[:, None, :]
        self._repeat_last(self._commands)

    def grow(self, slots: int) -> None:
        """Make room for so many sets of commands; those that are there stay."""
        added = slots - self._commands.shape[1]
        grown = np.concatenate([self._commands, np.repeat(self._commands[:, -1:], added, axis=1)], axis=1)
        self._commands = _aligned(grown)
        self._split()

    def put_values(self, values: Array, where: Array) -> None:
        """Set those that vary of the `VALUES` (k, 50) of the vehicles `where` (k,); loads stay."""
        own = [column for column in self._columns if VALUES[column] not in LOADS]  # loads come last
        self._parameters[where // LANES, : len(own), where % LANES] = values[:, own]
        self._repeat_last(self._parameters)

    def put_loads(self, loads: Array) -> None:
        """Set external force (world, N) and torque (body, N m), (n, 6)."""
        self._parameters[:, -len(LOADS) :] = self._tiled(loads)

    def fly(self, slots: Sequence[int], pieces: Sequence[tuple[float, float]]) -> None:
        """Advance by pieces of (length, time since the start) s, each under the commands in its slot."""
        which, plan = np.array(slots, np.int64), np.array(pieces, self._dtype).reshape(-1)
        if self._pool is None:
            self.module.fly(*self._parts[0], which, plan)
        else:
            list(self._pool.map(lambda part: self.module.fly(*part, which, plan), self._parts))

    @property
    def whole(self) -> tuple[Array, Array, Array, Array]:
        """States, parameters, shared values and commands as the compiled program takes them, for one thread."""
        (part,) = self._parts
        return part

    def _split(self) -> None:
        """Views of each thread's tiles, as the compiled program takes them."""
        self._parts = [
            (
                self._states[first:end].reshape(-1),
                self._parameters[first:end].reshape(-1),
                self._shared,
                self._commands[first:end].reshape(-1),
            )
            for first, end in self._spans
        ]
        self._flat_commands = self._commands.reshape(-1)

    def _repeat_last(self, array: Array) -> None:
        """Let the lanes beyond n of an array (tiles, …, 16) be as the last vehicle."""
        last = (self._n - 1) % LANES
        array[-1, ..., last + 1 :] = array[-1, ..., last, None]

    def _tiled(self, rows: Array) -> Array:
        """Tiles (tiles, r, lanes) of rows (n, r)."""
        padded = rows[self.vehicle_of].reshape(self._tiles, LANES, -1)
        return _aligned(padded.transpose(0, 2, 1).astype(self._dtype))


def _aligned(array: Array) -> Array:
    """Copy of the array that begins at a cache line, so that no vector of a tile straddles two."""
    spare = np.empty(array.nbytes + CACHE_LINE_BYTES, np.uint8)
    skip = -spare.ctypes.data % CACHE_LINE_BYTES
    copy: Array = spare[skip : skip + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy
