"""What makes flights of networks faster changes no bit of them."""

import importlib.util
import math

import numpy as np
import pytest

from hil.core.chance import rng
from hil.core.types import Command, Start, State
from hil.scenario.conditions import Delay, Force, Kick, MotorEfficiency, Randomise, Residual
from hil_sim.noise import FlightNoise, GaussMarkov
from hil_sim.quadrotor import Quadrotor
from hil_sim.vehicle_files import load_vehicle, vehicle_names

needs_numba = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")
START = Start(State((0, 0, 1), (0.3, 0.0, -0.1), (0.0, 0.0, math.sin(0.2), math.cos(0.2)), (0.1, 0.2, -0.3)))
FAULTS = (MotorEfficiency(kind="motor_efficiency", motor=2, factor=0.8, at_s=0.4), Delay(kind="delay", added_s=0.003))
KICK = Kick(kind="kick", at_s=0.3, velocity_world_m_s=(0.1, 0, 0), rates_body_rad_s=(0, 1, 0))


def flown(name, *, compiled):
    vehicle = load_vehicle(name)
    pushes = [KICK, Force(kind="force", std_n=0.01), *([Residual(kind="residual")] if vehicle.residual else [])]
    plant = Quadrotor(
        vehicle, disturbances=pushes, faults=FAULTS, randomise=Randomise(mass=0.1, inertia=0.1), compiled=compiled
    )
    plant.reset(START, seed=3)
    chance = np.random.default_rng(1)
    commands = 0.66 + 0.1 * chance.standard_normal((150, 4))
    return [plant.step(Command(tuple(command)), 0.01) for command in commands.tolist()]


@needs_numba
@pytest.mark.parametrize("name", vehicle_names())
def test_compiled_a_plant_has_the_bits_of_python(name):
    assert flown(name, compiled=True) == flown(name, compiled=False)


@needs_numba
def test_compiled_a_plant_out_of_the_range_of_floats_is_lost_as_in_python():
    states = []
    for compiled in (False, True):
        plant = Quadrotor(load_vehicle("cf-l2f-original"), compiled=compiled)
        plant.reset(START._replace(state=START.state._replace(rates=(1e200, 1e200, 0.0))), seed=0)
        states.append([plant.step(Command((0.6,) * 4), 0.01) for _ in range(3)])
    assert repr(states[0]) == repr(states[1])


@pytest.mark.parametrize("correlation_s", [(0.2, 0.0, 0.5), (0.0, 0.0, 0.0)])
def test_noise_of_one_flight_has_the_bits_of_the_general_one(correlation_s):
    std = (0.3, 0.0, 1e-3)
    one, general = (kind(std, correlation_s, rng(4, "noise")) for kind in (FlightNoise, GaussMarkov))
    for k in range(200):
        assert one.components == tuple(general.value.tolist())
        dt_s = 0.01 if k % 50 else 0.004
        one.advance(dt_s)
        general.advance(dt_s)
