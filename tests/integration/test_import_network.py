"""`hil import-network`: what it prints, what it writes, and what it refuses with exit code 2 and one line."""

import json

import pytest

pytest.importorskip("torch", reason="reading torch files needs torch: pip install 'hil-bench[train]'")
pytest.importorskip("numba", reason="training needs numba: pip install 'hil-bench[train]'")

import torch

from hil_controllers.network import Network


@pytest.fixture
def actor(networks, tmp_path):
    """A state_dict with the names of the published code, small."""
    net = networks.snn(sizes=(16, 8), readout="tanh")
    names = (("layer_in", "lif_in"), ("hidden_layers.0", "hidden_layers.1"), ("layer_out", None))
    tensors = {}
    for (linear, neurons), layer in zip(names, net.layers, strict=True):
        tensors[f"actor.{linear}.weight"] = torch.tensor(layer.weight)
        tensors[f"actor.{linear}.bias"] = torch.tensor(layer.bias)
        if neurons:
            tensors[f"actor.{neurons}.threshold"] = torch.tensor(layer.theta)
            tensors[f"actor.{neurons}.beta"] = torch.tensor(layer.beta)
    torch.save(tensors, tmp_path / "actor.pth")
    return tmp_path / "actor.pth"


def test_a_state_dict_becomes_a_network_file(hil, actor):
    answer = hil("import-network", actor)
    assert answer.code == 0, answer.err
    for said in ("16 × 18", "layer 2: threshold", "contract: cf-l2f-package, sensors l2f-package", "delay 0 to 0 s",
                 "read-out tanh", "on trust", "spike-exact: all 24 neurons"):  # fmt: skip
        assert said in answer.out
    network = Network.load(actor.parent / "actor.safetensors")
    assert network.contract.vehicle.name == "cf-l2f-package"


def test_options_are_the_contract(hil, actor):
    words = ("--vehicle", "cf-l2f-original", "--sensors", "l2f-original", "--latency-s", "0", "0.02",
             "--position-clip-m", "0.6", "--name", "mine", "--json")  # fmt: skip
    answer = hil("import-network", actor, *words)
    assert answer.code == 0, answer.err
    said = json.loads(answer.out)
    contract = Network.load(actor.parent / "mine.safetensors").contract
    assert said["file"] == "mine.safetensors"
    assert said["contract"] == contract.model_dump(mode="json")
    assert (contract.latency.most_s, contract.position_clip_m, contract.sensors) == (0.02, 0.6, "l2f-original")


def test_show_lists_the_tensors_and_a_map_that_can_be_given_back(hil, actor):
    answer = hil("import-network", actor, "--show", "--prefix", "actor.")
    assert answer.code == 0, answer.err
    assert not list(actor.parent.glob("*.safetensors"))
    actor.with_name("map.yaml").write_text(answer.out.partition("--map takes it:\n\n")[2])
    again = hil("import-network", actor, "--map", "map.yaml")
    assert again.code == 0, again.err


def test_show_lists_the_tensors_where_no_map_is_found_too(hil, actor):
    answer = hil("import-network", actor, "--show", "--ignore", "*layer_out*")
    assert answer.code == 2
    assert "actor.layer_in.weight" in answer.out
    assert "no chain of layers" in answer.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("absent.pth",), "absent.pth: no such file"),
        ((".",), "cannot name a network"),
        (("actor.pth", "--map", "absent.yaml"), "absent.yaml"),
        (("actor.pth", "--prefix", "critic."), "--prefix critic.: no tensor begins so"),
        (("actor.pth", "--ignore", "nothing*"), "ignore nothing*: no tensor is called so"),
        (("actor.pth", "--readout", "sigmoid"), "--readout sigmoid: must be one of tanh, rational_tanh"),
        (("actor.pth", "--vehicle", "cf-l2f-pakage"), "did you mean 'cf-l2f-package'"),
        (("actor.pth", "--sensors", "l2f-pakage"), "did you mean 'l2f-package'"),
        (
            ("actor.pth", "--latency-s", "0.02", "0"),
            "--latency-s 0.02 0: must be finite, not negative, and least first",
        ),
        (("actor.pth", "--latency-s", "-1", "0"), "--latency-s -1 0: must be"),
        (("actor.pth", "--latency-s", "0", "inf"), "--latency-s 0 inf: must be"),
        (("actor.pth", "--latency-s", "nan", "0"), "--latency-s nan 0: must be"),
        (("actor.pth", "--position-clip-m", "0"), "contract.position_clip_m"),
        (("actor.pth", "--name", "a/b"), "'a/b' cannot name a network"),
        (("actor.pth", "--out", "net.pth"), "must end in .safetensors"),
        (("actor.pth", "--out", "absent/net.safetensors"), "no folder absent"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(hil, actor, words, reason):
    answer = hil("import-network", *words)
    assert answer.code == 2, answer.err
    assert reason in answer.err
    assert len([line for line in answer.err.splitlines() if not line.startswith("  hint")]) == 1
    assert not list(actor.parent.glob("*.safetensors"))


def test_a_file_that_is_there_is_not_overwritten_unless_forced(hil, actor):
    there = actor.with_suffix(".safetensors")
    there.write_text("mine")
    answer = hil("import-network", actor)
    assert answer.code == 2
    assert "actor.safetensors exists" in answer.err
    assert there.read_text() == "mine"
    assert hil("import-network", actor, "--force").code == 0


def test_without_torch_the_extra_is_named(hil, actor, monkeypatch):
    monkeypatch.setattr("hil.cli.import_network.find_spec", lambda name: None)
    answer = hil("import-network", actor)
    assert answer.code == 2
    assert "pip install 'hil-bench[train]'" in answer.err
