"""`hil train` from config to a network that flies: exit codes, files, JSON, going on, Ctrl-C."""

import csv
import json
import math
import signal
import subprocess
import sys
from contextlib import contextmanager
from threading import Timer

import pytest
import yaml

pytest.importorskip("torch", reason="training needs torch: pip install 'hil-bench[train]'")
pytest.importorskip("numba", reason="training needs numba: pip install 'hil-bench[train]'")

from hil.cli.train import flying, judge_of
from hil.core.errors import BadInput
from hil.evaluation import evaluate, scenario_of
from hil_controllers.network import Network
from hil_controllers.network.controller import NetworkBatch
from hil_controllers.training.config import read_training

TINY = """\
version: 1
name: tiny
vehicle: {vehicle}
network: {{kind: snn, hidden: [16, 8]}}
sensors: l2f-original
method: {{kind: apg, vehicles: 16, window: 10}}
updates: {updates}
evaluation:
  every: {every}
  set: {{safety.geofence_m: [5, 5, 5]}}
  progress: {{name: progress, scenario: hover, repeats: 2, set: {{duration_s: 1, settle_s: 0.2}}}}
  final: [{{name: last, scenario: {scenario}, repeats: 2, set: {{duration_s: 1, settle_s: 0.2{more}}}}}]
seed: 3
"""


@pytest.fixture
def config(tmp_path):
    """Writes a config of a training of seconds, with what is named changed; its path."""

    def write(**changes):
        words = {"vehicle": "cf-l2f-original", "updates": 6, "every": 3, "scenario": "hover", "more": ""} | changes
        path = tmp_path / "tiny.yaml"
        path.write_text(TINY.format(**words))
        return path

    return write


def curve(folder):
    """The curve without its CPU time."""
    return [[*row[:1], *row[2:]] for row in csv.reader((folder / "curve.csv").read_text().splitlines())]


def test_a_training_writes_its_files_and_the_network_flies(hil, config, tmp_path):
    answer = hil("train", config(), "--out", "out")
    assert answer.code == 0, answer.err
    folder = tmp_path / "out"
    assert sorted(path.name for path in folder.iterdir()) == [
        "checkpoint.pt", "curve.csv", "tiny.md", "tiny.safetensors", "training.yaml",
    ]  # fmt: skip
    assert [row[0] for row in curve(folder)] == ["update", "3", "6"]
    network = Network.load(folder / "tiny.safetensors")
    assert network.hash[:16] in (folder / "tiny.md").read_text()
    told = next(line for line in answer.out.splitlines() if line.startswith("fly it: ")).removeprefix("fly it: hil ")
    flown = hil(*told.split(), "--set", "duration_s=1", "--set", "settle_s=0.2", "--no-report")
    assert flown.code in (1, 4), flown.err  # so short a training flies badly, but it flies
    assert "network was trained" not in flown.out + flown.err


@pytest.mark.parametrize("method", ["td3", "dagger"])
def test_a_method_with_a_replay_trains_and_goes_on_by_the_same_command(hil, config, tmp_path, method):
    path = config()
    told = f"{{kind: {method}, vehicles: 16, batch: 4, sequence: 10, warm_up: 2, updates_per_rollout: 3}}"
    path.write_text(path.read_text().replace("{kind: apg, vehicles: 16, window: 10}", told))
    first = hil("train", path, "--out", "out", "--json")
    assert first.code == 0, first.err
    assert [row[0] for row in curve(tmp_path / "out")] == ["update", "3", "6"]
    assert Network.load(tmp_path / "out" / "tiny.safetensors").provenance["method"] == method
    assert json.loads(hil("train", path, "--out", "out", "--json").out) == json.loads(first.out)


