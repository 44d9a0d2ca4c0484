"""Torch state_dicts of made-up networks: found under any names, or refused by name; nothing in a file is run."""

import os
import pickle
import random

import numpy as np
import pytest
import torch

from hil.core.errors import BadInput
from hil_controllers.network import Contract, Network
from hil_controllers.training.importing import import_state_dict
from hil_controllers.training.importing.layout import Layout, read_layout

# How the first hidden layer, its neurons, the second, its neurons and the read-out may be called.
NAMES = {
    "fc and lif": ("fc1", "lif1", "fc2", "lif2", "fc3"),
    "a Sequential": ("0", "1", "2", "3", "4"),
    "a Sequential inside": ("model.net.0", "model.net.1", "model.net.2", "model.net.3", "model.net.4"),
    "the published code": ("model.layer_in", "model.lif_in", "model.hidden_layers.0", "model.hidden_layers.1",
                           "model.layer_out"),
    "an actor on several devices": ("module.actor.fc1", "module.actor.lif1", "module.actor.fc2", "module.actor.lif2",
                                    "module.actor.out"),
}  # fmt: skip


@pytest.fixture(scope="module")
def net(networks):
    """A small network with read-out tanh: β outside 0..1 among others, a threshold per neuron."""
    return networks.snn(sizes=(16, 8), readout="tanh")


def tensors_of(net, names="fc and lif"):
    """The state_dict of a network as snntorch would have it."""
    first, first_neurons, second, second_neurons, last = NAMES[names]
    found = {}
    for name, layer in zip((first, second, last), net.layers, strict=True):
        found[f"{name}.weight"] = torch.tensor(layer.weight)
        found[f"{name}.bias"] = torch.tensor(layer.bias)
    for name, layer in zip((first_neurons, second_neurons), net.layers, strict=False):
        found[f"{name}.threshold"] = torch.tensor(layer.theta)
        found[f"{name}.beta"] = torch.tensor(layer.beta)
        found[f"{name}.graded_spikes_factor"] = torch.tensor(1.0)
        found[f"{name}.reset_mechanism_val"] = torch.tensor(0)
    return found


@pytest.fixture
def imported(net, tmp_path):
    """Imports a state_dict by way of a file."""

    def from_tensors(tensors, contract=net.contract, **more):
        path = tmp_path / "net.pth"
        torch.save(tensors, path)
        return import_state_dict(path, contract=contract, name="imported", **more).network

    return from_tensors


def square(networks):
    """A network whose two hidden layers shapes cannot tell apart."""
    rng = np.random.default_rng(5)
    layers = (networks.lif(rng, 18, 18, 1.5), networks.lif(rng, 18, 18, 2.0), networks.dense(rng, 4, 18))
    return Network.build(name="square", layers=layers, contract=networks.contract(), readout="tanh")


@pytest.mark.parametrize("names", NAMES)
def test_a_network_that_went_out_as_state_dict_comes_back_as_it_was(net, imported, names):
    back = imported(tensors_of(net, names))
    assert back.hash == net.hash
    assert np.array_equal(back.golden.spikes, net.golden.spikes)


def test_the_papers_layout_comes_back_as_it_was(networks, imported):
    net = networks.snn(readout="tanh")
    assert imported(tensors_of(net, "the published code"), net.contract).hash == net.hash


def test_the_order_of_tensors_in_the_file_says_nothing(net, imported):
    entries = list(tensors_of(net).items())
    random.Random(3).shuffle(entries)
    assert imported(dict(entries)).hash == net.hash


def test_a_checkpoint_with_other_things_in_it_is_read_with_a_prefix(net, imported):
    mine = {f"actor.{name}": tensor for name, tensor in tensors_of(net).items()}
    critic = {"critic.fc1.weight": torch.zeros(9, 22), "critic.fc1.bias": torch.zeros(9)}
    checkpoint = {"epoch": 7, "policy": mine | critic, "optimizer": {"state": {0: {"exp_avg": torch.zeros(16, 18)}}}}
    assert imported(checkpoint, prefix="policy.actor.").hash == net.hash
    with pytest.raises(BadInput, match="no chain of layers") as refused:
        imported(checkpoint)
    assert "--prefix" in refused.value.hint


