"""Learn to hover with PPO of Stable-Baselines3: full-length episodes after about half a million steps.

pip install 'hil-bench[sb3]' && python sim/examples/hover_ppo.py --out hover_ppo.zip

An easy task, so that it is quick: starts within 0.2 m and 10° of the goal, the lenient reward, little noise. For the
paper's take `starts="paper"`, `noise="l2f-package"` and raise the curriculum as it learns.
"""

import argparse
from typing import Any, NamedTuple

import numpy as np
import torch
from stable_baselines3 import PPO

from hil_sim.gym.presets import End, Starts
from hil_sim.gym.stable_baselines import VecHover

EASY = Starts(position_m=0.2, velocity_m_s=0.2, angle_deg=10.0)
EPISODE = End(fence_m=0.6, steps=300)


class Learned(NamedTuple):
    """A policy, and how it does: means over its last 100 episodes, NaN where none has ended."""

    model: Any
    length_steps: float
    total_reward: float


def learn(*, steps: int, seed: int, learning_rate: float = 1e-3, environments: int = 256, verbose: int = 0) -> Learned:
    """Train a network of two layers of 64 for so many steps of all environments together."""
    torch.set_num_threads(1)  # a network this small is slower with more
    training = VecHover(environments, starts=EASY, end=EPISODE, noise="l2f-original", curriculum=0)
    model = PPO(
        "MlpPolicy",
        training,
        seed=seed,
        device="cpu",
        verbose=verbose,
        learning_rate=learning_rate,
        n_steps=32,
        batch_size=2048,
        n_epochs=5,
        gamma=0.98,
        gae_lambda=0.9,
        policy_kwargs={"net_arch": [64, 64], "log_std_init": -1.5},  # motors that jitter less do not tumble at once
    )
    model.learn(steps)
    episodes = model.ep_info_buffer or [{"l": np.nan, "r": np.nan}]
    length, reward = (float(np.mean([episode[key] for episode in episodes])) for key in ("l", "r"))
    return Learned(model, length, reward)


def main() -> None:
    """Train and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", help="file for the trained model (.zip)")
    given = parser.parse_args()
    learned = learn(steps=given.steps, seed=given.seed, verbose=1)
    print(f"episodes last {learned.length_steps:.0f} of {EPISODE.steps} steps, reward {learned.total_reward:.0f}")
    if given.out:
        learned.model.save(given.out)


if __name__ == "__main__":
    main()
