"""The firmware-like PID: late in the way its gains say, and blind to feed-forward."""

import numpy as np
import pytest

from hil.core.types import ZERO3, Setpoint
from hil_controllers.pid_firmware import build
from hil_sim.vehicle_files import load_vehicle

SPEED_M_S = 0.5


@pytest.mark.parametrize("vehicle", ["cf21-identified", "cf-l2f-package"])
def test_a_moving_set_point_is_followed_about_half_a_second_late(fly, vehicle):
    def ramp(t_s):
        return Setpoint((SPEED_M_S * t_s, 0.0, 1.0))

    flown = fly(build(load_vehicle(vehicle)), vehicle, ramp, 8.0).after(5.0)
    lag_s = float(np.mean(flown.reference[:, 0] - flown.position[:, 0])) / SPEED_M_S
    assert 0.45 < lag_s < 0.65


def test_velocity_and_acceleration_of_the_set_point_change_nothing(fly):
    vehicle = "cf21-identified"
    controller = build(load_vehicle(vehicle))
    bare = fly(controller, vehicle, lambda t_s: Setpoint((0.1 * t_s, 0.0, 1.0)), 1.0)
    rich = fly(controller, vehicle, lambda t_s: Setpoint((0.1 * t_s, 0.0, 1.0), (0.1, 0.0, 0.0), ZERO3), 1.0)
    assert np.array_equal(bare.position, rich.position)


def test_hover_holds_within_2_cm_over_motor_mismatch(fly):
    controller = build(load_vehicle("cf21-identified"))
    for seed in (1, 2, 3):
        flown = fly(controller, "cf21-identified", lambda t_s: Setpoint((0.0, 0.0, 1.0)), 10.0, seed=seed).after(6.0)
        assert abs(flown.position - flown.reference).max() < 0.02