def test_one_decay_and_threshold_for_a_layer_are_those_of_each_neuron(net, imported):
    tensors = tensors_of(net) | {"lif1.beta": torch.tensor(0.9), "lif1.threshold": torch.tensor(1)}
    tensors |= {"lif2.beta": torch.tensor([0.8]), "lif2.threshold": torch.tensor(0.3, dtype=torch.float64)}
    first, second, _ = imported(tensors).layers
    assert (first.beta == np.float32(0.9)).all() and (first.theta == 1).all()  # noqa: PT018
    assert (second.beta == np.float32(0.8)).all() and (second.theta == np.float32(0.3)).all()  # noqa: PT018


def test_a_decay_beyond_0_to_1_is_kept_and_clipped_in_use_as_snntorch_does(net, imported):
    tensors = tensors_of(net)
    tensors["lif1.beta"] = torch.linspace(-0.5, 1.5, 16)
    layer = imported(tensors).layers[0]
    assert layer.beta.min() == np.float32(-0.5)
    assert layer.decay.min() == 0
    assert layer.decay.max() == 1


def test_a_missing_bias_is_zero(net, imported):
    tensors = tensors_of(net)
    del tensors["fc2.bias"]
    assert (imported(tensors).layers[1].bias == 0).all()


def test_membranes_of_the_moment_that_older_snntorch_saves_are_left_out(net, imported):
    tensors = tensors_of(net) | {"lif1.mem": torch.ones(1, 16)}
    assert imported(tensors).hash == net.hash


def test_layers_of_one_size_are_told_apart_by_the_numbers_in_their_names(networks, imported):
    net = square(networks)
    assert imported(tensors_of(net), net.contract).hash == net.hash
    assert imported(dict(reversed(tensors_of(net).items())), net.contract).hash == net.hash


def test_layers_that_neither_shapes_nor_numbers_tell_apart_need_a_map(networks, imported):
    net = square(networks)
    tensors = {name.replace("fc1", "body").replace("fc2", "head"): one for name, one in tensors_of(net).items()}
    with pytest.raises(BadInput, match="2 orders of layers fit the shapes") as refused:
        imported(tensors, net.contract)
    assert "--map" in refused.value.hint
    layers = (
        {"weight": "body.weight", "bias": "body.bias", "beta": "lif1.beta", "threshold": "lif1.threshold"},
        {"weight": "head.weight", "bias": "head.bias", "beta": "lif2.beta", "threshold": "lif2.threshold"},
        {"weight": "fc3.weight", "bias": "fc3.bias"},
    )
    assert imported(tensors, net.contract, layout=Layout(version=1, layers=layers)).hash == net.hash


def test_neurons_that_neither_shapes_nor_numbers_tell_apart_need_a_map(net, imported):
    tensors = tensors_of(net)
    for name, other, beta in (("lif1", "slow", 0.9), ("lif2", "fast", 0.5)):
        for part in ("beta", "threshold", "graded_spikes_factor", "reset_mechanism_val"):
            tensors[f"{other}.{part}"] = tensors.pop(f"{name}.{part}")
        tensors |= {f"{other}.beta": torch.tensor(beta), f"{other}.threshold": torch.tensor(1.0)}
    with pytest.raises(BadInput, match="2 orders of neurons fit the shapes"):
        imported(tensors)
    tensors["slow.beta"] = tensors["fast.beta"]  # now it does not matter which is which
    assert (imported(tensors).layers[0].beta == np.float32(0.5)).all()


