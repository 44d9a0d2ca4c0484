import pytest

from hil_controllers.pid_axis import PidAxis, PidGains

DT_S = 0.01


def test_a_jump_of_the_set_point_does_not_kick_the_derivative():
    axis = PidAxis(PidGains(0.0, 0.0, 1.0), DT_S)
    axis.step(0.0, 2.0)
    assert axis.step(5.0, 2.0) == 0.0


def test_the_derivative_opposes_a_rising_measurement():
    axis = PidAxis(PidGains(0.0, 0.0, 2.0), DT_S)
    axis.step(0.0, 1.0)
    assert axis.step(0.0, 1.1) == pytest.approx(-2.0 * 0.1 / DT_S)


def test_the_integral_stops_at_its_limit_and_comes_back_at_once():
    axis = PidAxis(PidGains(0.0, 1.0, 0.0, integral_limit=0.5), DT_S)
    for _ in range(1000):
        axis.step(1.0, 0.0)
    assert axis.step(1.0, 0.0) == 0.5
    assert axis.step(-1.0, 0.0) == pytest.approx(0.5 - DT_S)


def test_the_output_stops_at_its_limit_and_zero_means_none():
    assert PidAxis(PidGains(10.0, output_limit=3.0), DT_S).step(-1.0, 0.0) == -3.0
    assert PidAxis(PidGains(10.0, output_limit=0.0), DT_S).step(-1.0, 0.0) == -10.0


def test_reset_restores_the_output_at_rest():
    axis = PidAxis(PidGains(25.0, 15.0), DT_S, output_at_rest=7.0)
    axis.step(3.0, 1.0)
    axis.reset()
    assert axis.step(0.0, 9.0) == pytest.approx(7.0)
