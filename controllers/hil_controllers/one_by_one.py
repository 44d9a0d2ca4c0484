"""The batch form that any controller has: one instance per flight, asked one after the other."""

import math
from collections.abc import Callable

import numpy as np

from hil.core.arrays import MOTORS, Floats, setpoint_of, state_of
from hil.core.interfaces import BatchController, Controller


class OneByOne(BatchController):
    """Controllers that `build` makes, one for each flight; they see the same numbers as in a flight alone."""

    def __init__(self, build: Callable[[], Controller]) -> None:
        self._build, self._controllers = build, [build()]
        self.name, self.family = self._controllers[0].name, self._controllers[0].family
        self.rate_hz, self.content_hash = self._controllers[0].rate_hz, self._controllers[0].content_hash

    def reset(self, n: int) -> None:
        """Forget everything: the next `act` is the first of n flights."""
        self._controllers += [self._build() for _ in range(n - len(self._controllers))]
        for controller in self._controllers:
            controller.reset()

    def act(self, states: Floats, setpoints: Floats) -> Floats:
        """Commands (n, 4) for states (n, 13) and set-points (n, 11); NaN for flights that are over."""
        commands = []
        for controller, state, setpoint in zip(self._controllers, states.tolist(), setpoints.tolist(), strict=False):
            over = math.isnan(state[0])
            commands.append(
                (math.nan,) * MOTORS if over else controller.act(state_of(state), setpoint_of(setpoint)).motors
            )
        return np.array(commands)
