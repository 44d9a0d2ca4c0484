"""What the benchmark of the environment steps is what a training loop steps: episodes end all the time."""

from hil_sim.gym.benchmark import Hovering


def test_at_every_step_one_in_500_episodes_ends_and_in_a_cycle_each_once():
    hovering = Hovering(1_000, "none")
    ended = [hovering.step() for _ in range(501)]
    assert set(ended[:-1]) <= {0, 2, 4}
    assert sum(ended) == 1_000
    assert ended.count(2) >= 490
