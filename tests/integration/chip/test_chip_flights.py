"""Flights on the emulated Cortex-M4 have the bits of those in software."""

import json
from pathlib import Path

import numpy as np
import pytest

from hil.log import COLUMNS, TIMING_COLUMNS, Log
from hil.run_files import PIL
from hil_controllers.export.memory import CMemory, state_bytes
from hil_controllers.network.golden import Flown
from hil_controllers.network.reference import command

FLOWN = [name for name in COLUMNS if name not in TIMING_COLUMNS]


def differing(a, b):
    return [name for name in FLOWN if not np.array_equal(a[name], b[name], equal_nan=True)]


def logs_of(hil, *words):
    """The log of each flight of `hil run WORDS…`, and its folder."""
    answer = hil("run", *words, "--no-report", "--json")
    assert answer.code in {0, 1}, answer.err
    folders = [Path(result["run_dir"]) for result in answer.results]
    return [Log.open(folder) for folder in folders], folders


@pytest.mark.parametrize(
    ("task", "controller"), [("hover", "snn"), ("figure_eight", "snn"), ("figure_eight", "ann-history")]
)
def test_a_whole_flight_has_the_bits_of_the_one_in_software(hil, task, controller):
    (sil, pil), _ = logs_of(hil, task, "-t", "sil,pil", "-c", controller)
    assert len(pil) == len(sil) > 1000
    assert differing(sil, pil) == []


def test_another_seed_is_another_flight(hil):
    logs = [
        logs_of(hil, "hover", "-t", "pil", "--set", "settle_s=0", "--set", "duration_s=1", "--seed", seed)[0][0]
        for seed in (1, 2)
    ]
    assert "position_x_m" in differing(*logs)


def wandering(network, steps):
    """States and set-points that wander, some with velocity and acceleration said, some without."""
    rng = np.random.default_rng(20)
    state = np.concatenate((rng.normal(0, 0.3, (steps, 6)), rng.normal(0, 1, (steps, 7))), axis=1)
    state[:, 6:10] = rng.normal([0, 0, 0, 1], 0.2, (steps, 4))
    state[:, 6:10] /= np.linalg.norm(state[:, 6:10], axis=1, keepdims=True)
    setpoint = np.concatenate((rng.normal(0, 0.3, (steps, 9)), np.zeros((steps, 2))), axis=1)
    setpoint[::3, 3:9] = np.nan
    return state.astype(np.float32), setpoint.astype(np.float32)


@pytest.mark.parametrize(("line", "steps"), [("semihosting", 1000), ("usart", 100)])
def test_steps_without_a_plant_have_the_bits_of_the_definition(chips, networks, line, steps):
    network = networks.of("snn with integral")
    definition = Flown(network.layers, network.readout, network.contract)
    first = network.spiking_sizes[0]
    with chips.asked(network, chips.made(network, line), line) as chip:
        for number, (state, setpoint) in enumerate(zip(*wandering(network, steps), strict=True), start=1):
            step, answer = definition.given(state, setpoint), chip.client.step(chips.request_of(state, setpoint))
            assert answer.step == number
            assert answer.spikes == (step.spikes[:first].sum(), step.spikes[first:].sum())
            assert np.array_equal(np.array(answer.motors, np.float32), command(step.output)), f"step {number}"
            if number % (steps // 10) == 0:
                memory = CMemory(network, chip.client.state(state_bytes(network)))
                assert np.array_equal(memory.flat(), definition.memory), f"step {number}"
        statistics = chip.client.statistics()
    dropped = [statistics.dropped_long, statistics.dropped_cobs, statistics.dropped_short, statistics.dropped_crc]
    assert (statistics.refused, *dropped) == (0, 0, 0, 0, 0)


def test_a_flight_over_the_usart_has_the_same_bits(hil):
    words = ("hover", "-c", "snn", "--set", "settle_s=0", "--set", "duration_s=1")
    (sil,), _ = logs_of(hil, *words)
    (pil,), _ = logs_of(hil, *words, "-t", "pil", "--uri", "qemu:serial")
    assert differing(sil, pil) == []


def test_a_flight_keeps_what_it_cost_on_the_chip(hil):
    (log,), (folder,) = logs_of(hil, "hover", "-t", "pil", "--set", "settle_s=0", "--set", "duration_s=1")
    told = json.loads((folder / PIL).read_text())
    steps, chip, cost = told["steps"], told["chip"], told["cost"]
    assert len(steps["spikes"]) == len(log)
    assert chip["cpu_id"] == "0x410fc240"
    assert chip["state_bytes"] < chip["ram_bytes"] < 16_000
    assert 400 < chip["stack_used_bytes"] < chip["stack_bytes"]
    assert chip["flash_bytes"] < 170_000
    assert (folder / "network.json").exists()
    if chip["clock_source"] == "none":
        pytest.skip("this QEMU's timer does not count instructions")
    assert (chip["clock_source"], cost["unit"]) == ("icount", "instructions")
    assert len(steps["cost_network"]) == len(log)
    assert cost["worst"] == max(map(sum, zip(steps["cost_network"], steps["cost_observation"], strict=True)))


def test_the_same_flight_costs_the_same_instructions(hil):
    told = []
    for _ in range(2):
        _, (folder,) = logs_of(hil, "hover", "-t", "pil", "--set", "settle_s=0", "--set", "duration_s=0.5")
        told.append(json.loads((folder / PIL).read_text()))
    assert told[0]["steps"] == told[1]["steps"]
    assert told[0]["cost"] == told[1]["cost"]


@pytest.mark.thorough
def test_repeats_fly_in_processes_of_their_own(hil):
    logs, _ = logs_of(hil, "hover", "-t", "pil", "--set", "settle_s=0", "--set", "duration_s=0.5", "-n", "2", "-j", "2")
    alone, _ = logs_of(hil, "hover", "-t", "pil", "--set", "settle_s=0", "--set", "duration_s=0.5", "-n", "2")
    assert [differing(a, b) for a, b in zip(logs, alone, strict=True)] == [[], []]
