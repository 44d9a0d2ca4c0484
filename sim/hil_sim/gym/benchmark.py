"""The environment's part of `hil bench plant`: `HoverVectorEnv.step` as users call it, some episodes always ending."""

from collections.abc import Callable

import numpy as np

from hil_sim.gym.presets import ENDS
from hil_sim.gym.vector import HoverVectorEnv
from hil_sim.vehicle_files import load_vehicle

VEHICLE, END = "cf-l2f-package", "evaluation"
STEPS = ENDS[END].steps
SIZES = (16_384, 1_024)
NOISE = {"VectorEnv.step": "none", "VectorEnv, noisy": "l2f-package"}
LEGEND = {
    "VectorEnv.step": f"HoverVectorEnv: plant, observation, reward, ends, 1 in {STEPS} vehicles reset at every step",
    "VectorEnv, noisy": "the same with white noise on all 18 numbers of an observation (l2f-package)",
}
Key = tuple[str, str, str, int]  # what, model, dtype, vehicles


class Hovering:
    """n vehicles that hover until their episodes of 500 steps are over: at any step about n / 500 begin anew.

    What a step returned is kept until the next has returned, as in a training loop.
    """

    def __init__(self, n: int, noise: str) -> None:
        hover = 2.0 * load_vehicle(VEHICLE).hover_command - 1.0
        self.env = HoverVectorEnv(n, vehicle=VEHICLE, starts="hover", end=END, noise=noise)
        self._actions = np.full((n, 4), hover, np.float32)
        self.env.reset(seed=1)
        for step in range(STEPS):
            due = np.arange(n) % STEPS == step
            if due.any():
                self.env.reset(options={"reset_mask": due})
            self.step()

    def step(self) -> int:
        """Fly all for 10 ms; how many episodes ended."""
        self._last = self.env.step(self._actions)
        _, _, terminated, truncated, _ = self._last
        return int(np.count_nonzero(truncated) + np.count_nonzero(terminated))


def cases() -> dict[Key, Callable[[], object]]:
    """Calls that each fly one step of 10 ms."""
    return {(what, "base", "float32", n): Hovering(n, noise).step for what, noise in NOISE.items() for n in SIZES}
