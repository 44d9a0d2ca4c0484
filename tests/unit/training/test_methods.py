"""Methods with a replay: what the paper's released code got wrong is right here, and a test that looks finds it wrong.

Each of the faults has a test, and a twin that plants the fault and sees the test's own question answered otherwise.
"""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hil.core.errors import BadInput, ScenarioError
from hil_controllers.training.actor_critic import ActorCritic
from hil_controllers.training.config import read_training
from hil_controllers.training.method_config import Td3BcJsrl
from hil_controllers.training.replay import Episodes
from hil_controllers.training.replaying import Replaying
from hil_controllers.training.rollouts import Rollouts
from hil_controllers.training.td3bc_jsrl import led_steps

SCALES = "scales: {position: 3.0, rates: 0.2}"
KINDS = ("td3", "bc", "td3bc", "td3bc_jsrl", "dagger")


def rolled_out(one):
    """The learner after its first roll-out, and a batch of it."""
    one._roll_out()
    return one, one.replay.sample(8, 20)


# The Q-gradient reaches the actor


def gradient_of_q(one, batch):
    """Size of the gradient that the policy's loss leaves in its first layer, with nothing but Q in it."""
    loss = one.policy_loss(batch)
    if not loss.requires_grad:
        return 0.0
    (gradient,) = torch.autograd.grad(loss, one.policy.linear[0].weight, allow_unused=True)
    return 0.0 if gradient is None else float(gradient.norm())


def test_the_gradient_of_q_reaches_the_policy(learner):
    one, batch = rolled_out(learner("td3", "saturation: 0"))
    assert gradient_of_q(one, batch) > 1e-6


def test_q_of_the_actions_flown_would_give_the_policy_no_gradient(learner):
    one, batch = rolled_out(learner("td3", "saturation: 0"))
    opinion = one.critics.forward
    one.critics.forward = lambda shown, history, actions: opinion(shown, history, batch.flown)
    assert gradient_of_q(one, batch) == 0.0


def test_the_step_of_the_policy_leaves_the_critics_alone(learner):
    one, batch = rolled_out(learner("td3"))
    before = [weight.detach().clone() for weight in one.critics.weights]
    one.critics.requires_grad_(False)
    one.step(one.policy_loss(batch))
    assert all(a.equal(b) for a, b in zip(before, one.critics.weights, strict=True))


# Targets are not modified in place


def changed_by(work, batch):
    """Names of what of a batch is another after this work."""
    before = [part.clone() for part in batch]
    work()
    return [name for name, a, b in zip(batch._fields, before, batch, strict=True) if not a.equal(b)]


def test_target_noise_changes_nothing_that_is_cloned_or_kept(learner):
    one, batch = rolled_out(learner("td3bc_jsrl"))
    assert changed_by(lambda: (one.targets(batch, 0.0), one.policy_loss(batch)), batch) == []


def test_target_noise_added_in_place_would_be_seen(learner):
    one, batch = rolled_out(learner("td3bc_jsrl"))

    def noisy():
        batch.flown.add_(torch.randn(batch.flown.shape) * one.method.target_noise)

    assert changed_by(noisy, batch) == ["flown"]


def test_target_noise_smooths_the_targets(learner):
    one, batch = rolled_out(learner("td3"))
    assert not one.targets(batch, 0.0).equal(one.targets(batch, 0.0))
    still, batch = rolled_out(learner("td3", "target_noise: 0"))
    assert still.targets(batch, 0.0).equal(still.targets(batch, 0.0))


# All roll-outs are stored


WIDE = {"fence_m": 3.0, "exploration_noise": 0.0}


def test_flights_that_time_ended_are_kept(learner):
    one, _ = rolled_out(learner("bc", told=WIDE))
    assert [lost for _, _, lost in one.replay._episodes] == [False] * 16


def test_keeping_only_what_was_lost_would_leave_none(learner, monkeypatch):
    fly = Rollouts.fly
    monkeypatch.setattr(
        Rollouts, "fly", lambda *a, **k: (lambda e: Episodes(*(part[e.lost] for part in e)))(fly(*a, **k))
    )
    one = learner("bc", told=WIDE)
    one._roll_out()
    assert len(one.replay) == 0


# Time-out is no terminal


def bootstrapped(one, *, lost):
    """What the targets say of the last step of an episode that time, or a loss, ended, less its reward."""
    steps = one.rollouts.steps
    whole = [np.zeros((1, steps + extra, k), np.float32) for extra, k in ((1, 18), (0, 4), (0, 4), (0, 4))]
    one.replay.add(Episodes(*whole, np.array([steps]), np.array([lost])))
    batch = one.replay.sample(2000, 1)
    at_the_end = batch.first == steps - 1
    one.target_critics.forward = lambda shown, history, actions: torch.ones(2, *shown.shape[:-1])
    reward = 1.0 - one.method.discount  # of no costs
    (value,) = set((one.targets(batch, 0.0)[0][at_the_end] - reward).round(decimals=5).tolist())
    return value


def test_after_the_end_of_time_there_is_value(learner):
    one = learner("td3")
    assert bootstrapped(one, lost=False) == pytest.approx(one.method.discount)


