"""The vector environment as Stable-Baselines3 wants one: `PPO("MlpPolicy", VecHover(256))`.

SB3 has an interface of its own, from before Gymnasium's vector environments: episodes begin again in the step they end
in, and each environment has an info of its own with the last observation and whether it was a time-out.
"""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from hil_sim.gym import needs

needs("stable_baselines3", extra="sb3")

from stable_baselines3.common.vec_env import VecEnv  # noqa: E402  what is missing is named first

from hil_sim.gym.vector import HoverVectorEnv  # noqa: E402


class VecHover(VecEnv):
    """n hover environments; `settings` are those of `HoverVectorEnv`, which is at `environments`."""

    def __init__(self, num_envs: int, **settings: Any) -> None:
        self.environments = HoverVectorEnv(num_envs, autoreset_mode=AutoresetMode.SAME_STEP, **settings)
        super().__init__(num_envs, self.environments.single_observation_space, self.environments.single_action_space)
        self._returns, self._lengths = np.zeros(num_envs), np.zeros(num_envs, np.int64)

    def reset(self) -> Any:
        """First observations (n, 18) or (n, 146), under the seeds that `seed` set."""
        seeds = None if all(seed is None for seed in self._seeds) else list(self._seeds)
        observations, _ = self.environments.reset(seed=seeds)
        self._reset_seeds()
        self._returns[:], self._lengths[:] = 0.0, 0
        return observations

    def step_async(self, actions: Any) -> None:
        """Keep the actions (n, 4) for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> Any:
        """Observations, rewards, ends, and an info for each environment."""
        observations, rewards, terminated, truncated, infos = self.environments.step(self._actions)
        over = terminated | truncated
        told: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        self._returns += rewards
        self._lengths += 1
        for k in np.flatnonzero(over).tolist():
            told[k] = {
                "terminal_observation": infos["final_obs"][k],
                "TimeLimit.truncated": bool(truncated[k]),
                "episode": {"r": float(self._returns[k]), "l": int(self._lengths[k])},
            }
        self._returns[over], self._lengths[over] = 0.0, 0
        return observations, rewards.astype(np.float32), over, told

    def close(self) -> None:
        """All of it is in this process: nothing is closed."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The attribute, once for each of `indices`: they all share it."""
        return [getattr(self.environments, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of all environments that they have; a curriculum is set by `env_method`."""
        if not hasattr(self.environments, attr_name):
            raise AttributeError(f"environments have no {attr_name!r}; env_method calls their methods")
        setattr(self.environments, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Call a method of the environments, such as `set_curriculum`, once for all."""
        answer = getattr(self.environments, method_name)(*method_args, **method_kwargs)
        return [answer for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """False for each of `indices`: a native environment has no wrappers."""
        return [False for _ in self._get_indices(indices)]
