from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil_controllers.actuation import FirmwareActuation, LeadActuation, newtons_at, volts_for
from hil_sim.vehicle_files import load_vehicle

CF21 = load_vehicle("cf21-identified")
DT_S = 0.002


@given(st.floats(0.02, 0.2))
def test_voltage_for_a_force_gives_that_force(force_n):
    assert newtons_at(volts_for(force_n)) == pytest.approx(force_n, abs=1e-12)


def test_the_recorded_hover_thrust_is_the_recorded_motor_voltage():
    """59 000 of 65 535 thrust and 0.865 of 3.40 V duty, means over a hovering-slow recorded flight."""
    assert volts_for(59_000 / 65_535 * 0.12) == pytest.approx(0.8647 * 3.402, rel=0.01)


def test_hover_fraction_makes_the_vehicle_hover():
    actuation = FirmwareActuation(CF21, DT_S)
    command = actuation.command((actuation.hover_fraction,) * 4)
    assert command.motors == pytest.approx((CF21.hover_command,) * 4, rel=1e-6)


def test_a_lower_battery_gets_a_higher_command():
    low = replace(CF21, battery=replace(CF21.battery, hover_v=3.3))
    full, empty = (FirmwareActuation(vehicle, DT_S).command((0.8,) * 4).motors[0] for vehicle in (CF21, low))
    assert empty > full + 0.03


def test_what_exceeds_full_duty_is_taken_from_all_four():
    motors = FirmwareActuation(CF21, DT_S).command((1.9, 1.0, 0.9, 0.8)).motors
    assert max(motors) == pytest.approx(1.0)
    assert motors[1] < 0.8


def test_led_forces_arrive_with_the_asked_time_constant():
    actuation = LeadActuation(load_vehicle("cf-l2f-original"), DT_S, lag_s=0.025)
    hover = actuation.command((0.4447,) * 4).motors[0]
    led = actuation.command((0.48,) * 4).motors[0]
    assert led - hover > 4 * 0.5 * (0.48 - 0.4447)  # at least four times what the steady command would rise
