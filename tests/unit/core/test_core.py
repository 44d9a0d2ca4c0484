import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.core.chance import repeat_seed, rng
from hil.core.errors import HilError, ScenarioError, TargetUnavailable
from hil.core.frames import euler_zyx, quat_from_euler, quat_multiply, rotation_matrix, tilt, wrap_angle
from hil.core.outcome import Outcome
from hil.core.vehicle import Battery, Vehicle

ANGLES = st.floats(-3.1, 3.1)
PITCHES = st.floats(-1.5, 1.5)


@given(ANGLES, PITCHES, ANGLES)
def test_euler_angles_survive_the_way_to_a_quaternion_and_back(roll, pitch, yaw):
    assert euler_zyx(quat_from_euler(roll, pitch, yaw)) == pytest.approx((roll, pitch, yaw), abs=1e-9)


@given(ANGLES, PITCHES, ANGLES, ANGLES, PITCHES, ANGLES)
def test_quaternions_multiply_like_their_matrices(r1, p1, y1, r2, p2, y2):
    a, b = quat_from_euler(r1, p1, y1), quat_from_euler(r2, p2, y2)
    together = np.array(rotation_matrix(quat_multiply(a, b)))
    np.testing.assert_allclose(together, np.array(rotation_matrix(a)) @ np.array(rotation_matrix(b)), atol=1e-12)


def test_positive_pitch_is_nose_down_and_positive_roll_is_right_side_down():
    nose_down = np.array(rotation_matrix(quat_from_euler(0.0, 0.3, 0.0))) @ [1.0, 0.0, 0.0]
    right_down = np.array(rotation_matrix(quat_from_euler(0.3, 0.0, 0.0))) @ [0.0, -1.0, 0.0]
    assert nose_down[2] == pytest.approx(-math.sin(0.3))
    assert right_down[2] == pytest.approx(-math.sin(0.3))


@given(PITCHES, ANGLES)
def test_tilt_is_the_pitch_of_a_vehicle_that_only_pitches_whatever_its_heading(pitch, yaw):
    assert tilt(quat_from_euler(0.0, pitch, yaw)) == pytest.approx(abs(pitch), abs=1e-7)


@given(st.floats(-100, 100))
def test_a_wrapped_angle_is_the_same_direction_within_a_half_turn(angle):
    wrapped = wrap_angle(angle)
    assert -math.pi <= wrapped < math.pi
    assert math.cos(wrapped) == pytest.approx(math.cos(angle), abs=1e-9)


def test_chance_for_one_purpose_does_not_depend_on_another():
    alone = rng(3, "wind").normal(size=5)
    rng(3, "start").normal(size=100)
    np.testing.assert_array_equal(alone, rng(3, "wind").normal(size=5))
    assert not np.array_equal(alone, rng(3, "start").normal(size=5))
    assert not np.array_equal(alone, rng(4, "wind").normal(size=5))


def test_repeats_have_seeds_of_their_own_and_the_first_the_one_that_was_given():
    assert repeat_seed(7, 0) == 7
    seeds = {repeat_seed(seed, k) for seed in (7, 8) for k in range(1000)}
    assert len(seeds) == 2000


@pytest.mark.parametrize(
    "error",
    [
        TargetUnavailable("no reply", hint="plug it in"),
        ScenarioError("wrong", file="a.yaml", line=3, key="task.kind", hint="like so"),
    ],
)
def test_an_error_crosses_a_process_boundary_whole(error: HilError):
    twin = pickle.loads(pickle.dumps(error))
    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert twin.exit_code == error.exit_code


def test_outcomes_rank_by_their_exit_codes():
    ranked = sorted(Outcome, key=lambda outcome: outcome.exit_code)
    assert ranked == [Outcome.PASS, Outcome.FAIL, Outcome.ABORTED, Outcome.ERROR]


def _vehicle(**changes) -> Vehicle:
    values = {
        "name": "test",
        "mass_kg": 0.03,
        "inertia_kg_m2": (1e-5, 1e-5, 2e-5),
        "rotor_x_m": (0.03, -0.03, -0.03, 0.03),
        "rotor_y_m": (-0.03, -0.03, 0.03, 0.03),
        "rotor_torque_sign": (-1.0, 1.0, -1.0, 1.0),
        "thrust_n": (0.0, 0.02, 0.1),
        "torque_per_thrust_m": 0.006,
        "motor_tau_up_s": 0.05,
        "motor_tau_down_s": 0.05,
    }
    return Vehicle(**(values | changes))


@given(st.floats(0.0, 0.5))
def test_the_motor_state_for_a_thrust_gives_that_thrust(thrust_n):
    vehicle = _vehicle()
    assert vehicle.thrust(vehicle.motor_for_thrust(thrust_n)) == pytest.approx(thrust_n, abs=1e-12)


def test_four_rotors_at_hover_carry_the_weight():
    vehicle = _vehicle()
    assert 4 * vehicle.thrust(vehicle.hover_motor) == pytest.approx(0.03 * 9.81)


def test_a_battery_weakens_a_vehicle_with_load_time_and_unequal_motors():
    battery = Battery(hover_v=3.5, reference_v=3.0, sag_v=1.0, drain_v_s=0.003)
    fresh = _vehicle(battery=battery)
    assert fresh.hover_command == pytest.approx(fresh.hover_motor * 3.0 / 3.5)
    assert fresh.full_motor(0.0) == pytest.approx((3.5 + fresh.hover_command - 1.0) / 3.0)
    assert fresh.thrust_to_weight(100.0) < fresh.thrust_to_weight(0.0)
    assert _vehicle(battery=battery, motor_mismatch_std=0.05).thrust_to_weight() == pytest.approx(
        0.95 * fresh.thrust_to_weight()
    )
