"""What a network costs on a Cortex-M4F: instructions and bytes within the budget, and exactly as they were."""

import subprocess

import numpy as np
import pytest

from hil.link.messages import ClockSource
from hil_controllers.export.image import arm_compiler
from hil_controllers.network.golden import Flown
from hil_controllers.network.shipped import load, shipped

FLASH_BYTES = 170_000  # of a spiking network of 256 and 128 neurons
VEHICLE = "cf21-identified"
# Of 146-64-64-4, observation apart. A network without the history has 128 · 64 weights less, and a weight takes at
# least three instructions: load, multiply, add.
DENSE_INSTRUCTIONS, WEIGHT_INSTRUCTIONS, HISTORY_WEIGHTS = 49_300, 3, 128 * 64
OBSERVATION_INSTRUCTIONS = {0: 600, 32: 1_100}  # by actions of history
COMPILER = "12.2.1"
# (sum over the golden vectors, most of a step) of the network, and the most of an observation, by that compiler
EXACT = {
    "snn": (9_348_494, 57_910, 438),
    "ann": (2_414_318, 20_136, 429),
    "ann-history": (5_611_200, 46_760, 839),
}


def spiking_budget(first, second):
    """Instructions of an 18-256-128-4 network in which so many neurons of each layer spike."""
    return 1.03 * (20_350 + 299 * first + 33 * second)


@pytest.fixture
def costs(chips):
    """`costs(network)`: instructions of observation and network and spikes by layer of each golden step; hello."""

    def of(network, line="semihosting"):
        with chips.asked(network, chips.made(network, line), line) as chip:
            if chip.hello.clock_source != ClockSource.ICOUNT:
                pytest.skip("this QEMU's timer does not count instructions")
            golden = zip(network.golden.state, network.golden.setpoint, strict=True)
            steps = [chip.client.step(chips.request_of(*given)) for given in golden]
        observation, whole = ([getattr(s, f"cost_{part}") for s in steps] for part in ("observation", "network"))
        return np.array(observation), np.array(whole), np.array([s.spikes for s in steps]), chip.hello

    return of


def of_ours(name):
    return load(shipped(VEHICLE)[name])


def test_the_spiking_network_that_ships_keeps_the_budget_of_instructions(costs):
    network = of_ours("snn")
    assert (network.contract.inputs, *network.spiking_sizes) == (18, 256, 128)
    observation, whole, spikes, _ = costs(network)
    assert (whole <= spiking_budget(*spikes.T)).all(), (whole / spiking_budget(*spikes.T)).max()
    assert observation.max() <= OBSERVATION_INSTRUCTIONS[0]


@pytest.mark.parametrize("name", ["ann-history", "ann"])
def test_dense_networks_that_ship_keep_the_budget_of_instructions(costs, name):
    network = of_ours(name)
    history = network.contract.action_history
    budget = DENSE_INSTRUCTIONS - (0 if history else WEIGHT_INSTRUCTIONS * HISTORY_WEIGHTS)
    observation, whole, _, _ = costs(network)
    assert whole.max() <= budget
    assert observation.max() <= OBSERVATION_INSTRUCTIONS[history]


@pytest.mark.parametrize("line", ["semihosting", "usart"])
def test_the_image_of_the_spiking_network_fits_its_flash(costs, line):
    _, _, _, hello = costs(of_ours("snn"), line)
    assert hello.flash_bytes <= FLASH_BYTES


def test_both_lines_count_the_same(costs, networks):
    network = networks.of("snn with history")
    assert [part.tolist() for part in costs(network)[:3]] == [part.tolist() for part in costs(network, "usart")[:3]]


@pytest.mark.parametrize("kind", EXACT)
def test_instructions_are_exactly_those_of_the_compiler_they_were_counted_with(costs, networks, kind):
    version = subprocess.run([arm_compiler(), "-dumpfullversion"], capture_output=True, text=True, check=True)
    if version.stdout.strip() != COMPILER:
        pytest.skip(f"counted with {COMPILER}; this is {version.stdout.strip()}")
    observation, whole, _, _ = costs(networks.of(kind))
    assert (int(whole.sum()), int(whole.max()), int(observation.max())) == EXACT[kind]


def test_another_optimisation_is_another_count(costs, chips, networks, monkeypatch):
    """The exact count's must-fail twin."""
    made = chips.made
    monkeypatch.setattr(chips, "made", lambda network, line: made(network, line, flags=["-Os"]))
    _, whole, _, _ = costs(networks.of("ann"))
    assert int(whole.sum()) != EXACT["ann"][0]


def test_the_definition_spikes_as_often_as_the_chip(costs, networks):
    network = networks.of("snn")
    definition = Flown(network.layers, network.readout, network.contract)
    edges = np.cumsum(network.spiking_sizes)[:-1]
    spiked = [
        definition.given(*given).spikes for given in zip(network.golden.state, network.golden.setpoint, strict=True)
    ]
    assert [[int(part.sum()) for part in np.split(step, edges)] for step in spiked] == costs(network)[2].tolist()
