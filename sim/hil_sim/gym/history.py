"""The last actions of each vehicle, as a network without memory of its own is shown them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ACTIONS = 32  # the paper and "Learning to Fly in Seconds"


class History:
    """The last 32 actions (4,) in −1..1 of n vehicles, oldest first.

    Each is kept twice, 32 places apart, so that the last 32 always lie side by side.
    """

    width = 4 * ACTIONS

    def __init__(self, n: int) -> None:
        self._kept = np.zeros((n, 2 * ACTIONS, 4), np.float32)
        self._next = 0

    def fill(self, actions: Floats, where: NDArray[np.intp]) -> None:
        """As if the vehicles `where` (k,) had never done anything but these actions (k, 4)."""
        self._kept[where] = actions[:, None, :]

    def add(self, actions: Floats) -> None:
        """One more action (n, 4) of each vehicle, clipped."""
        at = self._next
        np.clip(actions, -1.0, 1.0, out=self._kept[:, at])
        self._kept[:, at + ACTIONS] = self._kept[:, at]
        self._next = (at + 1) % ACTIONS

    def show(self, observations: Floats, where: NDArray[np.intp] | None = None) -> None:
        """Put them into the last 128 columns of `observations` (≤ n, ≥ 128), of all or only of the rows `where`."""
        lately = self._kept[: len(observations), self._next : self._next + ACTIONS]
        if where is None:
            observations[:, -self.width :] = lately.reshape(len(observations), -1)
        else:
            observations[where, -self.width :] = lately[where].reshape(len(where), -1)
