import math

import numpy as np
import pytest
from pydantic import ValidationError

from hil.core.types import LEVEL, ZERO3, Start, State
from hil.core.vehicle import GRAVITY_M_S2
from hil.references.curves import Circle, FigureEight, Helix
from hil.references.hold import Hold, Step
from hil.references.progress import minimum_jerk, ramped, ramped_to
from hil.references.waypoints import Square, Waypoints

START = Start(State((0.0, 0.0, 1.0), ZERO3, LEVEL, ZERO3))


def speed(setpoint):
    return math.dist(ZERO3, setpoint.velocity)


@pytest.mark.parametrize(("scale_m", "period_s"), [(1.0, 5.5), (1.0, 3.5), (0.5, 15.0)])
def test_a_figure_eight_is_fastest_at_its_crossing(scale_m, period_s):
    task = FigureEight(kind="figure_eight", scale_m=scale_m, period_s=period_s, ramp_s=2.0)
    reference = task.reference(START)
    crossing = reference.at(2.0 / 2 + 3 * period_s)  # the ramp costs half its length
    assert crossing.position == pytest.approx((0.0, 0.0, 1.0), abs=1e-9)
    assert speed(crossing) == pytest.approx(math.sqrt(2) * 2 * math.pi * scale_m / period_s)
    assert reference.demand(30.0).speed_max_m_s == pytest.approx(speed(crossing), rel=1e-4)


def test_a_figure_eight_is_two_scales_long_and_one_wide():
    demand = FigureEight(kind="figure_eight", scale_m=0.8, center_m=(1.0, 2.0, 1.5)).reference(START).demand(20.0)
    assert demand.low_m == pytest.approx((0.2, 1.6, 1.5), abs=1e-4)
    assert demand.high_m == pytest.approx((1.8, 2.4, 1.5), abs=1e-4)


def test_a_figure_eight_demands_what_its_accelerations_add_to_gravity():
    rate = 2 * math.pi / 3.5
    phase = np.linspace(0, 2 * np.pi, 100_001)
    peak = np.hypot(np.cos(phase), 2 * np.sin(2 * phase)).max() * rate**2
    demand = FigureEight(kind="figure_eight", period_s=3.5).reference(START).demand(20.0)
    assert demand.thrust_to_weight_max == pytest.approx(math.hypot(1, peak / GRAVITY_M_S2), rel=1e-4)


def test_hovering_demands_the_weight():
    demand = Hold(kind="hold", position_m=(1.0, 2.0, 3.0)).reference(START).demand(5.0)
    assert demand == (0.0, 1.0, 0.0, (1.0, 2.0, 3.0), (1.0, 2.0, 3.0))


def test_a_circle_keeps_its_distance_and_its_speed():
    reference = Circle(kind="circle", radius_m=0.5, speed_m_s=0.8, ramp_s=1.0).reference(START)
    for t_s in np.arange(1.0, 9.0, 0.17):
        setpoint = reference.at(t_s)
        assert math.dist(setpoint.position, (-0.5, 0.0, 1.0)) == pytest.approx(0.5)
        assert speed(setpoint) == pytest.approx(0.8)


def test_a_circle_around_a_given_centre_begins_at_its_nearest_point():
    reference = Circle(kind="circle", radius_m=0.5, period_s=4.0, center_m=(0.0, 2.0, 1.0)).reference(START)
    assert reference.at(0.0).position == pytest.approx((0.0, 1.5, 1.0))


def test_a_circle_turns_counter_clockwise():
    reference = Circle(kind="circle", radius_m=0.5, period_s=4.0, ramp_s=0.0).reference(START)
    assert reference.at(1.0).position == pytest.approx((-0.5, 0.5, 1.0))


def test_a_helix_climbs_as_asked_and_stays_on_top():
    task = Helix(kind="helix", radius_m=0.5, period_s=3.0, climb_m=0.8, turns=2.5, ramp_s=1.0)
    reference = task.reference(START)
    top = reference.at(2.5 * 3.0 + 1.0)
    assert top.position == pytest.approx((-1.0, 0.0, 1.8))
    assert reference.at(100.0) == top
    assert speed(top) == 0.0


