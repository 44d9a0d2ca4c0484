"""What is written is what is read; what was tampered with is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from hil.core.errors import BadInput
from hil_controllers.network import Contract, Network


def parts(path):
    with safe_open(path, "numpy") as opened:
        return {name: opened.get_tensor(name) for name in opened.keys()}, json.loads(  # noqa: SIM118
            opened.metadata()["hil_network"]
        )


@pytest.fixture
def saved(tmp_path, networks):
    """A file of the network of a kind, its header and tensors changed by a function on the way."""

    def save(kind="snn", change=None):
        path = tmp_path / "net.safetensors"
        networks.of(kind).save(path)
        if change is not None:
            tensors, header = parts(path)
            change(header, tensors)
            save_file(tensors, path, metadata={"hil_network": json.dumps(header)})
        return path

    return save


def test_a_network_comes_back_as_it_was(network, tmp_path):
    path = tmp_path / "folder" / "net.safetensors"
    network.save(path)
    loaded = Network.load(path)
    assert loaded.hash == network.hash
    assert loaded.contract == network.contract
    assert loaded.provenance == network.provenance
    assert (loaded.name, loaded.readout) == (network.name, network.readout)
    assert np.array_equal(loaded.golden.output, network.golden.output)
    assert [type(layer) for layer in loaded.layers] == [type(layer) for layer in network.layers]


def test_the_same_network_gives_the_same_bytes(networks, tmp_path):
    for name in ("a", "b"):
        networks.of("snn").save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_hash_covers_weights_read_out_and_contract_and_not_the_name(networks):
    one, other = networks.snn(sizes=(8,), seed=3), networks.snn(sizes=(8,), seed=3, name="another")
    assert one.hash == other.hash
    assert one.hash != networks.snn(sizes=(8,), seed=4).hash
    assert one.hash != networks.snn(sizes=(8,), seed=3, readout="tanh").hash


def test_a_tanh_network_replays_within_its_tolerance(networks, tmp_path):
    network = networks.ann(readout="tanh", activation="tanh")
    assert not network.exact
    network.save(tmp_path / "net")
    assert Network.load(tmp_path / "net").hash == network.hash


def swap_first_weights(a, b):
    def change(header, tensors):
        weight = tensors["layers.0.weight"]
        weight[:, [a, b]] = weight[:, [b, a]]
        header["hash"] = ""

    return change


def scale_rates(header, tensors):
    tensors["layers.0.weight"][:, 15:18] *= np.float32(np.pi / 180)


def permute_motors(header, tensors):
    last = max(name for name in tensors if name.endswith("weight"))
    for name in (last, last.replace("weight", "bias")):
        tensors[name] = tensors[name][[1, 0, 2, 3]]


def entry(index, **values):
    def change(header, tensors):
        header["contract"]["observation"][index].update(values)

    return change


def swap_entries(header, tensors):
    listed = header["contract"]["observation"]
    listed[0], listed[2] = listed[2], listed[0]


def equation(key, text):
    def change(header, tensors):
        header["equations"][key] = text

    return change


def motor_order(header, tensors):
    header["contract"]["motor_order"] = ["M2", "M1", "M3", "M4"]


MUTATIONS = {
    "two observations swapped, as the contract says": (swap_entries, "contract: observation 0 is velocity_error"),
    "gyro in degrees, as the contract says": (entry(3, unit="deg/s"), r"body_rates \(3, .*deg/s\), but .*rad/s"),
    "another frame": (entry(2, frame="body"), r"observation 2 is velocity_error \(3, body,"),
    "another clip": (entry(0, clip=0.6), "clipped to ±0.6"),
    "motors permuted, as the contract says": (motor_order, "contract.motor_order.0: Input should be 'M1'"),
    "hard reset, as the file says": (
        equation("reset", "to zero, one step after the spike"),
        "equations.reset: the file",
    ),
    "undelayed reset, as the file says": (
        equation("lif", "u = beta u + i; s = u > theta; u = u - theta s"),
        "equations.lif",
    ),
    "weights changed": (scale_rates, "not those that the header's hash was made of"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_the_file_says_of_itself_is_held_to_what_is_flown(saved, mutation):
    change, told = MUTATIONS[mutation]
    path = saved(change=change)
    with pytest.raises(BadInput, match=told) as caught:
        Network.load(path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message
    assert Network.load(path, force=True).layers[0].size == 256


def hashed_anew(path):
    """The file with a hash that fits it, as a careless tool would write it."""
    tensors, header = parts(path)
    header["hash"] = Network.load(path, force=True).hash
    save_file(tensors, path, metadata={"hil_network": json.dumps(header)})
    return path


@pytest.mark.parametrize("kind", ["snn", "ann-history", "ann"])
@pytest.mark.parametrize(
    ("mutation", "told"),
    [
        (swap_first_weights(0, 13), r"golden step \d+: (LIF layer|read-out)"),
        (scale_rates, r"golden step \d+: (LIF layer|read-out)"),
        (permute_motors, "golden step 0: read-out: M1"),
    ],
    ids=["two observations swapped", "gyro in degrees", "motors permuted"],
)
def test_what_no_header_says_is_caught_by_the_golden_vectors(saved, kind, mutation, told):
    with pytest.raises(BadInput, match=told):
        Network.load(hashed_anew(saved(kind, mutation)))


@pytest.mark.parametrize("rule", ["hard", "undelayed", "leaking"])
def test_golden_vectors_of_another_reset_rule_do_not_replay(saved, rule):
    def change(header, tensors):
        raster = flown_by_another_rule(tensors, rule)
        assert raster.any(axis=0)[:256].all(), "or the silent ones would be told first"
        tensors["golden.spikes"] = np.packbits(raster, axis=1)

    with pytest.raises(BadInput, match=r"golden step \d+: LIF layer 0: neuron \d+"):
        Network.load(saved(change=change))


def flown_by_another_rule(tensors, rule):
    signals, rasters = tensors["golden.observation"].astype(float), []
    for k in (0, 1):
        weight, bias, beta, theta = (tensors[f"layers.{k}.{name}"] for name in ("weight", "bias", "beta", "theta"))
        potential, raster = np.zeros(len(bias)), []
        for current in signals @ weight.T + bias:
            potential = np.clip(beta, 0, 1) * potential + current
            if rule == "leaking" and raster:
                potential -= np.clip(beta, 0, 1) * theta * raster[-1]
            fired = potential > theta
            if rule == "hard":
                potential = np.where(fired, 0.0, potential)
            elif rule == "undelayed":
                potential = potential - theta * fired
            raster.append(fired)
        rasters.append(np.array(raster))
        signals = rasters[-1].astype(float)
    return np.concatenate(rasters, axis=1)


def drop(name):
    def change(header, tensors):
        del tensors[name]

    return change


def double(header, tensors):
    tensors["layers.0.weight"] = tensors["layers.0.weight"].astype(np.float64)


def resized(header, tensors):
    header["layers"][1]["size"] = 64


def no_contract(header, tensors):
    del header["contract"]


def unknown_key(header, tensors):
    header["contract"]["wings"] = 2


def newer(header, tensors):
    header["version"] = 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (drop("layers.1.theta"), "layers.1.theta is missing"),
        (drop("golden.spikes"), "golden.spikes is missing"),
        (double, "layers.0.weight is float64, not float32"),
        (resized, "layers.1: the header says 256 to 64"),
        (no_contract, "not a network file of this version"),
        (unknown_key, "contract.wings: Extra inputs are not permitted"),
        (newer, "network file version 2; this hil reads 1"),
    ],
)
def test_a_file_that_is_not_whole_is_one_clear_line(saved, change, told):
    with pytest.raises(BadInput, match=told) as caught:
        Network.load(saved(change=change))
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("content", [b"", b"hello", b"\x08\0\0\0\0\0\0\0{}      ", bytes(200)])
def test_a_file_that_is_no_network_is_bad_input(tmp_path, content):
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="not a network"):
        Network.load(path)
    with pytest.raises(BadInput, match="no such file"):
        Network.load(tmp_path / "none.safetensors")


def test_every_cut_of_a_file_is_bad_input(saved):
    path = saved("ann")
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        with pytest.raises(BadInput):
            Network.load(path)


def test_a_file_that_cannot_be_written_is_bad_input(networks, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        networks.of("ann").save(tmp_path / "file" / "net.safetensors")


def test_the_contract_knows_its_vehicle_by_its_numbers(networks):
    from dataclasses import replace

    from hil_sim.vehicle_files import load_vehicle

    contract, vehicle = networks.contract(), networks.vehicle
    assert contract.refusal(replace(vehicle, name="the same by another name")) is None
    assert contract.refusal(replace(vehicle, mass_kg=0.03)) == (
        "trained for another cf-l2f-original: the vehicle's numbers have changed since"
    )
    real = load_vehicle("cf21-identified")
    assert contract.refusal(real) == "trained for cf-l2f-original, not for cf21-identified"
    charged = Contract.of(real, latency_s=(0.0, 0.0), sensors="none")
    assert charged.refusal(real.charged(3.6)) is None


def test_the_hash_covers_the_contract(networks):
    one = networks.snn(sizes=(8,), seed=3)
    other = replace(one, contract=networks.contract(latency_s=(0.0, 0.03)))
    assert one.hash != other.hash
    assert len({one.hash, replace(one, contract=networks.contract(sensors="real-2026")).hash, other.hash}) == 3


@pytest.mark.parametrize(("part", "key", "value"), [("latency", "most_s", 0.5), ("vehicle", "hash", "0" * 64)])
def test_a_contract_that_was_edited_is_refused(saved, part, key, value):
    path = saved(change=lambda header, tensors: header["contract"][part].update({key: value}))
    with pytest.raises(BadInput, match="not those that the header's hash was made of"):
        Network.load(path)
