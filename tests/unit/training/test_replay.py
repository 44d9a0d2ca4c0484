"""Every episode is kept, whatever its end; sequences say where they are inside one, and what lost the vehicle."""

import pickle

import numpy as np
import pytest
import torch

from hil_controllers.training.config import HISTORY
from hil_controllers.training.replay import Episodes, Replay

STEPS, FILL = 20, 0.25


def episodes(lengths, lost):
    """Episodes whose values say which episode and step they are of: 100 · episode + step."""
    n, step = len(lengths), np.arange(STEPS + 1, dtype=np.float32)
    marks = 100.0 * np.arange(n, dtype=np.float32)[:, None] + step

    def wide(columns, steps):
        return np.repeat(marks[:, :steps, None], columns, axis=2).astype(np.float32)

    return Episodes(
        wide(18, STEPS + 1), wide(4, STEPS), wide(4, STEPS) + 0.5, wide(4, STEPS), np.array(lengths), np.array(lost)
    )


@pytest.fixture
def replay():
    """An empty replay of so many episodes."""

    def make(capacity=1000):
        chance = torch.Generator()
        chance.manual_seed(1)
        return Replay(capacity, STEPS, fill=FILL, device="cpu", generator=chance)

    return make


def test_episodes_that_time_ended_are_kept_like_those_that_were_lost(replay):
    one = replay()
    one.add(episodes([STEPS, 5, STEPS], [False, True, False]))
    assert len(one) == 3
    drawn = one.sample(200, 4)
    assert set((drawn.shown[0, :, 0] // 100).int().tolist()) == {0, 1, 2}


def test_a_replay_given_only_lost_episodes_shows_nothing_else(replay):
    one, all_of_them = replay(), episodes([STEPS, 5, STEPS], [False, True, False])
    one.add(Episodes(*(part[all_of_them.lost] for part in all_of_them)))
    assert len(one) == 1
    assert set((one.sample(200, 4).flown[0, :, 0]).int().tolist()) <= set(range(100, 105))


def test_the_end_of_time_is_no_terminal_and_a_loss_is(replay):
    one = replay()
    one.add(episodes([STEPS, 6], [False, True]))
    drawn = one.sample(400, 3)
    episode, step = drawn.flown[..., 0].int() // 100, drawn.flown[..., 0].int() % 100
    inside = drawn.valid.bool()
    at_the_end = inside & (episode == 0) & (step == STEPS - 1)
    at_the_loss = inside & (episode == 1) & (step == 5)
    assert at_the_end.any()
    assert at_the_loss.any()
    assert drawn.terminal[inside].equal(at_the_loss[inside].float())


def test_steps_after_an_end_are_padding(replay):
    one = replay()
    one.add(episodes([3], [True]))
    drawn = one.sample(5, 6)
    assert drawn.valid.T.tolist() == [[1, 1, 1, 0, 0, 0]] * 5
    assert drawn.first.tolist() == [0] * 5


def test_the_history_is_what_was_flown_before_each_step(replay):
    one = replay()
    one.add(episodes([STEPS], [False]))
    drawn = one.sample(50, 5)
    past = drawn.history.reshape(6, 50, HISTORY, 4)[..., 0]
    for k, first in enumerate(drawn.first.tolist()):
        for t in range(6):
            flown = [float(step) for step in range(first + t)][-HISTORY:]
            assert past[t, k].tolist() == [FILL] * (HISTORY - len(flown)) + flown


def test_beginnings_and_ends_are_seen_about_as_often_as_what_is_between(replay):
    one = replay()
    one.add(episodes([STEPS], [False]))
    steps = one.sample(4000, 5).flown[..., 0].int()
    shares = torch.bincount(steps.flatten(), minlength=STEPS) / steps.numel() * STEPS
    assert shares.min() > 0.6
    assert shares.max() < 1.5


def rows_of(replay):
    return [set(range(first, first + HISTORY + steps + 1)) for first, steps, _ in replay._episodes]


def test_the_oldest_episodes_make_room_and_no_two_share_a_row(replay):
    one, chance = replay(capacity=400), np.random.default_rng(2)
    for _ in range(200):
        lengths = chance.integers(1, STEPS + 1, 3).tolist()
        one.add(episodes(lengths, [True, False, True]))
        rows = rows_of(one)
        assert [steps for _, steps, _ in one._episodes][-3:] == lengths
        assert sum(map(len, rows)) == len(set().union(*rows)) <= 400
        assert len(one) >= 3
    drawn = one.sample(300, 4)
    shown, flown = (part[..., 0][drawn.valid.bool()] for part in (drawn.shown[:-1], drawn.flown))
    assert shown.equal(flown)


def test_a_replay_goes_on_from_a_snapshot(replay):
    one, other = replay(), replay()
    one.add(episodes([STEPS, 4], [False, True]))
    other.restore(pickle.loads(pickle.dumps(one.snapshot())))
    for mine, its in zip(one.sample(20, 7), other.sample(20, 7), strict=True):
        assert mine.equal(its)
