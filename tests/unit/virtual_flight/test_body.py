"""The physical vehicle: it rests, flies by its motors, and what happens to it happens on time."""

import math

import pytest

from hil.core.frames import tilt
from hil.core.vehicle import GRAVITY_M_S2
from hil.scenario.conditions import Gust, Kick, Randomise
from hil.virtual_crazyflie.body import Body
from hil_sim.vehicle_files import load_vehicle

VEHICLE = load_vehicle("cf21-identified")
OFF, FULL = (0.0,) * 4, (1.0,) * 4


def passed(body, ms, motors=OFF):
    for _ in range(ms):
        body.step_ms(motors)
    return body


def conditioned(body, *, disturbances=(), task_in_ms=0, **changes):
    given = {"randomise": Randomise(), "seed": 0} | changes
    body.conditions(disturbances=disturbances, task_in_ms=task_in_ms, **given)
    return body


def test_it_stays_where_it_stands_while_its_motors_are_off():
    body = passed(Body(VEHICLE, position=(1.0, 2.0, 0.0), yaw_rad=0.5), 500)
    assert (body.state.position, body.state.velocity) == ((1.0, 2.0, 0.0), (0.0, 0.0, 0.0))
    assert body.on_ground
    assert body.now_ms == 500


def test_at_rest_it_feels_its_weight():
    assert passed(Body(VEHICLE), 10).specific_force == pytest.approx((0.0, 0.0, GRAVITY_M_S2))


def test_thrust_lifts_it_and_without_it_it_falls():
    body = passed(Body(VEHICLE), 250, FULL)
    lifted = body.on_ground
    falling = passed(body, 150)
    assert not lifted
    assert falling.specific_force[2] < 3.0
    passed(body, 1000)
    assert body.on_ground


def test_the_command_delay_of_the_vehicle_holds_to_the_millisecond():
    with_motors, without = Body(VEHICLE), Body(VEHICLE)
    passed(with_motors, 5, FULL)
    assert with_motors._state[13:] == without._state[13:]
    passed(with_motors, 1, FULL)
    assert min(with_motors._state[13:]) > 0.0


def test_a_full_battery_rests_at_4_15_v_and_shows_the_voltage_of_flight_in_flight():
    body = Body(VEHICLE)
    resting = body.battery_v
    hover = VEHICLE.hover_command
    body.give((hover,) * 4)
    assert (resting, body.battery_v) == (pytest.approx(4.15, abs=0.01), pytest.approx(VEHICLE.battery.hover_v))


def test_only_turning_motors_empty_the_battery():
    body = passed(Body(VEHICLE), 1000)
    rested = body.battery_v
    passed(body, 1000, FULL)
    body.give(OFF)
    assert rested == Body(VEHICLE).battery_v
    assert body.battery_v == pytest.approx(rested - VEHICLE.battery.drain_v_s / VEHICLE.hover_command, rel=1e-3)


def test_a_charge_is_what_the_battery_rests_at():
    body = Body(VEHICLE)
    body.charge(3.7)
    assert body.battery_v == pytest.approx(3.7)


def test_a_vehicle_without_a_battery_shows_the_voltage_it_was_told_and_flies_on():
    body = Body(load_vehicle("cf-l2f-original"))
    body.charge(3.1)
    passed(body, 1000, FULL)
    assert body.battery_v == 3.1
    assert body.state.position[2] > 0.5


def test_truth_is_kept_for_two_seconds_by_the_millisecond():
    body = passed(Body(VEHICLE), 1500)
    passed(body, 1500, FULL)
    forgotten, first, middle, now, later = body.truth([999, 1000, 2000, 3000, 3001])
    assert (forgotten, later) == (None, None)
    assert (first.at_ms, first.motors, middle.motors) == (1000, OFF, FULL)
    assert now.state == body.state


def test_a_row_of_truth_has_the_motors_given_at_its_instant():
    body = passed(Body(VEHICLE), 10)
    body.give(FULL)
    (before,) = body.truth([10])
    passed(body, 1, FULL)
    assert body.truth([10]) == [before]


