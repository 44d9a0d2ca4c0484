"""Networks that learn, trainings that stop and go on, configs that are wrong."""

import csv
import errno
import math
import os
import pickle
import re
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

import hil_sim
from hil.core.errors import BadInput, ScenarioError
from hil.scenario.shipped import shipped_names
from hil_controllers.network import Network
from hil_controllers.training import session as session_module
from hil_controllers.training.config import read_training
from hil_controllers.training.flights import Flights
from hil_controllers.training.session import CHECKPOINT, CURVE, Figures, Session

METRICS = ("position_error_mean_m", "position_error_xy_rmse_m", "tilt_p95_rad")


def losses(trainer, updates):
    return [trainer.update().loss for _ in range(updates)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (1, 2))])
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
        ({"learning_rate": "0.1, beta1: 1.0"}, ":13:method.beta1", "less than 1"),
        ({"learning_rate": "0.1, beta2: 1"}, ":13:method.beta2", "less than 1"),
        (
            {"more": ", final: [{name: a, scenario: hover, metric: position_eror_mean_m}]"},
            ":15:evaluation.final.0.metric",
            "did you mean 'position_error_mean_m'",
        ),
        ({"more": ", final: [{name: hover, scenario: hover}]"}, ":15:evaluation.final.0.name", "evaluation.progress"),
        (
            {"more": ", final: [{name: a, scenario: hover}, {name: a, scenario: step}]"},
            ":15:evaluation.final.1.name",
            "evaluation.final.0",
        ),
    ],
)
def test_a_wrong_config_is_told_with_its_line(training_file, changes, where, words):
    with pytest.raises(ScenarioError) as told:
        read_training(training_file(**changes))
    assert where in str(told.value)
    assert words in str(told.value)


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("position_eror_mean_m", "did you mean 'position_error_mean_m'"),
        ("tube_share_10cm", "is better the higher it is"),
        ("loop_time_p99_s", "depends on wall time"),
    ],
)
def test_a_progress_metric_that_no_training_can_make_small_is_told_with_its_line(training_file, metric, words):
    path = training_file()
    path.write_text(path.read_text().replace("repeats: 2,", f"repeats: 2, metric: {metric},"))
    with pytest.raises(ScenarioError, match=re.escape(words)) as told:
        read_training(path)
    assert ":15:evaluation.progress.metric" in str(told.value)


def test_a_metric_by_its_short_name_is_the_metric(training_file):
    _, training, _ = read_training(
        training_file(more=", final: [{name: a, scenario: hover, metric: published_nanobench}]")
    )
    assert training.evaluation.final[0].metric == "position_error_published_nanobench_m"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"updates": 0}, "--updates: must be 1 to 100000000, got 0"),
        ({"updates": 10**9}, "--updates: must be 1 to 100000000, got 1000000000"),
        ({"seed": -1}, "--seed: must be 0 to 9223372036854775807, got -1"),
        ({"seed": 2**63}, "--seed: must be"),
    ],
)
def test_updates_and_seed_out_of_range_are_one_line(training_file, changes, words):
    with pytest.raises(BadInput, match=words):
        read_training(training_file(), **changes)


def test_a_vehicle_and_a_scenario_beside_the_config_are_found_from_anywhere(training_file, tmp_path, monkeypatch):
    path = training_file(vehicle="mine.toml", more=", final: [{name: a, scenario: my/hover.yaml}]")
    shutil.copy(Path(hil_sim.__file__).parent / "vehicles" / "cf-l2f-original.toml", tmp_path / "mine.toml")
    (tmp_path / "my").mkdir()
    shutil.copy(shipped_names()["hover"], tmp_path / "my" / "hover.yaml")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    _, training, _ = read_training(Path("..") / path.name)
    assert training.vehicle == str(tmp_path / "mine.toml")
    assert training.evaluation.final[0].scenario == str(tmp_path / "my" / "hover.yaml")
    assert training.evaluation.progress.scenario == "hover"


@pytest.fixture
def session(training_file, tmp_path):
    """A session whose judge gives the values named, one per evaluation."""

    def make(values, *, folder="out", **changes):
        text, training, vehicle = read_training(training_file(**changes))
        left = list(values)

        def judge(network, flight):
            assert isinstance(network, Network)
            value = left.pop(0)
            return Figures(flight, 1.0, dict.fromkeys(METRICS, value))

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


