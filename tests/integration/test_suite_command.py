"""`hil suite`: what it writes, what it prints, the code it exits with."""

import json

import pytest

from hil_reports.neurons import read_neural_record

TEXT = """\
version: 1
name: small
vehicle: cf-l2f-original
controllers: [geometric, pid]
repeats: 3
set: {sensors: l2f-original, duration_s: 1, settle_s: 0.5}
cells:
  - {name: hover, scenario: hover, paper: hover}
  - name: thrust
    scenario: hover
    sweep: {key: randomise.thrust, values: [0.1, 0.2]}
"""


@pytest.fixture
def suite(tmp_path):
    (tmp_path / "small.yaml").write_text(TEXT)
    return "small.yaml"


def test_a_suite_writes_one_report_and_says_who_is_better(hil, suite, tmp_path):
    answer = hil("suite", suite)
    assert answer.code == 0, answer.err
    headline, sentence, page = answer.out.strip().splitlines()
    assert headline == "geometric and pid are unbeaten in 3 of 3 conditions."
    assert sentence.startswith("geometric against pid, 3 conditions:")
    assert page == "suites/small/suite.html"
    for name in ("suite.html", "suite.md", "suite.json"):
        assert (tmp_path / "suites/small" / name).stat().st_size > 1000


def test_a_second_time_nothing_changes(hil, suite, tmp_path):
    hil("suite", suite)
    before = (tmp_path / "suites/small/suite.html").read_bytes()
    assert hil("suite", suite).code == 0
    assert (tmp_path / "suites/small/suite.html").read_bytes() == before


def test_json_is_all_there_is_on_stdout(hil, suite):
    data = json.loads(hil("suite", suite, "--json", "-n", "4", "-c", "pid,geometric", "--out", "elsewhere").out)
    assert data["sentences"][0].startswith("pid against geometric")
    assert data["conditions"][0]["controllers"]["pid"]["survived"]["n"] == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["suite", "controlers"], "did you mean 'controllers'"),
        (["suite", "small.yaml", "-c", "pid,geometrik"], "unknown controller 'geometrik'"),
        (["suite", "small.yaml", "-n", "2"], "at least 3"),
    ],
)
def test_bad_input_exits_2_and_writes_nothing(hil, suite, tmp_path, words, said):
    answer = hil(*words)
    assert answer.code == 2
    assert said in answer.err
    assert not (tmp_path / "suites").exists()


def test_an_unknown_key_exits_2_with_file_line_and_key(hil, suite, tmp_path):
    (tmp_path / suite).write_text(TEXT.replace("sweep:", "sweeep:"))
    answer = hil("suite", suite)
    assert answer.code == 2
    assert "small.yaml:11:cells.1.sweeep: unknown key; did you mean 'sweep'?" in answer.err


def test_a_controller_that_breaks_exits_1_and_is_listed(hil, suite, monkeypatch, tmp_path):
    from hil.suite import fly as flying

    fly_point = flying.fly_point

    def breaking(scenario, controller):
        broken = flying.PointResult(flights=(), error="it diverged")
        return broken if controller == "pid" else fly_point(scenario, controller)

    monkeypatch.setattr(flying, "fly_point", breaking)
    answer = hil("suite", suite)
    assert answer.code == 1
    assert "pid, hover: it diverged" in (tmp_path / "suites/small/suite.md").read_text()


@pytest.fixture
def network_suite(networks, tmp_path):
    """Networks that hover, in files beside the suite that names them."""
    networks.flying_snn(name="snn").save(tmp_path / "snn.safetensors")
    networks.flying_ann(name="ann-history", history=32).save(tmp_path / "ann-history.safetensors")
    text = TEXT.replace("[geometric, pid]", "[snn.safetensors, ann-history.safetensors, geometric]")
    (tmp_path / "small.yaml").write_text(text)
    return "small.yaml"


def test_networks_are_told_with_what_they_cost_and_what_their_neurons_did(hil, network_suite, tmp_path):
    answer = hil("suite", network_suite)
    assert answer.code == 0, answer.err
    assert "snn against ann-history, 3 conditions:" in answer.out
    out = tmp_path / "suites/small"
    snn, ann = json.loads((out / "suite.json").read_text())["networks"]
    assert snn["facts"]["layer_sizes"] == [18, 240, 4]
    assert snn["operations"]["dense"] == 18 * 240 + 240 * 4
    # each neuron drives one motor: its other three weights are zero, and a spike is one accumulation
    assert 3 * 240 / (18 * 240 + 240 * 4) <= snn["connection_sparsity"] < 1.0
    assert snn["operations"]["acs"] == pytest.approx(240 * (1.0 - snn["activation_sparsity"]))
    assert snn["energy"]["without_fan_out_j"] == pytest.approx(snn["energy"]["with_fan_out_j"])
    assert (ann["operations"]["acs"], ann["energy"], ann["activation_sparsity"]) == (0.0, None, 0.0)
    (record,) = (out / "flights").glob("*/*/neurons.npz")
    assert "Neurons of one flight" in (out / "suite.html").read_text()

    rates = read_neural_record(record.parent).spikes.mean()
    assert snn["activity"][0]["layers"][0]["rate"] == pytest.approx(rates, abs=0.02)


def test_a_flight_that_cannot_be_recorded_exits_1_and_is_listed(hil, network_suite, monkeypatch, tmp_path):
    from hil.core.errors import HilError
    from hil.suite import fly as flying

    def breaks(job):
        raise HilError("it diverged")

    monkeypatch.setattr(flying, "fly_one", breaks)
    answer = hil("suite", network_suite)
    assert answer.code == 1, answer.err
    assert "snn, hover, the flight with its neurons: it diverged" in (tmp_path / "suites/small/suite.md").read_text()


def test_a_network_that_changed_is_flown_again(hil, network_suite, networks, tmp_path):
    hil("suite", network_suite)
    kept = set((tmp_path / "suites/small/kept").iterdir())
    networks.flying_snn(name="snn", levels=50).save(tmp_path / "snn.safetensors")
    assert hil("suite", network_suite).code == 0
    assert len(set((tmp_path / "suites/small/kept").iterdir()) - kept) == 3  # its three conditions, nobody else's
