"""What flies the vehicles: tiles compiled by numba, or rows in numpy; the same bits, tenfold apart in speed."""

from collections.abc import Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

Array = NDArray[Any]


class Backend(Protocol):
    """States, parameters and commands of n vehicles, kept as the backend likes them."""

    def put_states(self, states: Array, time_s: float, where: Array) -> None:
        """Set the states (k, 17) of the vehicles `where` (k,), reset at this time."""
        ...

    def states(self) -> Array:
        """Copy of the states (n, 17)."""
        ...

    def rows(self, which: Sequence[int]) -> Array:
        """Copy of these of the 17 states, one row each (k, n)."""
        ...

    def move(self, states: Array, where: Array) -> None:
        """Set the states (k, 17) of the vehicles `where` (k,); when they were reset stays."""
        ...

    def put_commands(self, slot: int, commands: Array) -> bool:
        """Clip commands (n, 4) to 0..1 and keep them under this number; whether all are finite."""
        ...

    def commands(self, slot: int) -> Array:
        """Copy of the commands (n, 4) under this number, clipped."""
        ...

    def put_held(self, commands: Array, where: Array) -> None:
        """Set the commands (k, 4) of the vehicles `where` in every slot."""
        ...

    def grow(self, slots: int) -> None:
        """Make room for so many sets of commands; those that are there stay."""
        ...

    def put_values(self, values: Array, where: Array) -> None:
        """Set those that vary of the `VALUES` (k, 50) of the vehicles `where` (k,); loads stay."""
        ...

    def put_loads(self, loads: Array) -> None:
        """Set external force (world, N) and torque (body, N m), (n, 6)."""
        ...

    def fly(self, slots: Sequence[int], pieces: Sequence[tuple[float, float]]) -> None:
        """Advance by pieces of (length, time since the start) s, each under the commands in its slot."""
        ...
