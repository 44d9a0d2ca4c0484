"""What every plant keeps to, whatever vehicle it is."""

import math
import pickle
import subprocess
import sys

import pytest

from hil.core.types import Command, Start, State
from hil.scenario.conditions import Force, Randomise, Residual
from hil_sim.quadrotor import Quadrotor
from hil_sim.vehicle_files import load_vehicle, vehicle_names

START = Start(State((0.1, -0.2, 1.0), (0.3, 0.0, -0.1), (0.0, 0.0, math.sin(0.2), math.cos(0.2)), (0.1, 0.2, -0.3)))
COMMANDS = [Command((0.7, 0.72 + 0.001 * (k % 7), 0.71, 0.7)) for k in range(60)]


def build(name):
    vehicle = load_vehicle(name)
    disturbances = [Force(kind="force", std_n=0.01), *([Residual(kind="residual")] if vehicle.residual else [])]
    return Quadrotor(vehicle, disturbances=disturbances, randomise=Randomise(mass=0.1, motor_lag=0.1))


def flight(plant, *, seed):
    return [plant.reset(START, seed=seed), *(plant.step(command, 0.01) for command in COMMANDS)]


@pytest.fixture(params=vehicle_names())
def plant(request):
    return build(request.param)


def test_reset_returns_the_start(plant):
    for given, found in zip(START.state, plant.reset(START, seed=1), strict=True):
        assert found == pytest.approx(given, abs=1e-15)


def test_step_returns_the_state_it_leaves(plant):
    plant.reset(START, seed=1)
    assert plant.step(COMMANDS[0], 0.01) == plant.state


def test_states_are_tuples_of_finite_python_floats(plant):
    for state in flight(plant, seed=1):
        assert isinstance(state, State)
        assert all(type(x) is float and math.isfinite(x) for part in state for x in part)


def test_attitudes_have_length_one(plant):
    assert all(math.hypot(*state.attitude) == pytest.approx(1.0, abs=1e-12) for state in flight(plant, seed=1))


def test_the_same_seed_gives_the_same_bytes(plant):
    assert pickle.dumps(flight(plant, seed=7)) == pickle.dumps(flight(plant, seed=7))


def test_another_seed_gives_another_flight(plant):
    assert flight(plant, seed=7) != flight(plant, seed=8)


def test_commands_beyond_full_are_full(plant):
    plant.reset(START, seed=1)
    beyond = plant.step(Command((2.0, -1.0, 1.5, -0.1)), 0.01)
    plant.reset(START, seed=1)
    assert plant.step(Command((1.0, 0.0, 1.0, 0.0)), 0.01) == beyond


@pytest.mark.parametrize("name", vehicle_names())
def test_one_long_step_ends_where_short_ones_do(name):
    """The pieces differ where a delay cuts them, so the two agree to the error of RK4."""
    long, short = build(name), build(name)
    long.reset(START, seed=2)
    short.reset(START, seed=2)
    for _ in range(10):
        short.step(COMMANDS[0], 0.01)
    for found, expected in zip(long.step(COMMANDS[0], 0.1), short.state, strict=True):
        assert found == pytest.approx(expected, abs=1e-5)


def test_another_process_gives_the_same_bytes(plant):
    name = plant.actual.name
    code = (
        "import runpy, pickle, sys; m = runpy.run_path(sys.argv[1]);"
        "sys.stdout.write(repr(m['flight'](m['build'](sys.argv[2]), seed=7)))"
    )
    run = subprocess.run([sys.executable, "-c", code, __file__, name], capture_output=True, text=True, check=True)
    assert run.stdout == repr(flight(plant, seed=7))
