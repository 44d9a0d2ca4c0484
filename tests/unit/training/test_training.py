"""Networks that learn, trainings that stop and go on, configs that are wrong."""

import pickle
import shutil

import numpy as np
import pytest

from hil.core.errors import BadInput, ScenarioError
from hil_controllers.network import Network
from hil_controllers.training.config import read_training
from hil_controllers.training.session import CHECKPOINT, CURVE, Figures, Session


def losses(trainer, updates):
    return [trainer.update().loss for _ in range(updates)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_spiking_network_learns_to_stay_in_the_air_and_one_that_cannot_step_does_not(trainer, seed):
    words = {"window": 40, "updates": 150, "path_share": 0.0, "vehicles": 16, "seed": seed}
    learning, control = trainer(**words), trainer(**words, learning_rate="1.0e-12")
    lost = [sum(one.update().lost for _ in range(40)) for one in _after(110, learning, control)]
    assert lost[0] < 0.2 * lost[1]


def _after(updates, *trainers):
    for one in trainers:
        for _ in range(updates):
            one.update()
        yield one


def test_a_training_goes_on_from_a_snapshot_with_the_same_bits(trainer):
    through = trainer()
    expected = losses(through, 12)
    first = trainer()
    begun = losses(first, 5)
    kept = pickle.loads(pickle.dumps(first.snapshot()))
    second = trainer()
    second.restore(kept)
    assert begun + losses(second, 7) == expected
    for a, b in zip(through.policy.parameters(), second.policy.parameters(), strict=True):
        assert a.equal(b)


def test_another_seed_is_another_training(trainer):
    assert losses(trainer(seed=1), 2) != losses(trainer(seed=2), 2)


def test_a_lost_vehicle_does_not_count_and_begins_anew(trainer):
    one = trainer()
    one.update()
    flights = one._flights
    flights.states[-1][3, 0] = 50.0
    flights.states[-1][4, 0] = np.nan
    gone, over = flights.over()
    assert gone[[3, 4]].all()
    assert over[[3, 4]].all()
    one._flights.reset(over.nonzero()[0])
    assert np.isfinite(flights.states[-1]).all()
    assert np.isfinite(one.update().loss)


@pytest.mark.parametrize(
    ("changes", "where", "words"),
    [
        ({"vehicle": "cf-l2f-orignal"}, ":3:vehicle", "cf-l2f-original"),
        ({"network": "{kind: snn, hiden: [4]}"}, ":4:network.hiden", "did you mean 'hidden'"),
        ({"network": "{kind: rnn}"}, ":4:network.kind", "snn"),
        ({"sensors": "real-2027"}, ":6:sensors", "real-2026"),
        ({"observation": "integral: {gain_1_s: -1, limit_m: 0.1}"}, ":5:observation.integral.gain_1_s", "greater"),
        ({"sensors": "{estimator_lag_s: 0.015}"}, ":6:sensors.estimator_lag_s", "whole ticks"),
        ({"sensors": "{action_delay_s: 0.01}"}, ":6:sensors.action_delay_s", "latency_s"),
        ({"window": 1}, ":13:method.window", "2"),
        ({"learning_rate": "1e-3"}, ":13:method.learning_rate", "1.0e-3"),
    ],
)
def test_a_wrong_config_is_told_with_its_line(training_file, changes, where, words):
    with pytest.raises(ScenarioError) as told:
        read_training(training_file(**changes))
    assert where in str(told.value)
    assert words in str(told.value)


@pytest.fixture
def session(training_file, tmp_path):
    """A session whose judge gives the values named, one per evaluation."""

    def make(values, *, folder="out", **changes):
        text, training, vehicle = read_training(training_file(**changes))
        left = list(values)

        def judge(network, flight):
            assert isinstance(network, Network)
            value = left.pop(0)
            metrics = ("position_error_mean_m", "position_error_xy_rmse_m", "tilt_p95_rad")
            return Figures(flight, 1.0, dict.fromkeys(metrics, value))

        return Session(training, vehicle, text, tmp_path / folder, judge, "hil train training.yaml")

    return make


def test_the_best_network_is_kept_with_its_card_and_curve(session):
    one = session([0.2, 0.1, 0.3, 0.1], updates=30, every=10)
    assert not one.open()
    heard = []
    assert one.train(heard.append) == "all 30 updates made"
    network, figures = one.finish("all 30 updates made")
    assert one.best.update == 20
    assert [seen.update.number for seen in heard] == list(range(1, 31))
    saved = Network.load(one.folder / "small.safetensors")
    assert saved.hash == network.hash
    assert saved.provenance["update"] == 20
    card = (one.folder / "small.md").read_text()
    assert "hil train training.yaml" in card
    assert network.hash[:16] in card
    assert len((one.folder / CURVE).read_text().splitlines()) == 4
    assert figures[0].means["position_error_mean_m"] == 0.1


def test_a_training_ends_early_when_it_is_good_enough_or_no_longer_gets_better(session):
    good = session([0.2, 0.05], folder="a", updates=60, every=10, more=", stop_at: 0.05")
    good.open()
    assert "reached 0.05" in good.train(lambda seen: None)
    assert good.trainer.updates == 20
    stuck = session([0.1, 0.2, 0.2], folder="b", updates=60, every=10, more=", patience: 2")
    stuck.open()
    assert "without a better one" in stuck.train(lambda seen: None)
    assert stuck.trainer.updates == 30


def test_an_interrupted_training_goes_on_and_ends_with_the_same_network(session, tmp_path):
    values = [0.3, 0.2, 0.1, 0.1]
    through = session(values, folder="through", updates=30, every=10)
    through.open()
    through.train(lambda seen: None)

    first = session(values, folder="cut", updates=30, every=10)
    first.open()

    def cut(seen):
        if seen.update.number == 17:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.train(cut)
    second = session(values[1:], folder="cut", updates=30, every=10)
    assert second.open()
    assert second.trainer.updates == 17
    second.train(lambda seen: None)
    assert second.finish("")[0].hash == through.finish("")[0].hash


def test_a_folder_with_another_training_is_refused_and_left_alone(session):
    one = session([0.1, 0.1], updates=10, every=10)
    one.open()
    one.train(lambda seen: None)
    before = (one.folder / CHECKPOINT).read_bytes()
    with pytest.raises(BadInput, match="another config"):
        session([0.1], updates=20, every=10).open()
    assert (one.folder / CHECKPOINT).read_bytes() == before


def test_a_damaged_checkpoint_is_one_line(session):
    one = session([0.1, 0.1], updates=10, every=10)
    one.open()
    one.train(lambda seen: None)
    shutil.copy(__file__, one.folder / CHECKPOINT)
    with pytest.raises(BadInput, match="damaged"):
        session([0.1], updates=10, every=10).open()
