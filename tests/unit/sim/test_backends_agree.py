"""One source of the equations gives equal bits on floats and on arrays."""

import math

import numpy as np
import pytest

from hil_sim.dynamics import constants, derivative, normalised
from hil_sim.integrators import euler, rk4
from hil_sim.vehicle_files import load_vehicle, vehicle_names


@pytest.mark.parametrize("integrate", [euler, rk4])
@pytest.mark.parametrize("name", vehicle_names())
def test_floats_and_arrays_give_equal_bits(name, integrate):
    chance = np.random.default_rng(1)
    states, inputs = chance.normal(size=(17, 50)), chance.normal(size=(10, 50))
    of_vehicle = constants(load_vehicle(name), (0.9, 1.0, 1.1, 1.05))

    arrays = normalised(integrate(derivative, tuple(states), tuple(inputs), of_vehicle, 0.01), np.sqrt)

    for k in range(50):
        state, given = tuple(states[:, k].tolist()), tuple(inputs[:, k].tolist())
        floats = normalised(integrate(derivative, state, given, of_vehicle, 0.01), math.sqrt)
        assert floats == tuple(row[k] for row in arrays)


def test_euler_is_of_first_order():
    def decay(state, inputs, constants):
        return tuple(-x for x in state)

    def error(steps):
        state = (1.0,) * 17
        for _ in range(steps):
            state = euler(decay, state, (), (), 1.0 / steps)
        return abs(state[0] - math.exp(-1.0))

    assert math.log2(error(64) / error(128)) == pytest.approx(1.0, abs=0.05)


def test_a_normalised_quaternion_has_length_one_and_the_rest_is_untouched():
    state = normalised(tuple(float(k) for k in range(1, 18)), math.sqrt)
    assert math.hypot(*state[3:7]) == pytest.approx(1.0, abs=1e-15)
    assert state[:3] + state[7:] == (1.0, 2.0, 3.0, *(float(k) for k in range(8, 18)))
