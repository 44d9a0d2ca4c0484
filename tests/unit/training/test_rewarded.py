"""The reward of trainings is the environments' reward, and its curriculum has six steps."""

import numpy as np
import pytest
import torch

from hil_controllers.training.rewarded import STRICT, costs_of, curriculum_step, rewards_of

gymnasium = pytest.importorskip("gymnasium")


@pytest.mark.parametrize("step", [0, 3, STRICT])
def test_the_reward_of_a_step_is_that_of_the_environment(step):
    from hil_sim.gym.vector import HoverVectorEnv

    env = HoverVectorEnv(32, noise="none", curriculum=step)
    env.reset(seed=3)
    actions = np.random.default_rng(1).uniform(-1.0, 1.0, (32, 4)).astype(np.float32)
    _, rewards, *_ = env.step(actions)
    still, hover = np.zeros((32, 3)), 2.0 * env._vehicle.hover_command - 1.0
    costs = costs_of(env.plant.states, actions, still, still, hover)
    assert rewards_of(torch.from_numpy(costs), step).numpy() == pytest.approx(rewards, abs=1e-5)


def test_a_reward_with_the_papers_0_667_as_an_action_would_be_another():
    hover, level = 2.0 * 0.66 - 1.0, np.eye(17)[6][None]
    right, wrong = (costs_of(level, np.full((1, 4), hover), 0.0, 0.0, of)[0, 3] for of in (hover, 0.667))
    assert right == pytest.approx(0.0, abs=1e-6)
    assert wrong > 0.4


def test_the_curriculum_is_strict_from_its_end_on_and_has_six_equal_steps_before():
    steps = [curriculum_step(share / 120, 0.5) for share in range(121)]
    assert steps[0] == 0
    assert set(steps[60:]) == {STRICT}
    assert [steps[:60].count(step) for step in range(STRICT)] == [10] * STRICT
    assert curriculum_step(0.0, 0.0) == STRICT
