"""cf-l2f-package flies as the l2f 0.0.3 package does: float32 values of that package, so tolerances of float32."""

import pytest

from hil.core.types import LEVEL, ZERO3, Command, Start, State
from hil_sim.quadrotor import Quadrotor

ACTION = (0.4, 0.3, 0.35, 0.25)
COMMAND = Command(tuple((a + 1) / 2 for a in ACTION))
START = Start(State((0.0, 0.0, 1.0), ZERO3, LEVEL, ZERO3), motors=(0.6670265,) * 4)


def flown(vehicle, steps):
    plant = Quadrotor(vehicle)
    state = plant.reset(START, seed=0)
    for _ in range(steps):
        state = plant.step(COMMAND, 0.01)
    return plant, state


def test_motors_after_one_step_are_those_of_the_package(package):
    plant, _ = flown(package, 1)
    assert plant.motors == pytest.approx((0.6713024, 0.6648186, 0.6680605, 0.6615767), abs=2e-7)


def test_rates_after_one_step_are_those_of_the_package(package):
    _, state = flown(package, 1)
    assert state.rates == pytest.approx((-0.013442, -4.4e-5, -0.002299), abs=6e-7)


def test_state_after_25_steps_is_that_of_the_package(package):
    _, state = flown(package, 25)
    x, y, z, w = state.attitude
    assert state.position == pytest.approx((-4.29e-5, 0.0139123, 1.0022304), abs=2e-7)
    assert (w, x, y, z) == pytest.approx((0.9825661, -0.1832224, -0.0016734, -0.0314741), abs=5e-7)
    assert state.velocity == pytest.approx((0.0012647, 0.2546504, -0.0048253), abs=5e-7)
    assert state.rates == pytest.approx((-3.63342, 0.018259, -0.621427), abs=1e-5)