def test_times_of_conditions_count_from_the_task():
    body = passed(Body(VEHICLE, position=(0.0, 0.0, 5.0)), 100)
    kick = Kick(kind="kick", at_s=0.5, velocity_world_m_s=(1.0, 0.0, 0.0))
    conditioned(body, disturbances=(kick,), task_in_ms=200)
    passed(body, 700)
    before = body.state.velocity[0]
    passed(body, 1)
    assert (before, body.state.velocity[0]) == (pytest.approx(0.0, abs=0.01), pytest.approx(1.0, abs=0.02))


def test_a_gust_pushes_while_it_lasts():
    body = Body(VEHICLE, position=(0.0, 0.0, 50.0))
    gust = Gust(kind="gust", at_s=0.1, for_s=0.2, force_world_n=(0.032, 0.0, 0.0))  # 1 m/s²
    conditioned(body, disturbances=(gust,))
    passed(body, 100)
    before = body.state.velocity[0]
    passed(body, 200)
    after = body.state.velocity[0]
    passed(body, 100)
    assert (before, after) == (pytest.approx(0.0), pytest.approx(0.2, rel=0.1))
    assert body.state.velocity[0] <= after


def test_a_motor_that_fails_is_felt_at_once():
    body, healthy = (Body(VEHICLE, position=(0.0, 0.0, 5.0)) for _ in range(2))
    passed(body, 300, FULL)
    passed(healthy, 300, FULL)
    same = body.state == healthy.state
    body.weaken(1, 0.0)
    passed(body, 1, FULL)
    passed(healthy, 1, FULL)
    assert same
    assert body.state != healthy.state


@pytest.mark.parametrize(
    ("fault", "shows"),
    [
        (lambda body: body.charge(3.5), lambda body: body.battery_v == pytest.approx(3.5)),
        (lambda body: body.blind(None), lambda body: not body.pose_is_seen),
        (lambda body: body.bias_gyro((0.1, 0.0, 0.0)), lambda body: body.gyro_bias_rad_s[0]),
    ],
    ids=["battery", "pose_dropout", "gyro_bias"],
)
def test_a_fault_has_its_effect_from_the_millisecond_on_that_it_comes(fault, shows):
    body = passed(Body(VEHICLE), 100)
    early = shows(body)
    fault(body)
    passed(body, 1)
    assert not early
    assert shows(body)


def test_positioning_comes_back_when_a_drop_out_is_over():
    body = Body(VEHICLE)
    body.blind(for_s=0.05)
    blind = body.pose_is_seen
    passed(body, 49)
    still = body.pose_is_seen
    passed(body, 1)
    assert (blind, still, body.pose_is_seen) == (False, False, True)


def test_a_tumble_turns_it_over_against_all_that_rotors_can_do():
    body = passed(Body(VEHICLE, position=(0.0, 0.0, 1.0)), 1)
    body.tumble()
    passed(body, 200, (1.0, 1.0, 0.0, 0.0))
    assert tilt(body.state.attitude) > math.radians(90)


def test_commands_that_are_delayed_arrive_later_in_order():
    late, prompt = Body(VEHICLE), Body(VEHICLE)
    late.delay_commands(0.02)
    passed(late, 25, FULL)
    passed(prompt, 5, FULL)
    assert late._state[13:] == prompt._state[13:]
    passed(late, 1, FULL)
    passed(prompt, 1, FULL)
    assert late._state[13:] == prompt._state[13:]


def test_the_same_seed_makes_the_same_vehicle():
    one, same, other = (passed(Body(VEHICLE, seed=seed), 800, FULL) for seed in (1, 1, 2))
    assert one.state == same.state
    assert one.state != other.state


def test_it_knows_since_when_its_motors_are_off_and_it_touches_the_floor():
    body = Body(VEHICLE)
    before = (body.motors_off_ms, body.on_ground_ms)
    passed(body, 400, FULL)
    flying = (body.motors_off_ms, body.on_ground_ms)
    passed(body, 3000)
    assert (before, flying) == ((0, 0), (None, None))
    assert body.motors_off_ms == 400
    assert 400 < body.on_ground_ms < 3400