def test_json_is_json_and_lost_flights_are_null(hil, config):
    answer = hil("train", config(more=", safety.tilt_deg: 0.001"), "--out", "out", "--json")
    assert answer.code == 0, answer.err
    told = json.loads(answer.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    (last,) = told["flights"]
    assert (last["flight"], last["survived"], last["position_error_mean_m"]) == ("last", 0.0, None)
    assert (told["ended"], told["dropped"]) == ("all 6 updates made", 0)


def test_every_evaluation_lost_is_hopeless_and_ends_no_training(hil, config, tmp_path):
    path = config(more=", safety.tilt_deg: 0.001")
    path.write_text(path.read_text().replace("set: {safety.geofence_m: [5, 5, 5]}", "set: {safety.tilt_deg: 0.001}"))
    answer = hil("train", path, "--out", "out")
    assert answer.code == 0, answer.err
    assert [row[2:4] for row in curve(tmp_path / "out")[1:]] == [["0.5", "0"]] * 2
    assert "nan" in (tmp_path / "out" / "tiny.md").read_text()


def test_the_same_command_again_is_done_at_once_with_the_same_network(hil, config):
    first = hil("train", config(), "--out", "out", "--json")
    again = hil("train", config(), "--out", "out", "--json")
    assert (first.code, again.code) == (0, 0)
    assert json.loads(first.out) == json.loads(again.out)


def test_a_config_that_ships_goes_by_its_name(hil, monkeypatch):
    asked = []

    def stop(training):
        asked.append(training)
        raise BadInput("far enough")

    monkeypatch.setattr("hil.cli.train.judge_of", stop)
    assert hil("train", "snn-cf-l2f-original").code == 2
    assert asked[0].vehicle == "cf-l2f-original"


@pytest.mark.parametrize(
    ("changes", "words", "where"),
    [
        ({}, ("--updates", "0"), "--updates: must be 1 to"),
        ({}, ("--seed", "-1"), "--seed: must be 0 to"),
        ({"vehicle": "cf-l2f-orignal"}, (), "tiny.yaml:3:vehicle: "),
        ({"scenario": "hoover"}, (), "tiny.yaml:12:evaluation.final.0.scenario: unknown scenario 'hoover'"),
        ({"more": ", settle_z: 1"}, (), "tiny.yaml:12:evaluation.final.0.set.settle_z: "),
        ({"more": ", task.position_m: [0, 0, 9]"}, (), "tiny.yaml:12:evaluation.final.0"),
        ({"scenario": "yaw_step"}, (), "tiny.yaml:12:evaluation.final.0.scenario: "),
    ],
)
def test_what_cannot_be_trained_or_flown_is_one_line_and_exits_2(hil, config, changes, words, where):
    if changes.get("scenario") == "yaw_step":
        changes = {"scenario": "hover", "more": ", task: {kind: hold, position_m: [0, 0, 1], yaw_deg: 30}"}
    answer = hil("train", config(**changes), "--out", "out", *words)
    assert answer.code == 2
    assert where in answer.err.splitlines()[0]
    assert "Traceback" not in answer.err


def test_a_mistake_in_what_is_set_for_all_flights_is_told_there(hil, config):
    path = config()
    path.write_text(path.read_text().replace("safety.geofence_m", "safety.geofense_m"))
    answer = hil("train", path)
    assert answer.code == 2
    assert "tiny.yaml:10:evaluation.set.safety.geofense_m: " in answer.err


def test_final_flights_have_other_seeds_than_those_that_chose_the_checkpoint(config, monkeypatch):
    seeds = {}
    monkeypatch.setattr(
        "hil.evaluation.evaluate",
        lambda batch, scenario: seeds.setdefault(scenario.duration_s, []).append(scenario.seed),
    )
    monkeypatch.setattr("hil_controllers.network.controller.NetworkBatch", lambda network: None)
    for more in ("", ", seed: 7"):
        _, training, _ = read_training(config(more=more))
        judge = judge_of(training)
        for flight in training.flights.values():
            with pytest.raises(AttributeError):
                judge(None, flight)
    assert seeds == {1.0: [1, 1001, 1, 7]}


def test_the_command_that_flies_it_names_vehicle_and_sensors(config, tmp_path):
    _, training, _ = read_training(config())
    words = flying(tmp_path / "tiny.safetensors", training)
    assert words[words.index("--vehicle") + 1] == "cf-l2f-original"
    assert words[words.index("--set") + 1] == "sensors=l2f-original"


def test_flights_that_all_end_early_have_every_metric_as_nan(networks):
    scenario = scenario_of("hover", {"vehicle": "cf-l2f-original", "repeats": 3, "settle_s": 6}, network="wild")
    found = evaluate(NetworkBatch(networks.snn()), scenario)
    assert found.survived == 0.0
    assert math.isnan(found.means["position_error_mean_m"])
    assert math.isnan(found.means["tilt_p95_rad"])


def test_flights_that_last_have_means(networks):
    scenario = scenario_of("hover", {"vehicle": "cf-l2f-original", "repeats": 2}, network="ann")
    found = evaluate(NetworkBatch(networks.flying_ann()), scenario)
    assert found.survived == 1.0
    assert 0.0 <= found.means["position_error_mean_m"] < 0.5


AS_IN_A_TERMINAL = (  # where SIGINT is not ignored, whoever starts the tests
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module('hil', run_name='__main__')"
)


@contextmanager
def training(path, folder):
    """`hil train` in a process of its own, which lives two minutes at most."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", AS_IN_A_TERMINAL, "train", path, "--out", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    limit = Timer(120.0, process.kill)
    limit.start()
    try:
        yield process
    finally:
        limit.cancel()
        process.kill()
        process.communicate()


def test_two_real_ctrl_c_leave_the_same_network_and_curve_as_none(config, tmp_path):
    path = config(updates=400, every=50)
    for number in (1, 2):
        with training(path, tmp_path / "cut") as process:
            next(line for line in process.stdout if line.startswith("update"))
            process.send_signal(signal.SIGINT)
            _, err = process.communicate()
        assert process.returncode == 4, err
        assert "of 400" in err
        assert "the same command goes on from there" in err
        assert 50 * number <= int(err.split("stopped at update ")[1].split()[0]) < 400
    for folder in ("cut", "through"):
        with training(path, tmp_path / folder) as process:
            out, err = process.communicate()
        assert process.returncode == 0, err
        assert ("goes on after update" in out) == (folder == "cut")
    assert curve(tmp_path / "cut") == curve(tmp_path / "through")
    cut, through = (Network.load(tmp_path / folder / "tiny.safetensors") for folder in ("cut", "through"))
    assert cut.hash == through.hash
    assert yaml.safe_load((tmp_path / "cut" / "training.yaml").read_text())["name"] == "tiny"
