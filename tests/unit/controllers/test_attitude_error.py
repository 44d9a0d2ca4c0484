import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.core.frames import euler_zyx, quat_from_euler, rotation_matrix
from hil.core.types import LEVEL
from hil_controllers.attitude_error import attitude_error, attitude_for_thrust, turned

angle = st.floats(-3.0, 3.0)
gentle = st.floats(-1.2, 1.2)


@given(x=st.floats(-5, 5), y=st.floats(-5, 5), z=st.floats(1, 15), yaw=angle)
def test_the_attitude_for_a_thrust_points_there_with_the_yaw_asked_for(x, y, z, yaw):
    attitude = attitude_for_thrust((x, y, z), yaw)
    size = math.sqrt(x * x + y * y + z * z)
    assert [row[2] for row in rotation_matrix(attitude)] == pytest.approx([x / size, y / size, z / size], abs=1e-9)
    assert math.cos(euler_zyx(attitude)[2] - yaw) == pytest.approx(1.0)


@given(roll=gentle, pitch=gentle, yaw=angle)
def test_there_is_no_error_at_the_wanted_attitude(roll, pitch, yaw):
    attitude = quat_from_euler(roll, pitch, yaw)
    assert attitude_error(attitude, attitude) == pytest.approx((0.0, 0.0, 0.0), abs=1e-7)


@given(roll=gentle, pitch=gentle, yaw=angle, heading=angle)
def test_heading_does_not_change_how_far_the_tilt_is_off(roll, pitch, yaw, heading):
    x, y, _ = attitude_error(quat_from_euler(0.2, -0.1, 0.0), quat_from_euler(roll, pitch, yaw))
    wanted_z = [row[2] for row in rotation_matrix(quat_from_euler(roll, pitch, yaw))]
    body_z = [row[2] for row in rotation_matrix(quat_from_euler(0.2, -0.1, 0.0))]
    between = math.acos(max(-1.0, min(1.0, sum(a * b for a, b in zip(wanted_z, body_z, strict=True)))))
    assert math.hypot(x, y) == pytest.approx(between, abs=1e-6)


def test_turning_by_a_small_error_removes_it():
    attitude, wanted = quat_from_euler(0.1, 0.2, 0.3), quat_from_euler(0.13, 0.18, 0.31)
    assert attitude_error(turned(attitude, attitude_error(attitude, wanted), 1.0), wanted) == pytest.approx(
        (0.0, 0.0, 0.0), abs=1e-3
    )


def test_upside_down_is_a_tilt_of_half_a_turn():
    x, y, heading = attitude_error((1.0, 0.0, 0.0, 0.0), LEVEL)
    assert math.hypot(x, y) == pytest.approx(math.pi)
    assert heading == 0.0
