"""A network that was made or flown wrong, past contract and golden vectors: the reference results must turn red."""

from dataclasses import replace

import numpy as np
import pytest

from hil.regression import cases_of, check_one
from hil.scenario.shipped import find
from hil_controllers.network import LIF, Network, controller, reference, shipped
from hil_reports.regression import reference as reference_file
from hil_reports.regression import tolerances

VEHICLE = "cf21-identified"
FOLDER = reference_file.shipped_folder()


@pytest.fixture
def verdict():
    """Exit code of the check of `snn` in hover, as it ships or as it was made to."""
    cases, _ = cases_of(find(["hover"]), reference_file.read(FOLDER), targets=["sil"], controllers=["snn"])

    def check():
        return check_one(cases[0], tolerances.read(FOLDER)).exit_code

    return check


@pytest.fixture
def shipped_as(monkeypatch, tmp_path):
    """Puts another network in the place of the `snn` that ships."""

    def put(layers):
        true = Network.load(shipped.shipped(VEHICLE)["snn"])
        wrong = Network.build(name="snn", layers=layers(true.layers), contract=true.contract)
        (tmp_path / VEHICLE).mkdir()
        wrong.save(tmp_path / VEHICLE / "snn.safetensors")
        monkeypatch.setattr(shipped, "trained_dir", lambda: tmp_path)

    return put


def columns(change):
    """Layers whose first weights are changed, as if the observation had been built in another way."""

    def mutated(layers):
        weight = np.array(layers[0].weight)
        change(weight)
        return [replace(layers[0], weight=weight), *layers[1:]]

    return mutated


def swapped(weight):
    weight[:, [0, 1]] = weight[:, [1, 0]]


def degrees(weight):
    weight[:, 15:18] *= np.float32(np.pi / 180)


def permuted_motors(layers):
    last = layers[-1]
    order = [1, 0, 2, 3]
    return [*layers[:-1], replace(last, weight=last.weight[order], bias=last.bias[order])]


def test_the_network_as_it_ships_is_as_good_as_its_reference(verdict):
    assert verdict() == 0


@pytest.mark.parametrize(
    "layers",
    [columns(swapped), columns(degrees), permuted_motors],
    ids=["two observations swapped", "gyro in degrees", "a permuted motor"],
)
def test_a_network_that_was_exported_wrong_turns_the_check_red(verdict, shipped_as, layers):
    shipped_as(layers)
    assert verdict() == 1


@pytest.mark.parametrize("rule", ["to zero", "none"])
def test_a_wrong_reset_rule_turns_the_check_red(verdict, monkeypatch, rule):
    true_step = reference.step

    def wrong_step(layers, readout, x, memory):
        if rule == "to zero":
            kept = tuple(u * (s == 0) for u, s in zip(memory.membranes, memory.spikes, strict=True))
            return true_step(layers, readout, x, memory._replace(membranes=kept, spikes=_without(memory.spikes)))
        return true_step(layers, readout, x, memory._replace(spikes=_without(memory.spikes)))

    assert any(isinstance(layer, LIF) for layer in Network.load(shipped.shipped(VEHICLE)["snn"]).layers)
    monkeypatch.setattr(controller, "chosen", lambda network, backend: "numpy")
    monkeypatch.setattr(reference, "step", wrong_step)
    assert verdict() == 1


def _without(spikes):
    return tuple(np.zeros_like(s) for s in spikes)
