"""The example that trains with Stable-Baselines3 learns, and without learning it does not."""

import runpy
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is not installed")
pytest.importorskip("stable_baselines3", reason="stable-baselines3 is not installed: pip install 'hil-bench[sb3]'")

EXAMPLE = Path(__file__).parents[2] / "sim" / "examples" / "hover_ppo.py"


@pytest.fixture(scope="module")
def learn():
    return runpy.run_path(str(EXAMPLE))["learn"]


def test_half_a_million_steps_teach_it_to_stay_in_the_air(learn):
    learned = learn(steps=500_000, seed=0)
    assert learned.length_steps > 250
    assert learned.total_reward > 200


def test_with_a_learning_rate_of_zero_it_does_not(learn):
    assert learn(steps=50_000, seed=0, learning_rate=0.0).length_steps < 100


def test_stable_baselines_own_check_of_returns_and_time_outs():
    from hil_sim.gym.presets import End
    from hil_sim.gym.stable_baselines import VecHover

    envs = VecHover(5, starts="hover", noise="none", end=End(fence_m=0.1, steps=40))
    envs.seed(3)
    envs.reset()
    hover = 2 * 0.66 - 1
    actions = np.full((5, 4), hover, np.float32)
    actions[0] = -1.0
    told = {}
    for step in range(1, 41):
        _, rewards, over, infos = envs.step(actions)
        assert rewards.dtype == np.float32
        for k in np.flatnonzero(over):
            told.setdefault(k, (step, infos[k]))
    assert told[0][1]["TimeLimit.truncated"] is False
    assert told[0][1]["episode"]["l"] == told[0][0] < 40
    assert told[1][1]["TimeLimit.truncated"] is True
    assert told[1][0] == 40
    assert told[1][1]["terminal_observation"].shape == (18,)
    assert told[1][1]["episode"]["r"] == pytest.approx(40.0, abs=0.1)
    assert envs.env_method("set_curriculum", 2) == [None] * 5
