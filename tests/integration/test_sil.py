"""`--target sil`: which network or guest a word means, what is refused, and what a flight leaves behind."""

import json
from pathlib import Path

import numpy as np
import pytest

from hil.controller_choice import told_of
from hil.core.arrays import setpoint_of, state_of
from hil.log import Log
from hil.scenario.model import Scenario
from hil_controllers.network import Network
from hil_sim.vehicle_files import load_vehicle


@pytest.fixture
def task(scenario_file):
    """A hover on the vehicle that the hand-made networks hold best; limits that any flight keeps."""

    def write(extra="", **terms):
        vehicle = "" if "vehicle:" in extra else "vehicle: cf-l2f-original\n"
        return scenario_file(f"{vehicle}{extra}sensors: l2f-original\n", **{"limit": 2.0} | terms)

    return write


@pytest.fixture
def flown(hil, task, networks_ship):
    """The one result of `hil run TASK WORDS…`, which must have flown."""

    def fly(*words, extra=""):
        answer = hil("run", task(extra), *words, "--no-report", "--json")
        assert answer.code == 0, answer.err + answer.out
        (result,) = answer.results
        return result

    return fly


@pytest.mark.parametrize("words", [("-c", "ann"), ("-t", "sil", "-c", "ann"), ("-t", "sil"), ("-c", "snn,ann-history")])
def test_networks_fly_by_name_where_they_belong(hil, task, networks_ship, words):
    answer = hil("run", task(), *words, "--no-report", "--json")
    assert answer.code == 0, answer.err
    wanted = words[-1].split(",") if words[-2] == "-c" else ["snn"]
    assert [(r["target"], r["controller"]) for r in answer.results] == [("sil", name) for name in wanted]


def test_classical_controllers_and_networks_fly_beside_each_other(hil, task, networks_ship):
    for words in (("-c", "geometric,snn"), ("-t", "sim,sil", "-c", "geometric,snn")):
        results = hil("run", task(), *words, "--no-report", "--json").results
        assert [(r["target"], r["controller"]) for r in results] == [("sim", "geometric"), ("sil", "snn")]


def test_a_network_file_flies_under_its_own_name(flown, networks_ship, tmp_path):
    mine = tmp_path / "my-net.safetensors"
    mine.write_bytes((networks_ship / "cf-l2f-original" / "ann.safetensors").read_bytes())
    result = flown("-c", mine)
    assert (result["target"], result["controller"]) == ("sil", "my-net")


def test_what_a_spiking_network_leaves_beside_its_log_is_what_its_neurons_did(flown, networks_ship):
    folder = Path(flown("-c", "snn")["run_dir"])
    network = Network.load(networks_ship / "cf-l2f-original" / "snn.safetensors")
    with np.load(folder / "neurons.npz") as kept:
        record = dict(kept)
    log = Log.open(folder)
    estimates, setpoints = (
        log.stack(*(name for name in log._columns if name.startswith(prefix))) for prefix in ("estimate_", "setpoint_")
    )
    memory, spikes, membranes = network.start(), [], []
    for state, setpoint in zip(estimates.tolist(), setpoints.tolist(), strict=True):
        x, memory = network.observe(state_of(state), setpoint_of(setpoint), memory)
        _, memory = network.step(x, memory)
        spikes.append(np.concatenate(memory.spikes) > 0)
        membranes.append(np.concatenate(memory.membranes)[record["membrane_index"]])
    assert record["layer_sizes"].tolist() == list(network.spiking_sizes)
    assert np.array_equal(np.unpackbits(record["spikes"], axis=1, count=network.neurons), spikes)
    assert np.array_equal(record["membranes"], membranes)
    assert record["membrane_index"].tolist() == sorted(set(record["membrane_index"].tolist()))
    assert record["threshold"].tolist() == network.layers[0].theta[record["membrane_index"]].tolist()
    assert record["rate_hz"] == 100


def test_network_json_says_whose_flight_it_was(flown, networks_ship):
    folder = Path(flown("-c", "ann-history")["run_dir"])
    said = json.loads((folder / "network.json").read_text())
    network = Network.load(networks_ship / "cf-l2f-original" / "ann-history.safetensors")
    assert said["name"] == "ann-history"
    assert said["hash"] == network.hash
    assert said["layer_sizes"] == [146, 4]
    assert said["parameters"] == 4 * 147
    assert said["footprint_bytes"] == 16 * 147
    assert said["contract"]["rate_hz"] == 100
    assert not (folder / "neurons.npz").exists()


def test_two_flights_leave_the_same_bytes(hil, task, networks_ship):
    path = task("repeats: 2\n")
    one = hil("run", path, "-c", "snn", "--no-report", "--json", "--out", "one").results
    two = hil("run", path, "-c", "snn", "--no-report", "--json", "--out", "two", "-j", "1").results
    for a, b in zip(one, two, strict=True):
        assert Log.open(a["run_dir"]) == Log.open(b["run_dir"])
        for name in ("neurons.npz", "network.json", "result.json"):
            assert (Path(a["run_dir"]) / name).read_bytes() == (Path(b["run_dir"]) / name).read_bytes()


