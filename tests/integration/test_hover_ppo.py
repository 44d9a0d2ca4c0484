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


def test_infos_tell_returns_lengths_and_time_outs_as_stable_baselines_wants_them():
    from hil_sim.gym.presets import End
    from hil_sim.gym.stable_baselines import VecHover

    envs = VecHover(5, starts="hover", noise="none", end=End(fence_m=0.1, steps=40))
    envs.seed(3)
    first = envs.reset()
    envs.seed(3)
    assert envs.reset().tobytes() == first.tobytes()
    assert (envs.reset() == first).all(), "at a start without chance and without noise"
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
    with pytest.raises(AttributeError, match="no 'curriculum'"):
        envs.set_attr("curriculum", 2)


def test_seeds_of_stable_baselines_are_those_of_the_environments():
    from hil_sim.gym.stable_baselines import VecHover
    from hil_sim.gym.vector import HoverVectorEnv

    envs = VecHover(4)
    envs.seed(21)
    assert envs.reset().tobytes() == HoverVectorEnv(4).reset(seed=21)[0].tobytes()
    again = envs.reset()
    assert again.tobytes() != HoverVectorEnv(4).reset(seed=21)[0].tobytes(), "without a new seed chance goes on"


@pytest.mark.parametrize(("lacking", "extra"), [("gymnasium", "gym"), ("stable_baselines3", "sb3")])
def test_what_is_missing_is_named_with_its_extra(monkeypatch, lacking, extra):
    from hil_sim.gym import needs

    monkeypatch.setattr("hil_sim.gym.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=rf"{lacking} is not installed: pip install 'hil-bench\[{extra}\]'"):
        needs(lacking, extra=extra)