def test_after_a_loss_there_is_none_so_a_time_out_told_as_one_would_be_seen(learner):
    assert bootstrapped(learner("td3"), lost=True) == pytest.approx(0.0)


# The test flies without the guide


def lost_share(one, policy, **guided):
    """Share of flights lost by a policy that does nothing, alone or guided, over 0.6 s from a metre-wide fence."""
    rollouts = Rollouts(one.training, one.vehicle, vehicles=16, fence_m=0.6)
    return rollouts.fly(policy, **guided).lost.mean()


def doing_nothing():
    still = np.full((16, 4), -1.0, np.float32)
    return SimpleNamespace(begin=lambda: None, act=lambda shown: still, flown=lambda actions: None)


def test_a_policy_that_cannot_fly_is_lost_when_it_is_tested(learner):
    one = learner("td3bc_jsrl")
    assert lost_share(one, doing_nothing()) == 1.0


def test_a_guide_in_the_test_would_hide_that(learner):
    one = learner("td3bc_jsrl")
    led = np.full(16, one.rollouts.steps)
    assert lost_share(one, doing_nothing(), guide=one.guide, led=led) < 0.5


def test_the_policy_alone_does_what_its_network_says(learner):
    one = learner("td3bc_jsrl")
    flown = one.rollouts.fly(one.pilot(16))
    memory = one.policy.start(16)
    with torch.no_grad():
        for t in range(10):
            actions, memory = one.policy.act(torch.from_numpy(flown.shown[:, t]), memory)
            assert np.allclose(actions.numpy(), flown.flown[:, t], atol=1e-5)


# Roll-outs


def test_the_policy_is_warm_when_the_guide_hands_over(learner):
    one = learner("td3bc_jsrl")
    asked = []
    policy = SimpleNamespace(
        begin=lambda: None,
        act=lambda shown: asked.append(shown) or np.zeros((16, 4), np.float32),
        flown=lambda actions: None,
    )
    flown = one.rollouts.fly(policy, guide=one.guide, led=np.full(16, 7))
    assert len(asked) == one.rollouts.steps or flown.lost.all()
    assert not np.allclose(flown.flown[:, 6], 0.0)
    assert np.allclose(flown.flown[:, 7], 0.0)
    assert np.abs(flown.labels[:, 7]).max() > 0.1, "the guide says what it would do, whoever flies"


def test_exploration_noise_is_flown_and_kept(learner):
    one = learner("td3")
    quiet, noisy = (one.rollouts.fly(doing_nothing(), noise=noise).flown for noise in (0.0, 0.1))
    assert np.unique(quiet[:, 0]).tolist() == [-1.0]
    assert len(np.unique(noisy[:, 0])) > 20


def test_the_guide_keeps_less_and_less_until_its_least():
    method = Td3BcJsrl(kind="td3bc_jsrl", guide="snn", guide_least=50, hand_over_until=0.5)
    assert [led_steps(share, 500, method) for share in (0.0, 0.25, 0.5, 1.0)] == [499, 274, 50, 50]


def test_without_a_hand_over_the_guide_flies_first_and_then_not_at_all(learner):
    one = learner("td3bc", "guide_rollouts: 2")
    led = []
    for updates in (0, 5, 10, 15):
        one.updates = updates
        led.append(set(one.led().tolist()))
    assert led == [{60}, {60}, {0}, {0}]


def test_the_expert_flies_all_episodes_then_fewer_then_none(learner):
    one = learner("dagger", "expert_until: 0.5", updates=40)
    led = []
    for updates in (0, 10, 20, 40):
        one.updates = updates
        led.append(one.led().tolist())
    assert led == [[60] * 16, [60] * 8 + [0] * 8, [0] * 16, [0] * 16]


def test_the_expert_holds_its_place(learner):
    one = learner("dagger", episode_s=2.0, updates=30)
    flown = one.rollouts.fly(doing_nothing(), guide=one.guide, led=np.full(16, 200))
    assert not flown.lost.any()
    off_m = np.sqrt(flown.costs[:, -1, 0])
    assert off_m.mean() < 0.1


def test_an_expert_that_guesses_the_rotors_answers_otherwise_than_one_that_sees_them(learner):
    one = learner("dagger")
    flights = one.rollouts._flights
    flights.begin()
    state, still = flights.states[flights.lag].copy(), np.zeros((16, 3))
    hovering = one.guide.know(state, state[:, :3], still)
    state[:, 13:] *= 0.5
    assert np.abs(one.guide.know(state, state[:, :3], still) - hovering).max() > 0.1


def test_cloning_fades_by_the_epoch(learner):
    one = learner("td3bc_jsrl", "clone: 0.2, clone_decay: 0.5")
    weights = []
    for updates in (0, 4, 5, 10):
        one.updates = updates
        weights.append(one.clone_weight)
    assert weights == pytest.approx([0.2, 0.2, 0.1, 0.05])
    assert learner("td3").clone_weight == 0.0


