"""Streamed set-points: what each type means, in the bench's units and signs, and whose are obeyed."""

import math
import struct

import pytest

from hil.core.quaternion_bits import compress
from hil.virtual_crazyflie.commander import Rank
from hil.virtual_crazyflie.wanted import Mode

OFF = (0.0, 0.0, 0.0, 0.0)
DEG = math.pi / 180


def streamed(bench, kind, *numbers, layout="<ffff"):
    bench.send(7, 0, bytes((kind,)) + struct.pack(layout, *numbers))
    return bench.flight.commander.wanted


def rpyt(bench, roll, pitch, yaw_rate, thrust):
    bench.send(3, 0, struct.pack("<fffH", roll, pitch, yaw_rate, thrust))
    return bench.flight.commander.wanted


def test_thrust_is_locked_until_a_set_point_without_thrust(boot):
    bench = boot()
    locked = rpyt(bench, 0.0, 0.0, 0.0, 40_000).thrust
    rpyt(bench, 0.0, 0.0, 0.0, 0)
    assert (locked, rpyt(bench, 0.0, 0.0, 0.0, 40_000).thrust) == (0.0, 40_000 / 65_535)


@pytest.mark.parametrize(("asked", "used"), [(999, 0), (1000, 1000), (60_000, 60_000), (65_535, 60_000)])
def test_thrust_of_a_client_is_nothing_below_1000_and_capped_at_60000(boot, asked, used):
    bench = boot()
    rpyt(bench, 0.0, 0.0, 0.0, 0)
    assert rpyt(bench, 0.0, 0.0, 0.0, asked).thrust == used / 65_535


def test_roll_pitch_yaw_rate_come_nose_up_and_clockwise(boot):
    bench = boot()
    wanted = rpyt(bench, 10.0, -5.0, 30.0, 0)
    assert wanted.attitude[:2] == pytest.approx((10 * DEG, 5 * DEG))
    assert wanted.rates[2] == pytest.approx(-30 * DEG)


def test_a_position_is_absolute_in_all_axes_and_feeds_nothing_forward(boot):
    wanted = streamed(boot(), 7, 1.0, 2.0, 3.0, 90.0)
    assert wanted.is_position
    assert wanted.setpoint() == ((1.0, 2.0, 3.0), None, None, pytest.approx(math.pi / 2), 0.0)


def test_a_full_state_comes_in_milli_units_with_its_yaw_in_the_quaternion(boot):
    turned = (0.0, 0.0, math.sin(0.25), math.cos(0.25))
    numbers = (100, -200, 300, 400, 500, -600, 700, 800, 900, compress(turned), 0, 0, 250)
    setpoint = streamed(boot(), 6, *numbers, layout="<hhhhhhhhhIhhh").setpoint()
    assert setpoint.position == (0.1, -0.2, 0.3)
    assert setpoint.velocity == (0.4, 0.5, -0.6)
    assert setpoint.acceleration == (0.7, 0.8, 0.9)
    assert setpoint.yaw == pytest.approx(0.5, abs=0.003)
    assert setpoint.yaw_rate == 0.25


def test_a_world_velocity_has_all_axes_as_velocities(boot):
    wanted = streamed(boot(), 8, 0.1, 0.2, 0.3, 45.0)
    assert wanted[:3] == (Mode.VELOCITY,) * 3
    assert (wanted.velocity[0], wanted.in_body) == (pytest.approx(0.1), False)
    assert wanted.rates[2] == pytest.approx(45 * DEG)


def test_a_z_distance_tilts_and_holds_a_height(boot):
    wanted = streamed(boot(), 9, 5.0, 4.0, 3.0, 0.4)
    assert wanted[:4] == (Mode.OFF, Mode.OFF, Mode.ABSOLUTE, Mode.ABSOLUTE)
    assert wanted.attitude[:2] == pytest.approx((5 * DEG, -4 * DEG))
    assert wanted.position[2] == pytest.approx(0.4)


def test_a_hover_has_velocities_of_the_body_and_a_height(boot):
    wanted = streamed(boot(), 10, 0.1, 0.2, 3.0, 0.4)
    assert wanted[:3] == (Mode.VELOCITY, Mode.VELOCITY, Mode.ABSOLUTE)
    assert wanted.in_body


