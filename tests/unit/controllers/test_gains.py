import numpy as np
import pytest

from hil_controllers.gains import Gains
from hil_sim.vehicle_files import load_vehicle, vehicle_names

DT_S = 0.01


@pytest.mark.parametrize("name", vehicle_names())
def test_tilt_has_the_poles_it_says(name):
    gains = Gains.of(load_vehicle(name), DT_S)
    poles = np.roots([gains.rotor_lag_s, 1.0, gains.tilt_rate_1_s, gains.tilt_1_s2]) * gains.rotor_lag_s
    assert sorted(poles, key=lambda p: (p.real, p.imag)) == pytest.approx(
        [-0.394 - 0.615j, -0.394 + 0.615j, -0.211], abs=2e-3
    )


@pytest.mark.parametrize("name", vehicle_names())
def test_position_with_its_integral_is_damped(name):
    gains = Gains.of(load_vehicle(name), DT_S)
    poles = np.roots([1.0, gains.velocity_1_s, gains.position_1_s2, gains.integral_1_s3])
    assert max(p.real / abs(p) for p in poles) < -0.6


def test_slower_motors_get_slower_loops():
    fast, slow = (Gains.of(load_vehicle(name), DT_S) for name in ("cf21-identified", "cf-l2f-2"))
    assert slow.rotor_lag_s > fast.rotor_lag_s
    assert slow.tilt_1_s2 < fast.tilt_1_s2