def test_a_map_may_give_numbers_and_leave_tensors_out(net, imported, tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text(
        "version: 1\nlayers:\n"
        "  - {weight: fc1.weight, bias: fc1.bias, beta: 0.9, threshold: 1}\n"
        "  - {weight: fc2.weight, beta: lif2.beta, threshold: lif2.threshold}\n"
        "  - {weight: fc3.weight, bias: fc3.bias}\n"
        "ignore: [lif1.*, fc2.bias]\n"
    )
    first, second, _ = imported(tensors_of(net), layout=read_layout(path)).layers
    assert (first.beta == np.float32(0.9)).all()
    assert (second.bias == 0).all()


def test_a_map_as_it_is_shown_is_a_map(net, tmp_path, imported):
    tensors = {f"0.{name}": tensor for name, tensor in tensors_of(net).items()} | {"0.spare": torch.zeros(3)}
    file = saved(tensors | {"1.other": torch.zeros(3, 3)}, tmp_path)
    found = import_state_dict(file, contract=net.contract, name="n", prefix="0.", ignore=("0.spare",)).layout
    path = tmp_path / "map.yaml"
    path.write_text(found.as_yaml())
    assert read_layout(path) == found
    again = import_state_dict(file, contract=net.contract, name="n", layout=found, ignore=("0.spare",))
    assert again.network.hash == net.hash


def test_the_networks_file_says_where_it_comes_from_and_what_was_taken_on_trust(net, imported):
    said = imported(tensors_of(net)).provenance
    assert said["file"] == "net.pth"
    assert len(said["sha256"]) == 64
    assert said["layout"]["layers"][1]["weight"] == "fc2.weight"
    assert "read-out tanh" in said["on trust"]
    assert "reset_mechanism 'subtract'" not in said["on trust"]
    bare = {name: one for name, one in tensors_of(net).items() if "mechanism" not in name}
    assert "reset_mechanism 'subtract'" in imported(bare).provenance["on trust"]


def test_an_imported_network_is_a_network_file(net, imported, tmp_path):
    imported(tensors_of(net)).save(tmp_path / "n.safetensors")
    assert Network.load(tmp_path / "n.safetensors").hash == net.hash


REFUSED = {
    "reset to zero": ({"lif1.reset_mechanism_val": torch.tensor(1)}, r"lif1.reset_mechanism_val is 1 \('zero'\)"),
    "no reset": ({"lif2.reset_mechanism_val": torch.tensor(2)}, r"lif2.reset_mechanism_val is 2 \('none'\)"),
    "tall spikes": ({"lif1.graded_spikes_factor": torch.tensor(0.7)}, "lif1.graded_spikes_factor is 0.7: spikes of"),
    "a second-order neuron": ({"lif1.alpha": torch.tensor(0.5)}, "lif1.alpha is of a second-order neuron"),
    "a recurrent neuron": ({"lif1.recurrent.weight": torch.zeros(16, 16)}, "lif1.recurrent.weight is of a recurrent"),
    "a recurrent neuron, one to one": ({"lif1.V": torch.zeros(16)}, "lif1.V is of a recurrent neuron"),
    "a batch norm": ({"bn.running_mean": torch.zeros(16)}, "bn.running_mean is of a batch norm: fold it"),
    "neurons on the outputs": (
        {"lif3.beta": torch.zeros(4), "lif3.threshold": torch.ones(4)}, "lif3.beta is on the outputs: spiking outputs"
    ),
    "a tensor of no layer": ({"scale": torch.zeros(16)}, r"scale \(16\) is part of no layer"),
    "a weight too many": ({"skip.weight": torch.zeros(8, 18)}, "no chain of layers from 18 inputs to 4 motors"),
    "other inputs": ({"fc1.weight": torch.zeros(16, 20)}, r"no chain of layers from 18 .*fc1.weight \(16 × 20\)"),
    "a decay of another size": ({"lif1.beta": torch.zeros(9)}, "lif1.beta is 9: neither one value nor one per neuron"),
    "a bias of another size": ({"fc2.bias": torch.zeros(9)}, "fc2.bias is 9, 8 is wanted"),
    "a negative threshold": (
        {"lif2.threshold": torch.tensor([0.5] * 7 + [-0.25])}, r"lif2.threshold: neuron 7 has threshold -0.25 \(1 of 8"
    ),
    "no number": ({"fc1.bias": torch.full((16,), float("nan"))}, "fc1.bias has entries that are not finite"),
    "no lone number": ({"lif1.beta": torch.tensor(float("inf"))}, "lif1.beta is not finite"),
    "more digits": ({"fc1.bias": torch.full((16,), 0.1, dtype=torch.float64)}, "fc1.bias is float64, and float32 does"),
    "fewer digits": ({"fc1.weight": torch.zeros(16, 18).half()}, "fc1.weight is float16, float32 is wanted"),
    "a huge lone number": ({"lif1.beta": torch.tensor(1e300, dtype=torch.float64)}, "lif1.beta is not finite"),
    "many resets": ({"lif1.reset_mechanism_val": torch.zeros(3)}, "reset_mechanism_val is 3, one number"),
    "a complex decay": ({"lif1.beta": torch.tensor(1j)}, "lif1.beta is sparse, complex or quantised"),
    "a sparse weight": ({"fc1.weight": torch.zeros(16, 18).to_sparse()}, "fc1.weight is sparse, complex or quantised"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_flown_is_refused_in_a_line_that_names_it(net, imported, what):
    change, reason = REFUSED[what]
    with pytest.raises(BadInput, match=reason) as refused:
        imported(tensors_of(net) | change)
    assert "\n" not in refused.value.message
    assert "net.pth: " in refused.value.message


@pytest.mark.parametrize(
    ("gone", "reason"),
    [
        ("lif1.threshold", "lif1.beta has no threshold beside it"),
        ("lif1.beta", "lif1.threshold has no beta beside it"),
        ("fc2.weight", "no chain of layers"),
    ],
)
def test_an_incomplete_state_dict_is_refused(net, imported, gone, reason):
    tensors = tensors_of(net)
    del tensors[gone]
    with pytest.raises(BadInput, match=reason):
        imported(tensors)


def test_a_map_that_names_what_is_not_there_is_refused(net, imported):
    layers = ({"weight": "fc9.weight", "beta": 0.9, "threshold": 1.0}, {"weight": "fc3.weight"})
    with pytest.raises(BadInput, match=r"fc9.weight is in the map, but not in the file"):
        imported(tensors_of(net), layout=Layout(version=1, layers=layers))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("version: 1\nlayers:\n  - {weight: a, beta: 1, threshold: 1}\n  - {wieght: b}\n", r"map.yaml:4:.*weight"),
        ("version: 1\nlayers:\n  - {weight: a, beta: 1}\n  - {weight: b}\n", "beta and threshold are both needed"),
        ("version: 1\nlayers:\n  - {weight: a, beta: 1, threshold: 1}\n  - {weight: b, beta: 1}\n", "is linear"),
        ("layers: []\n", "version"),
    ],
)  # fmt: skip
def test_a_wrong_map_is_told_with_file_line_and_key(tmp_path, text, reason):
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=reason):
        read_layout(path)


