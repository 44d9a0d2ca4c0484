"""What the trainer minimises, by hand, and how Adam is led: rate, slope, decays."""

import math

import numpy as np
import pytest
import torch

from hil_controllers.training.apg import loss_of
from hil_controllers.training.method_config import Loss

NOTHING = dict.fromkeys(("position", "velocity", "rates", "yaw", "action_change"), 0.0)
T, N = 2, 3


@pytest.fixture
def flown():
    """States (2, 3, 17) at rest on the set-point, actions of 0 and the set-points, to be changed by a test."""
    states = np.zeros((T, N, 17), np.float32)
    states[..., 6] = 1.0
    actions, before = np.zeros((T, N, 4), np.float32), np.zeros((N, 4), np.float32)
    return states, actions, before, np.zeros((T, N, 3)), np.zeros((T, N, 3))


def loss(flown, **weights):
    return loss_of(*flown, Loss(**(NOTHING | weights)))


def test_on_the_set_point_at_rest_there_is_next_to_nothing_to_lose(flown):
    assert loss(flown, position=1.0, velocity=1.0, rates=1.0, yaw=1.0, action_change=1.0)[0] < 5e-4  # 4 × √1e-8


def test_position_weighs_the_distance_to_where_it_should_be(flown):
    flown[0][1, 2, :3] = (1.3, 0.0, 0.4)
    flown[3][1, 2] = (1.0, 0.0, 0.0)  # 0.5 m off, in one of six
    value, of_states, _ = loss(flown, position=2.0)
    assert value == pytest.approx(2.0 * (0.5 + 5e-4) / 6, rel=1e-3)
    assert of_states[1, 2, :3] == pytest.approx(np.array([0.6, 0.0, 0.8]) * 2.0 / 6, rel=1e-4)


def test_velocity_weighs_the_difference_to_that_of_the_set_point(flown):
    flown[0][0, 1, 7:10] = (0.0, 2.0, 0.0)
    flown[4][0, 1] = (0.0, 0.0, 1.5)  # 2.5 m/s
    value, of_states, _ = loss(flown, velocity=3.0)
    assert value == pytest.approx(3.0 * (2.5 + 5e-4) / 6, rel=1e-3)
    assert of_states[0, 1, 7:10] == pytest.approx(np.array([0.0, 0.8, -0.6]) * 3.0 / 6, rel=1e-4)


def test_rates_weigh_their_length(flown):
    flown[0][0, 0, 10:13] = (3.0, 0.0, 4.0)
    assert loss(flown, rates=0.1)[0] == pytest.approx(0.1 * 5.0 / 6, rel=1e-3)


@pytest.mark.parametrize("turn", [0.6, -0.6])
def test_yaw_weighs_the_sine_of_the_heading(flown, turn):
    flown[0][1, 0, 3:7] = (0.0, 0.0, math.sin(turn / 2), math.cos(turn / 2))
    value, of_states, _ = loss(flown, yaw=0.5)
    assert value == pytest.approx(0.5 * math.sin(0.6) / 6, rel=1e-4)
    assert of_states[1, 0, 5] == pytest.approx(0.5 * 2.0 * math.cos(turn / 2) * np.sign(turn) / 6, rel=1e-4)


def test_a_tilt_is_no_yaw(flown):
    flown[0][1, 0, 3:7] = (math.sin(0.3), 0.0, 0.0, math.cos(0.3))
    assert loss(flown, yaw=0.5)[0] == 0.0


def test_a_change_of_action_is_weighed_from_the_last_window_on(flown):
    flown[2][:] = 0.25
    flown[1][0], flown[1][1] = 0.5, 0.3  # |Δ| = √4 · 0.25 and √4 · 0.2
    value, _, of_actions = loss(flown, action_change=1.0)
    assert value == pytest.approx((0.5 + 0.4) / 2, rel=1e-3)
    assert of_actions[0] == pytest.approx(np.full((N, 4), (0.5 + 0.5) / 6), rel=1e-3)
    assert of_actions[1] == pytest.approx(np.full((N, 4), -0.5 / 6), rel=1e-3)