@pytest.fixture
def no_file_at(monkeypatch):
    """As if no file could be made of the policies of these evaluations, the first being 0: `no_file_at(1, 2)`."""

    def refuse(*evaluations):
        made, drafts = session_module.network_of, []

        def network_of(*given, draft=False):
            if draft:
                drafts.append(given)
            elif given[3] == {} and len(drafts) - 1 in evaluations:
                raise BadInput("43.5 % of neurons spike in a step of the sweep, 5 to 40 % are needed")
            return made(*given, draft=draft)

        monkeypatch.setattr(session_module, "network_of", network_of)

    return refuse


def test_a_network_that_no_file_can_be_made_of_is_not_kept_however_well_it_flies(session, no_file_at):
    one = session([0.2, 0.05, 0.1, 0.1], updates=30, every=10, more=", stop_at: 0.06")
    one.open()
    no_file_at(1)
    told = []
    assert one.train(lambda seen: told.append(one.refused)) == "all 30 updates made", "it is no reason to stop either"
    assert one.best.update == 30
    assert ["43.5 %" in refused for refused in told[9::10]] == [False, True, False]
    assert one.finish("")[0].provenance["update"] == 30
    assert [row[-1] for row in curve_of(one)] == ["kept", "1", "0", "1"]


def test_a_training_none_of_whose_networks_can_be_a_file_ends_and_says_why_whenever_it_is_asked(session, no_file_at):
    one = session([0.2, 0.1], updates=60, every=10, more=", patience: 2")
    one.open()
    no_file_at(0, 1)
    assert one.train(lambda seen: None) == "2 evaluations without a better one that could be kept"
    again = session([], updates=60, every=10, more=", patience: 2")
    assert again.open()
    for asked in (one, again):
        with pytest.raises(BadInput, match=r"no network is kept: 43\.5 % of neurons spike"):
            asked.finish("")


def test_a_training_ends_early_when_it_is_good_enough_or_no_longer_gets_better(session):
    good = session([0.2, 0.05], folder="a", updates=60, every=10, more=", stop_at: 0.05")
    good.open()
    assert "reached 0.05" in good.train(lambda seen: None)
    assert good.trainer.updates == 20
    stuck = session([0.1, 0.2, 0.2], folder="b", updates=60, every=10, more=", patience: 2")
    stuck.open()
    assert "without a better one" in stuck.train(lambda seen: None)
    assert stuck.trainer.updates == 30


def test_an_interrupted_training_goes_on_and_ends_with_the_same_network(session):
    values = [0.3, 0.2, 0.1, 0.1]
    through = session(values, folder="through", updates=30, every=10)
    through.open()
    through.train(lambda seen: None)

    first = session(values, folder="cut", updates=30, every=10)
    first.open()

    def cut(seen):
        if seen.update.number == 17:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        first.train(cut)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    second = session(values[1:], folder="cut", updates=30, every=10)
    assert second.open()
    assert second.trainer.updates == 17
    second.train(lambda seen: None)
    assert second.finish("")[0].hash == through.finish("")[0].hash


def curve_of(one):
    """The curve without its CPU time."""
    return [[*row[:1], *row[2:]] for row in csv.reader((one.folder / CURVE).read_text().splitlines())]