def warnings_of(result):
    return [event.text for event in Log.open(result["run_dir"]).events if event.kind == "warning"]


def test_conditions_that_a_network_was_not_trained_for_are_in_its_log(flown):
    assert warnings_of(flown("-c", "snn")) == []
    other = "sensors: {position_noise_m: [0.01, 0.01, 0.01], action_delay_s: 0.03}\n#"
    assert warnings_of(flown("-c", "snn", extra=other)) == [
        "the network was trained with sensors l2f-original",
        "action_delay_s is 30 ms; the network was trained for 0 to 20 ms",
    ]


def test_a_network_for_another_vehicle_is_refused_and_can_be_forced(hil, task, networks_ship):
    foreign = networks_ship / "cf21-identified" / "ann.safetensors"
    answer = hil("run", task(), "-c", foreign, "--no-report")
    assert answer.code == 2
    assert "ann: trained for cf21-identified, not for cf-l2f-original" in answer.err
    assert "--vehicle cf21-identified, or --force" in answer.err
    forced = hil("run", task(), "-c", foreign, "--force", "--no-report", "--json")
    assert forced.code in (0, 1, 4)
    assert warnings_of(forced.results[0]) == ["forced: trained for cf21-identified, not for cf-l2f-original"]


def test_a_file_whose_golden_vectors_do_not_replay_is_refused_and_can_be_forced(hil, task, networks_ship, tmp_path):
    whole = networks_ship / "cf-l2f-original" / "ann.safetensors"
    damaged = bytearray(whole.read_bytes())
    damaged[-1500] ^= 0x40
    (tmp_path / "bad.safetensors").write_bytes(damaged)
    answer = hil("run", task(), "-c", "bad.safetensors", "--no-report")
    assert answer.code == 2
    assert "bad.safetensors: " in answer.err
    assert "golden step" in answer.err or "hash" in answer.err
    assert hil("run", task(), "-c", "bad.safetensors", "--force", "--no-report", "--json").code in (0, 1, 4)


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (("-t", "sim", "-c", "snn"), "snn is a network: it flies on sil, not on sim", "--target sil --controller snn"),
        (("-t", "sil", "-c", "pid"), "pid is a classical controller: it flies on sim", "--target sim --controller pid"),
        (("-t", "sim,sil", "-c", "snn"), "snn is a network: it flies on sil, not on sim", "--target sil"),
        (("-c", "sn"), "did you mean 'snn'?", "NETWORK.safetensors"),
        (("-c", "wild", "--vehicle", "cf-l2f-2"), "no network 'wild' for cf-l2f-2; none ships for it", ""),
        (("-c", "nowhere.safetensors"), "nowhere.safetensors: no such file", ""),
        (("-c", "snn", "--set", "task.yaw_deg=20"), "asks for yaw 0.349 rad at 0.00 s", "--controller geometric"),
        (("-c", "mine.py:build"), "mine.py: no such file", ""),
    ],
)
def test_what_cannot_fly_is_one_clear_line_with_the_right_command(
    hil, task, networks_ship, tmp_path, words, said, hint
):
    answer = hil("run", task(), *words)
    assert answer.code == 2
    assert said in answer.err
    assert hint in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "runs").exists()


def test_without_shipped_networks_everything_else_works(hil, task, monkeypatch, tmp_path):
    monkeypatch.setattr("hil_controllers.network.shipped.trained_dir", lambda: tmp_path / "none")
    answer = hil("run", task(), "-t", "sil")
    assert answer.code == 2
    assert "no network 'snn' for cf-l2f-original; none ships for it" in answer.err
    assert hil("run", task(), "--no-report").code == 0
    assert hil("doctor").code in (0, 3)


def test_help_says_what_flies_where(hil, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    said = " ".join(hil("run", "--help").out.replace("│", " ").split())
    assert "sim (classical controllers)" in said
    assert "sil (the same loop and vehicle under a network" in said
    assert "FILE.py:factory" in said


@pytest.mark.parametrize(
    ("trained_with", "told"),
    [
        ("l2f-original", []),
        ("real-2026", ["the network was trained with sensors real-2026"]),
        ("custom", ["the network was trained with sensors of its own (custom): perhaps not with these"]),
    ],
)
def test_of_sensors_only_what_is_known_is_said(networks, task, trained_with, told):
    scenario = Scenario.load(task())
    vehicle = load_vehicle("cf-l2f-original")
    network = networks.flying_ann(sensors=trained_with)
    assert [event.text for event in told_of(network, scenario, vehicle)] == told
