"""Neither batch size, nor threads, nor the CPU, nor the backend changes a bit."""

import hashlib
import os
import platform
import subprocess
import sys

import numpy as np
import pytest

from hil_sim.batch.plant import BatchPlant
from hil_sim.vehicle_files import load_vehicle

pytest.importorskip("numba", reason="numba is not installed")

VEHICLES, STEPS = 1000, 200


def hash_of(backend="numba", size=VEHICLES, threads=1, dtype="float32"):
    """Hash of all states after 200 steps of 1000 different flights, flown `size` at a time."""
    vehicle = load_vehicle("cf21-identified")
    chance = np.random.default_rng(11)
    efficiency = chance.normal(1.0, 0.05, (VEHICLES, 4))
    commands = vehicle.hover_command + chance.normal(0.0, 0.1, (20, VEHICLES, 4))
    digest = hashlib.sha256()
    flights = np.arange(VEHICLES)
    for first in range(0, VEHICLES, size):
        some = flights[first : first + size]
        batch = BatchPlant(
            vehicle, len(some), efficiency=efficiency[some], backend=backend, threads=threads, dtype=dtype
        )
        for command in commands:
            batch.step(command[some], 0.01, steps=STEPS // len(commands))
        digest.update(batch.states.tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def expected():
    return hash_of("numpy")


def test_numba_has_the_bits_of_numpy(expected):
    assert hash_of() == expected


@pytest.mark.parametrize("size", [333, 64, 1])
def test_the_size_of_a_batch_changes_no_bit(expected, size):
    assert hash_of(size=size) == expected


def test_two_threads_change_no_bit(expected):
    assert hash_of(threads=2) == expected


def test_double_precision_is_other_bits(expected):
    assert hash_of("numpy", dtype="float64") != expected


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the emulated instruction sets are x86's")
@pytest.mark.parametrize("cpu", ["x86-64-v3", "x86-64"])
def test_another_instruction_set_changes_no_bit(expected, cpu):
    environment = {**os.environ, "NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": ""}
    program = f"import runpy; print(runpy.run_path({__file__!r})['hash_of']())"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


def test_the_next_process_compiles_nothing(expected):
    assert hash_of() == expected
    program = f"""if True:
        import runpy, sys
        runpy.run_path({__file__!r})["hash_of"]()
        (program,) = (m for name, m in sys.modules.items() if name.startswith('hil_sim_plant_'))
        print(sum(program.fly.stats.cache_hits.values()), sum(program.fly.stats.cache_misses.values()))
        """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "0"]
