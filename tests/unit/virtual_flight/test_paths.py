"""Paths: smooth where they must be, and where they say they are."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.core.types import ZERO3, Setpoint
from hil.virtual_crazyflie.paths import Backwards, Moved, Spiral, path_to, smooth

number = st.floats(-2.0, 2.0)
vector = st.tuples(number, number, number)
FROM = Setpoint((1.0, 2.0, 0.5), (0.3, -0.2, 0.1), (0.1, 0.2, -0.3), 0.4, 0.2)
TO = Setpoint((2.0, 1.0, 1.5), ZERO3, ZERO3, -0.5)


@settings(max_examples=40, deadline=None)
@given(position=vector, velocity=vector, acceleration=vector, end=vector, duration_s=st.floats(0.5, 5.0))
def test_a_smooth_path_meets_both_ends_with_velocity_and_acceleration(
    position, velocity, acceleration, end, duration_s
):
    path = path_to(Setpoint(position, velocity, acceleration), Setpoint(end, ZERO3, ZERO3), duration_s)
    begin, finish = path.at(0.0), path.at(duration_s * (1 - 1e-12))
    assert begin[:3] == (pytest.approx(position), pytest.approx(velocity), pytest.approx(acceleration))
    assert finish.position == pytest.approx(end, abs=1e-6)
    assert finish.velocity == pytest.approx(ZERO3, abs=1e-6)
    assert finish.acceleration == pytest.approx(ZERO3, abs=1e-5)


def test_its_jerk_is_zero_at_both_ends():
    piece = smooth(FROM, TO, 2.0)
    for axis in piece.axes:
        jerks = [sum(k * (k - 1) * (k - 2) * c * t ** (k - 3) for k, c in enumerate(axis) if k > 2) for t in (0, 2.0)]
        assert jerks == pytest.approx([0.0, 0.0], abs=1e-9)


def test_yaw_takes_the_shorter_way():
    path = path_to(Setpoint(ZERO3, yaw=3.0), Setpoint(ZERO3, ZERO3, ZERO3, -3.0), 1.0)
    assert path.at(1.0).yaw == pytest.approx(math.tau - 3.0)


def test_a_path_of_no_duration_is_at_its_end():
    assert path_to(FROM, TO, 0.0).at(0.01).position == pytest.approx(TO.position)


def test_backwards_begins_at_the_end_and_goes_the_other_way():
    path = path_to(FROM, TO, 2.0)
    back, there = Backwards(path, 2.0).at(0.5), path.at(1.5)
    assert back.position == there.position
    assert back.velocity == tuple(-v for v in there.velocity)
    assert back.acceleration == there.acceleration


def test_a_moved_path_begins_where_it_is_put_and_turns_all_that_it_says():
    path = Moved(path_to(FROM, TO, 2.0), 2.0, begin=(0.0, 0.0, 1.0), turned=math.pi / 2)
    begin = path.at(0.0)
    assert begin.position == (0.0, 0.0, 1.0)
    assert begin.velocity == pytest.approx((0.2, 0.3, 0.1))
    assert begin.yaw == pytest.approx(0.4 + math.pi / 2)


def spiral(**changes):
    wanted = {
        "angle": math.pi / 2, "radius_from_m": 1.0, "radius_to_m": 1.0, "climb_m": 0.5, "duration_s": 2.0,
        "sideways": False, "clockwise": False,
    } | changes  # fmt: skip
    return Spiral(Setpoint((0.0, 0.0, 1.0)), **wanted)


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({}, (1.0, 1.0, 1.5)),  # a quarter to the left
        ({"clockwise": True}, (1.0, -1.0, 1.5)),
        ({"sideways": True}, (1.0, -1.0, 1.5)),  # about a centre ahead of it, counter-clockwise
        ({"radius_to_m": 2.0}, (2.0, 1.0, 1.5)),
    ],
)
def test_a_spiral_ends_where_its_arc_does(changes, end):
    assert spiral(**changes).at(2.0).position == pytest.approx(end, abs=1e-9)


def test_a_spiral_says_its_own_velocity_and_acceleration():
    path, t, h = spiral(radius_to_m=2.0), 0.7, 1e-4
    before, now, after = path.at(t - h), path.at(t), path.at(t + h)
    for k in range(3):
        assert now.velocity[k] == pytest.approx((after.position[k] - before.position[k]) / (2 * h), abs=1e-6)
        assert now.acceleration[k] == pytest.approx((after.velocity[k] - before.velocity[k]) / (2 * h), abs=1e-6)
    assert now.yaw_rate == pytest.approx((after.yaw - before.yaw) / (2 * h), abs=1e-6)


def test_a_spiral_begins_and_ends_at_rest():
    path = spiral()
    assert path.at(0.0).velocity == pytest.approx(ZERO3)
    assert path.at(3.0).velocity == pytest.approx(ZERO3, abs=1e-9)