def test_after_a_vehicle_is_lost_nothing_of_it_counts(flown):
    states = flown[0]
    states[0, 0, 0], states[1, 0, 0] = 50.0, 0.5  # lost, and back: a tick too late
    states[:, 1, 0] = 0.5
    value, of_states, _ = loss(flown, position=1.0)
    assert value == pytest.approx((0.5 + 0.5) / 6, rel=1e-3)
    assert (of_states[:, 0] == 0.0).all()
    assert (of_states[:, 1, 0] > 0.0).all()


def test_a_vehicle_that_is_not_finite_spoils_no_gradient(flown):
    flown[0][1, 0, :] = np.nan
    value, of_states, _ = loss(flown, position=1.0, velocity=1.0, rates=1.0, yaw=1.0)
    assert math.isfinite(value)
    assert np.isfinite(of_states).all()


def test_the_learning_rate_goes_down_half_a_cosine_to_its_final_share(trainer):
    one = trainer(updates=4, learning_rate=0.004)
    assert one.training.method.final_share == 0.03
    rates = [one.update().learning_rate for _ in range(5)]
    shares = [0.03 + 0.97 * 0.5 * (1.0 + math.cos(math.pi * k / 4)) for k in range(5)]
    assert rates == pytest.approx([0.004 * share for share in shares])
    assert one._adam.param_groups[0]["lr"] == rates[-1]


def test_the_slope_follows_its_schedule_and_is_what_the_spikes_get(trainer):
    one = trainer(
        updates=6, network="{kind: snn, hidden: [48, 24], slope: {kind: interval, first: 2, last: 10, steps: 3}}"
    )
    slopes = [one.update().slope for _ in range(6)]
    assert slopes == [2.0, 2.0, 6.0, 6.0, 10.0, 10.0]
    assert one.policy.slope == 10.0


def test_a_network_without_spikes_has_no_slope(trainer):
    assert math.isnan(trainer(network="{kind: ann, hidden: [8]}").update().slope)


def of_method(one, **changes):
    """The same trainer with keys of its method replaced."""
    one.training = one.training.model_copy(update={"method": one.training.method.model_copy(update=changes)})
    return one


def gradients(one):
    one._gradients()
    return [parameter.grad.clone() for parameter in one.policy.parameters()]


def test_gradient_decay_leaves_less_of_a_gradient_the_further_it_goes_back(trainer):
    words = {"window": 40, "network": "{kind: ann, hidden: [8]}"}
    faded = [of_method(trainer(**words), gradient_decay=left) for left in (1.0, 0.5, 0.0)]
    whole, half, none = (float(sum(g.square().sum() for g in gradients(one))) for one in faded)
    assert none < half < whole
    later = [one._flights._of_states[one._flights.lag + 1 : -1] for one in faded]
    assert np.abs(later[2]).max() == 0.0
    assert np.abs(later[1]).max() > 0.0


def test_weight_decay_shrinks_the_weights_that_read_hidden_values_and_no_others(trainer):
    kept, shrunk = trainer(), of_method(trainer(), weight_decay=0.5)
    rate = kept.update().learning_rate
    shrunk.update()
    for (name, a), (_, b) in zip(kept.policy.named_parameters(), shrunk.policy.named_parameters(), strict=True):
        hidden = name.endswith("weight") and name != "linear.0.weight"
        assert torch.allclose(b, a * (1.0 - 0.5 * rate) if hidden else a, atol=0.0, rtol=1e-6), name
        assert hidden != torch.equal(a, b), name


def test_a_gradient_that_is_not_finite_takes_no_step_and_is_counted(trainer, monkeypatch):
    one = trainer()
    before = [parameter.detach().clone() for parameter in one.policy.parameters()]
    monkeypatch.setattr("torch.nn.utils.clip_grad_norm_", lambda *_: torch.tensor(math.inf))
    one.update()
    assert (one.dropped, one.updates) == (1, 1)
    assert all(torch.equal(a, b) for a, b in zip(before, one.policy.parameters(), strict=True))
    again = trainer()
    again.restore(one.snapshot())
    assert again.dropped == 1
