import pytest

from hil_controllers.torque_observer import TorqueObserver

DT_S = 0.01


def observe(disturbance, ticks, *, limit=100.0):
    """A body that turns with 3 sin-free rad/s² of known and some unknown acceleration about x."""
    observer = TorqueObserver(dt_s=DT_S, bandwidth_rad_s=10.0, limit=(limit,) * 3)
    rate = 0.5
    observer.update((rate, 0.0, 0.0), (0.0, 0.0, 0.0))
    for _ in range(ticks):
        rate += (3.0 + disturbance) * DT_S
        observer.update((rate, 0.0, 0.0), (3.0, 0.0, 0.0))
    return observer.acceleration


def test_an_unexplained_acceleration_is_found_within_a_second():
    assert observe(12.0, 100) == pytest.approx((12.0, 0.0, 0.0), abs=0.05)


def test_what_the_model_explains_is_no_disturbance():
    assert observe(0.0, 100) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)


def test_the_estimate_stays_within_its_limit():
    assert observe(50.0, 100, limit=20.0)[0] == 20.0