class Bomb:
    """What pickle would make of it, were it run."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.mark.parametrize("how", ["torch.save", "pickle"])
def test_code_in_a_file_is_not_run(tmp_path, net, how):
    mark, path = tmp_path / "was-run", tmp_path / "net.pth"
    content = {"fc1.weight": torch.zeros(2, 2), "bomb": Bomb(str(mark))}
    if how == "pickle":
        path.write_bytes(pickle.dumps(content["bomb"]))
    else:
        torch.save(content, path)
    reason = "not a torch file" if how == "pickle" else r"pickled objects beside tensors \(\w+\.mkdir\)"
    with pytest.raises(BadInput, match=reason) as refused:
        import_state_dict(path, contract=net.contract, name="n")
    assert "state_dict" in refused.value.hint
    assert not mark.exists()


def test_a_program_is_refused(tmp_path, net):
    path = tmp_path / "net.pth"
    torch.jit.trace(torch.nn.Linear(18, 4), torch.zeros(1, 18)).save(path)
    with pytest.raises(BadInput, match="a TorchScript program, and those are never run"):
        import_state_dict(path, contract=net.contract, name="n")


def test_a_whole_pickled_module_is_refused(tmp_path, net):
    path = tmp_path / "net.pth"
    torch.save(torch.nn.Linear(18, 4), path)
    with pytest.raises(BadInput, match="pickled objects beside tensors"):
        import_state_dict(path, contract=net.contract, name="n")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"\x80\x02.", b"\x00" * 100])
def test_a_file_that_is_no_torch_file_is_refused_in_one_line(tmp_path, net, content):
    path = tmp_path / "net.pth"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"net\.pth: not a torch file of tensors") as refused:
        import_state_dict(path, contract=net.contract, name="n")
    assert "\n" not in refused.value.message


def test_a_cut_torch_file_is_refused(tmp_path, net):
    path = saved(tensors_of(net), tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadInput, match="not a torch file of tensors"):
        import_state_dict(path, contract=net.contract, name="n")


@pytest.mark.parametrize("content", [{}, {"epoch": 3}, 7])
def test_a_torch_file_without_tensors_is_refused(tmp_path, net, content):
    with pytest.raises(BadInput, match="holds no tensors"):
        import_state_dict(saved(content, tmp_path), contract=net.contract, name="n")


def test_a_network_for_an_observation_with_history_is_imported_too(networks, imported):
    net = networks.snn(sizes=(16, 8), history=2, readout="tanh")
    assert isinstance(net.contract, Contract)
    assert imported(tensors_of(net), net.contract).hash == net.hash


def saved(content, folder):
    path = folder / "net.pth"
    torch.save(content, path)
    return path