def test_a_manual_set_point_tilts_or_turns_and_gives_thrust(boot):
    bench = boot()
    tilts = streamed(bench, 11, 5.0, 4.0, 3.0, 30_000, 0, layout="<fffHB")
    turns = streamed(bench, 11, 5.0, 4.0, 3.0, 30_000, 1, layout="<fffHB")
    assert (tilts.roll, turns.roll) == (Mode.ABSOLUTE, Mode.VELOCITY)
    assert turns.rates == pytest.approx((5 * DEG, -4 * DEG, 3 * DEG))
    assert tilts.thrust == turns.thrust == 30_000 / 65_535


@pytest.mark.parametrize(("old", "new"), [(1, 8), (2, 9), (5, 10)])
def test_an_older_type_is_the_newer_one_with_its_yaw_rate_clockwise(boot, old, new):
    bench = boot()
    numbers = [0.1, 0.2, 0.3, 0.4]
    newer = streamed(bench, new, *numbers)
    numbers[3 if old == 1 else 2] *= -1
    assert streamed(bench, old, *numbers) == newer


def test_a_stop_is_null_and_stops_the_motors_at_once(boot):
    bench = boot()
    bench.hover()
    bench.send(7, 0, b"\x00")
    assert bench.ms_until_off() == 1


@pytest.mark.parametrize("data", [b"\x07" + bytes(15), b"\x07" + bytes(17), b"\x00\x00", b"\x06" + bytes(27)])
def test_a_set_point_of_the_wrong_length_fails_an_assertion_with_the_motors_off(boot, data):
    bench = boot()
    bench.hover()
    bench.send(7, 0, data)
    assert bench.body.motors_fraction == OFF
    bench.ms(10)
    assert bench.body.motors_fraction == OFF
    assert bench.flight.assertion
    assert bench.said[-1].startswith("ASSERT")


def test_a_set_point_that_is_not_finite_or_of_no_known_type_is_ignored(boot):
    bench = boot()
    before = bench.flight.commander.wanted
    streamed(bench, 7, math.nan, 0.0, 0.0, 0.0)
    streamed(bench, 200, 0.0, 0.0, 0.0, 0.0)
    bench.send(7, 0, b"")
    bench.send(3, 0, bytes(13))
    rpyt(bench, math.nan, 0.0, 0.0, 0)
    assert bench.flight.commander.wanted is before
    assert not bench.flight.assertion


@pytest.mark.parametrize("angles", [(math.nan, 0.0, 0.0), (0.0, math.inf, 0.0), (0.0, 0.0, -math.inf)])
def test_a_tilt_that_is_not_finite_leaves_in_force_what_was(boot, angles):
    bench = boot()
    bench.hover()
    rpyt(bench, *angles, 40_000)
    bench.ms(5)
    assert bench.flight.commander.rank is Rank.HIGH_LEVEL
    assert min(bench.body.motors_fraction) > 0.0


def test_a_streamed_set_point_makes_the_high_level_commander_idle(boot):
    bench = boot()
    bench.hover()
    bench.position(0.0, 0.0, 0.6)
    assert not bench.flight.high_level.is_active


def test_the_high_level_commander_plans_but_is_not_followed_until_handed_back(boot):
    bench = boot()
    bench.hover()
    bench.position(0.0, 0.0, 0.6)
    accepted = bench.go_to(1.0, 0.0, 0.6)
    bench.ms(300)
    ignored = bench.flight.wanted.feeds_forward
    bench.send(7, 1, bytes(5))
    bench.ms(10)
    assert (accepted, ignored, bench.flight.wanted.feeds_forward) == (0, False, True)


def test_handing_back_with_nothing_planned_stops_the_motors_within_10_ms(boot):
    bench = boot()
    bench.hover()
    bench.position(0.0, 0.0, 0.6)
    bench.ms(100)
    bench.send(7, 1, bytes(5))
    assert bench.ms_until_off() <= 10


def test_after_boot_the_high_level_commander_is_in_force_with_nothing_wanted(boot):
    bench = boot()
    bench.ms(10)
    assert bench.flight.commander.rank is Rank.HIGH_LEVEL
    assert bench.flight.wanted.is_null
