"""Backend in plain numpy: one array per state. The oracle of the compiled one, and its stand-in without numba."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from hil_sim.batch import program
from hil_sim.batch.backend import Array
from hil_sim.batch.specialise import NUMBERS
from hil_sim.batch.terms import LOADS


@cache
def flown(terms: frozenset[str], dtype: str) -> Callable[..., tuple[Array, ...]]:
    """The equations with these terms, for arrays of this dtype."""
    names: dict[str, Any] = {name: np.dtype(dtype).type(value) for value, name in NUMBERS.items()}
    names |= {"sqrt": np.sqrt, "straight": lambda function: function}
    exec(compile(program.functions(terms), f"<hil_sim equations, {dtype}>", "exec"), names)
    return names["flown"]  # type: ignore[no-any-return]


class Rows:
    """A `Backend`."""

    def __init__(self, values: Array, n: int, *, varying: tuple[str, ...], terms: frozenset[str], dtype: str) -> None:
        self._flown = flown(terms, dtype)
        self._type = np.dtype(dtype).type
        self._columns = [program.VALUES.index(name) for name in varying]
        self._values: list[Any] = list(values[0].astype(dtype))  # scalars where one serves all, else (n,)
        for column in self._columns:
            self._values[column] = np.broadcast_to(values[:, column], n).astype(dtype)
        self._states = np.zeros((18, n), dtype)
        self._commands = np.zeros((1, 4, n), dtype)

    def put_states(self, states: Array, time_s: float, where: Array) -> None:
        """Set the states (k, 17) of the vehicles `where` (k,), reset at this time."""
        self._states[:17, where] = states.T
        self._states[17, where] = time_s

    def states(self) -> Array:
        """Copy of the states (n, 17)."""
        return self._states[:17].copy().T

    def rows(self, which: Sequence[int]) -> Array:
        """Copy of these of the 17 states, one row each (k, n)."""
        return np.stack([self._states[row] for row in which])

    def move(self, states: Array, where: Array) -> None:
        """Set the states (k, 17) of the vehicles `where` (k,); when they were reset stays."""
        self._states[:17, where] = states.T

    def put_commands(self, slot: int, commands: Array) -> bool:
        """Clip commands (n, 4) to 0..1 and keep them under this number; whether all are finite."""
        self._commands[slot] = np.where(commands < 0, 0, np.where(commands > 1, 1, commands)).T
        return bool(np.isfinite(commands).all())

    def commands(self, slot: int) -> Array:
        """Copy of the commands (n, 4) under this number, clipped."""
        return np.array(self._commands[slot].T)

    def put_held(self, commands: Array, where: Array) -> None:
        """Set the commands (k, 4) of the vehicles `where` in every slot."""
        self._commands[:, :, where] = commands.T

    def grow(self, slots: int) -> None:
        """Make room for so many sets of commands; those that are there stay."""
        added = slots - len(self._commands)
        self._commands = np.concatenate([self._commands, np.repeat(self._commands[-1:], added, axis=0)])

    def put_values(self, values: Array, where: Array) -> None:
        """Set those that vary of the `VALUES` (k, 50) of the vehicles `where` (k,); loads stay."""
        for column in self._columns:
            if program.VALUES[column] not in LOADS:
                self._values[column][where] = values[:, column]

    def put_loads(self, loads: Array) -> None:
        """Set external force (world, N) and torque (body, N m), (n, 6)."""
        self._values[-len(LOADS) :] = list(loads.T.astype(self._type))

    def fly(self, slots: Sequence[int], pieces: Sequence[tuple[float, float]]) -> None:
        """Advance by pieces of (length, time since the start) s, each under the commands in its slot."""
        state, since = tuple(self._states[:17]), self._states[17]
        for slot, (length, time) in zip(slots, pieces, strict=True):
            held = self._type(time) - since
            state = self._flown(state, tuple(self._commands[slot]), tuple(self._values), self._type(length), held)
        self._states[:17] = state