def test_labels_are_what_was_flown_or_what_the_guide_would_have_done(learner):
    for share in (0.0, 1.0):
        one, batch = rolled_out(learner("td3bc_jsrl", f"guide_labels: {share}"))
        assert one.labels(batch).equal(batch.labels if share else batch.flown)


def test_warm_up_counts_only_where_the_memory_is_not_the_flights_own(learner):
    one, batch = rolled_out(learner("td3"))
    counted = one.counted(batch, 5)
    assert not counted[:5].any()
    assert counted[5:].equal(batch.valid[5:])
    other, batch = rolled_out(learner("td3", "from_start: true"))
    begin = batch.first == 0
    assert begin.any()
    assert other.counted(batch, 5)[:, begin].equal(batch.valid[:, begin])
    assert not other.counted(batch, 5)[:5, ~begin].any()


# Trainings


@pytest.mark.parametrize("kind", KINDS)
def test_a_method_goes_on_from_a_snapshot_with_the_same_bits(learner, kind):
    through = learner(kind)
    expected = [through.update() for _ in range(12)]
    first = learner(kind)
    begun = [first.update() for _ in range(7)]
    second = learner(kind)
    second.restore(pickle.loads(pickle.dumps(first.snapshot())))
    assert begun + [second.update() for _ in range(5)] == expected
    for a, b in zip(through.policy.parameters(), second.policy.parameters(), strict=True):
        assert a.equal(b)


def test_a_gradient_that_is_not_finite_takes_no_step(learner):
    one, batch = rolled_out(learner("bc"))
    batch.shown[:] = torch.nan
    before = one.policy.linear[-1].weight.detach().clone()
    one.learn(batch, 0.0)
    assert one.dropped == 1
    assert before.equal(one.policy.linear[-1].weight)


IN_EARNEST = {
    "sequence": 100, "warm_up": 50, "batch": 24, "vehicles": 32, "updates_per_rollout": 20, "from_start": True,
    "learning_rate": 0.004,
}  # fmt: skip
PACKAGE = {"vehicle": "cf-l2f-package", "of": "cf-l2f-package"}  # quicker motors: sooner learned
LED = {"guide_labels": 1.0, "clone": 20.0, "clone_decay": 1.0, "hand_over_until": 0.3, "policy_delay": 1}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "told"), [("bc", {}), ("td3bc_jsrl", LED), ("dagger", {})])
def test_a_method_learns_to_stay_in_the_air(learner, kind, told):
    one = learner(kind, told=IN_EARNEST | told, episode_s=2.0, updates=200, observation=SCALES, **PACKAGE)
    steps = []
    for updates in (0, 200):
        for _ in range(updates):
            one.update()
        alone = Rollouts(one.training, one.vehicle, vehicles=32, fence_m=0.6).fly(one.pilot(32))
        steps.append(alone.steps.mean())
    assert steps[1] > 1.5 * steps[0]


# What cannot be


@pytest.mark.parametrize(
    ("method", "where", "words"),
    [
        ("{kind: td4}", "method.kind", "td3"),
        ("{kind: td3, windw: 3}", "method.windw", "windw"),
        ("{kind: bc}", "method.guide", "missing"),
        ("{kind: apg, vehicles: 17}", "method.vehicles", "16"),
        ("{kind: td3, discount: 1.0}", "method.discount", "less than 1"),
        ("{kind: td3bc_jsrl, guide: snn, guide_least: -1}", "method.guide_least", "0"),
        ("{kind: td3, sequence: 50}", "method.warm_up", "less than the sequence of 50 steps"),
    ],
)
def test_a_wrong_method_is_told_with_its_line(training_file, method, where, words):
    with pytest.raises(ScenarioError) as told:
        read_training(training_file(method=method))
    assert f":13:{where}" in str(told.value)
    assert words in str(told.value)


def test_a_longer_history_than_the_replay_keeps_is_told_with_its_line(training_file):
    with pytest.raises(ScenarioError, match="at most") as told:
        read_training(training_file(method="{kind: td3}", network="{kind: ann, history: 33}"))
    assert ":4:network.history" in str(told.value)


def test_a_guide_that_is_shown_something_else_is_refused(learner):
    with pytest.raises(BadInput, match="trained with velocity_lead_s 0"):
        learner("bc", observation="velocity_lead_s: 0.1")


def test_a_guide_of_another_vehicle_is_refused(learner):
    with pytest.raises(BadInput, match="trained for cf-l2f-original, not for cf21-identified"):
        learner("bc", vehicle="cf21-identified")


def test_a_guide_that_does_not_ship_is_told_with_those_that_do(learner, training_file):
    from hil_controllers.training.learner import learner_of

    _, training, vehicle = read_training(training_file(method="{kind: bc, guide: ann-histry}"))
    with pytest.raises(BadInput, match="ann-history"):
        learner_of(training, vehicle)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_one_line(learner):
    with pytest.raises(BadInput, match="no GPU"):
        learner("td3", "device: cuda")


def test_interfaces_are_abstract():
    assert {"led", "learn"} <= Replaying.__abstractmethods__
    assert ActorCritic.__abstractmethods__ == {"led"}