def interrupted(times):
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(("times", "at"), [(1, 20), (2, 10)])
def test_ctrl_c_while_judging_ends_with_the_same_network_and_curve(session, times, at):
    values = [0.3, 0.2, 0.1, 0.1]
    through = session(values, folder="through", updates=30, every=10)
    through.open()
    through.train(lambda seen: None)

    first = session(values, folder="cut", updates=30, every=10)
    first.open()
    judge, judged = first.evaluate, []

    def cut(network, flight):
        judged.append(network)
        if len(judged) == 2:
            interrupted(times)
        return judge(network, flight)

    first.evaluate = cut
    with pytest.raises(KeyboardInterrupt):
        first.train(lambda seen: None)
    second = session(values[at // 10 :], folder="cut", updates=30, every=10)
    assert second.open()
    assert second.trainer.updates == at, "one Ctrl-C: after this evaluation; two: from the checkpoint before"
    second.train(lambda seen: None)
    assert curve_of(second) == curve_of(through)
    assert second.finish("")[0].hash == through.finish("")[0].hash


@pytest.mark.parametrize(("times", "at"), [(1, 13), (2, 10)])
def test_ctrl_c_in_the_middle_of_an_update_ends_with_the_same_network_and_curve(session, monkeypatch, times, at):
    values = [0.3, 0.2, 0.1, 0.1]
    through = session(values, folder="through", updates=30, every=10)
    through.open()
    through.train(lambda seen: None)

    first = session(values, folder="cut", updates=30, every=10)
    first.open()
    move = Flights.move

    def cut(flights, t, actions):
        if first.trainer.updates == 12 and t == 5:
            interrupted(times)
        move(flights, t, actions)

    monkeypatch.setattr(Flights, "move", cut)
    with pytest.raises(KeyboardInterrupt):
        first.train(lambda seen: None)
    monkeypatch.undo()
    second = session(values[1:], folder="cut", updates=30, every=10)
    assert second.open()
    assert second.trainer.updates == at
    second.train(lambda seen: None)
    assert curve_of(second) == curve_of(through)
    assert second.finish("")[0].hash == through.finish("")[0].hash


def test_flights_that_are_lost_count_as_hopeless(session):
    one = session([], updates=30, every=10, more=", hopeless: 0.8")
    found = iter([(1.0, 0.1), (0.75, 0.1), (0.0, math.nan), (0.0, math.nan)])

    def judge(network, flight):
        survived, mean = next(found)
        return Figures(flight, survived, dict.fromkeys(METRICS, mean))

    one.evaluate = judge
    one.open()
    one.train(lambda seen: None)
    assert [x.value for x in one.evaluations] == pytest.approx([0.1, 0.75 * 0.1 + 0.25 * 0.8, 0.8])
    assert [x.survived for x in one.evaluations] == [1.0, 0.75, 0.0]
    _, figures = one.finish("")
    assert math.isnan(figures[0].means["position_error_mean_m"])
    assert "| 0.0% | nan |" in (one.folder / "small.md").read_text()


def test_updates_without_a_finite_gradient_are_told_in_the_card(session):
    one = session([0.1, 0.1], updates=10, every=10)
    one.open()
    one.trainer.dropped = 3
    one.train(lambda seen: None)
    one.finish("")
    assert "3 updates without a finite gradient took no step" in (one.folder / "small.md").read_text()


def test_the_card_says_which_flights_chose_the_checkpoint(session):
    one = session([0.1, 0.1], updates=10, every=10, more=", final: [{name: last, scenario: hover}]")
    one.open()
    one.train(lambda seen: None)
    one.finish("")
    card = " ".join((one.folder / "small.md").read_text().split())
    assert "The flights of `hover` (hover) chose the checkpoint and have the scenario's own seed" in card
    assert "the flights above have other seeds (+ 1000" in card


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


def changed(checkpoint, change):
    content = torch.load(checkpoint, weights_only=False)
    change(content)
    torch.save(content, checkpoint)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content.pop("best"), "damaged: KeyError: 'best'"),
        (lambda content: content.pop("slope"), "damaged: KeyError: 'slope'"),
        (lambda content: content["trainer"].pop("adam"), "damaged: KeyError: 'adam'"),
        (lambda content: content.update(evaluations=[(1, 2)]), "damaged: TypeError"),
        (lambda content: content["trainer"]["policy"].popitem(), "damaged: RuntimeError"),
        (lambda content: content.update(vehicle="0" * 64), "of another vehicle than cf-l2f-original is now"),
        (lambda content: content.update(hil="0.0.0"), "made by hil 0.0.0"),
    ],
)
def test_a_checkpoint_that_cannot_be_gone_on_from_is_one_line(session, change, words):
    one = session([0.1, 0.1], updates=10, every=10)
    one.open()
    one.train(lambda seen: None)
    changed(one.folder / CHECKPOINT, change)
    with pytest.raises(BadInput, match=re.escape(words)) as told:
        session([0.1], updates=10, every=10).open()
    assert len(told.value.message.splitlines()) == 1


def test_a_full_disk_is_one_line_and_leaves_the_checkpoint_before(session, monkeypatch):
    one = session([0.3, 0.2, 0.1], updates=20, every=10)
    one.open()
    settle = os.fsync

    def full(descriptor):
        if one.trainer.updates == 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return settle(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadInput, match="No space left on device"):
        one.train(lambda seen: None)
    monkeypatch.undo()
    assert not list(one.folder.glob(".*.part"))
    again = session([0.2, 0.1], updates=20, every=10)
    assert again.open()
    assert again.trainer.updates == 10