def test_a_square_returns_to_its_start_by_way_of_its_corners():
    reference = Square(kind="square", side_m=1.0, leg_s=2.0, dwell_s=1.0, laps=2).reference(START)
    corners = [reference.at(3.0 * k + 2.5).position[:2] for k in range(8)]
    assert corners == [(1, 0), (1, 1), (0, 1), (0, 0)] * 2
    assert reference.at(1000.0).position == (0, 0, 1)


def test_waypoints_are_reached_in_turn_at_the_mean_speed_asked():
    task = Waypoints(kind="waypoints", points_m=((0, 0, 2), (3, 4, 2)), speed_m_s=0.5, dwell_s=1.0)
    reference = task.reference(START)
    assert reference.at(2.0).position == (0, 0, 2)  # 1 m
    assert reference.at(3.0).position == (0, 0, 2)  # and the rest there
    assert reference.at(13.0).position == (3, 4, 2)  # 5 m
    assert speed(reference.at(8.0)) == pytest.approx(1.875 * 0.5)


def test_a_point_where_the_vehicle_already_is_takes_no_time():
    task = Waypoints(kind="waypoints", points_m=((0, 0, 1), (1, 0, 1)), speed_m_s=0.5, dwell_s=0.0)
    assert task.reference(START).at(1.0).position == pytest.approx((0.5, 0.0, 1.0))


def test_a_minimum_jerk_leg_starts_and_ends_at_rest_halfway_through_at_half_time():
    duration_s = 3.0
    assert minimum_jerk(0.0, duration_s) == (0, 0, 0)
    assert minimum_jerk(duration_s, duration_s) == (1, 0, 0)
    assert minimum_jerk(duration_s / 2, duration_s) == pytest.approx((0.5, 1.875 / duration_s, 0))
    near_rest = minimum_jerk(1e-6, duration_s)
    assert near_rest.rate_1_s == pytest.approx(0, abs=1e-9)
    assert near_rest.acceleration_1_s2 == pytest.approx(0, abs=1e-4)


def test_a_ramp_costs_half_its_length_and_joins_smoothly():
    before, after = ramped(2.0 - 1e-9, 0.5, 2.0), ramped(2.0, 0.5, 2.0)
    assert before.value == pytest.approx(after.value)
    assert before.rate_1_s == pytest.approx(after.rate_1_s)
    assert after.value == 0.5 * (2.0 - 1.0)


def test_progress_with_an_end_arrives_exactly_and_symmetrically():
    end_s = 3.0 / 0.5 + 1.0
    assert ramped_to(end_s, 0.5, 1.0, 3.0) == (3.0, 0.0, 0.0)
    for t_s in (0.2, 0.9, 2.5):
        there, back = ramped_to(t_s, 0.5, 1.0, 3.0), ramped_to(end_s - t_s, 0.5, 1.0, 3.0)
        assert there.value + back.value == pytest.approx(3.0)
        assert there.rate_1_s == pytest.approx(back.rate_1_s)
        assert there.acceleration_1_s2 == pytest.approx(-back.acceleration_1_s2)


@pytest.mark.parametrize("task", [Hold(kind="hold", position_m=(0, 0, 1)), FigureEight(kind="figure_eight")])
def test_judging_begins_after_the_settling_or_the_ramp(task):
    assert task.reference(START).judge_from_s == {"hold": 5.0, "figure_eight": 2.0}[task.kind]


@pytest.mark.parametrize(
    ("model", "keys"),
    [
        (Step, {"kind": "step"}),
        (Step, {"kind": "step", "to_m": (0, 0, 1), "offset_m": (0, 0, 1)}),
        (Circle, {"kind": "circle", "radius_m": 1.0}),
        (Waypoints, {"kind": "waypoints", "points_m": ((0, 0, 1),)}),
        (Waypoints, {"kind": "waypoints", "points_m": (), "leg_s": 1.0}),
        (Helix, {"kind": "helix", "radius_m": 1.0, "period_s": 1.0, "climb_m": 1.0, "turns": 1.0, "ramp_s": 2.0}),
    ],
)
def test_a_task_that_says_too_little_or_too_much_is_refused(model, keys):
    with pytest.raises(ValidationError):
        model(**keys)
