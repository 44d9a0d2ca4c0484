"""Hover at a point, as a Gymnasium environment of one vehicle: the vector environment of one."""

from typing import Any

import numpy as np
from gymnasium import Env
from gymnasium.vector import AutoresetMode

from hil.core.errors import BadInput
from hil_sim.gym.vector import Floats, HoverVectorEnv


class HoverEnv(Env[Floats, Floats]):
    """One vehicle to hold its goal; see `HoverVectorEnv` for spaces and settings, which are the same."""

    metadata: dict[str, Any] = {"render_modes": [], "render_fps": 100}  # noqa: RUF012  Gymnasium's

    def __init__(self, *, render_mode: None = None, **settings: Any) -> None:
        if settings.keys() & {"autoreset_mode", "num_envs"}:
            raise BadInput("autoreset_mode and num_envs are for many environments", hint="gymnasium.make_vec")
        self._one = HoverVectorEnv(1, autoreset_mode=AutoresetMode.DISABLED, **settings)
        self.render_mode = render_mode
        self.observation_space = self._one.single_observation_space
        self.action_space = self._one.single_action_space
        self._over = False

    def set_curriculum(self, step: int) -> None:
        """Weigh the reward as at this step of the curriculum: 0 lenient .. 6 strict."""
        self._one.set_curriculum(step)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Floats, dict[str, Any]]:
        """Start an episode; the first observation (18,) or (146,)."""
        observations, _ = self._one.reset(seed=seed)
        super().reset(seed=seed)
        self._over = False
        return observations[0], {}

    def step(self, action: Floats) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Fly for 10 ms with this action (4,). Raises BadInput for a wrong shape and after the end of an episode."""
        given = np.asarray(action)
        if given.shape != (4,):
            raise BadInput(f"an action must have shape (4,), not {given.shape}")
        if self._over:
            raise BadInput("the episode has ended; reset() begins the next")
        observations, rewards, terminated, truncated, _ = self._one.step(given[None])
        self._over = bool(terminated[0] or truncated[0])
        return observations[0], float(rewards[0]), bool(terminated[0]), bool(truncated[0]), {}
