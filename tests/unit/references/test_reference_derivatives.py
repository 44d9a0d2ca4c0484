"""Laws that every reference obeys: velocity is the slope of position, acceleration that of velocity."""

import math

import numpy as np
import pytest

from hil.core.types import LEVEL, ZERO3, Start, State
from hil.references.curves import Circle, FigureEight, Helix
from hil.references.hold import Hold, Step
from hil.references.polynomial import Piece, PolynomialReference
from hil.references.waypoints import Square, Waypoints

START = Start(State((0.3, -0.2, 1.1), ZERO3, LEVEL, ZERO3))
PIECES = (
    Piece(1.5, ((0, 1, -0.5, 0.2, 0.1, 0, -0.02, 0.01), (1, 0, 0.3, 0, 0, 0, 0, 0), (0,) * 8, (0.1, 0.2, *(0,) * 6))),
    Piece(2.0, ((0.9, 0.1, *(0,) * 6), (2.0, 0, -0.1, 0, 0.05, 0, 0, 0), (1, 0, 0, 0.1, *(0,) * 4), (0.4, *(0,) * 7))),
)

SMOOTH = {
    "figure_eight": FigureEight(kind="figure_eight").reference(START),
    "figure_eight without ramp": FigureEight(kind="figure_eight", ramp_s=0.0).reference(START),
    "circle": Circle(kind="circle", radius_m=0.7, period_s=4.0, center_m=(1.0, 1.0, 1.5)).reference(START),
    "circle by speed": Circle(kind="circle", radius_m=0.7, speed_m_s=1.0).reference(START),
    "helix": Helix(kind="helix", radius_m=0.5, period_s=3.0, climb_m=0.8, turns=1.7, ramp_s=1.0).reference(START),
    "square": Square(kind="square", side_m=1.0, leg_s=1.3, dwell_s=0.4).reference(START),
    "waypoints": Waypoints(kind="waypoints", points_m=((1, 0, 1), (1, 1, 2), (1, 1, 2)), speed_m_s=0.7).reference(
        START
    ),
    "polynomial": PolynomialReference(PIECES, shift=(1.0, 2.0, 3.0), time_scale=1.4),
    "hold": Hold(kind="hold", position_m=(1.0, 2.0, 3.0), yaw_deg=30.0).reference(START),
}
TIMES_S = np.arange(0.013, 9.0, 0.0373)  # off the instants where pieces meet


def slope(values, step_s):
    return (np.array(values[2]) - values[0]) / (2 * step_s)


@pytest.mark.parametrize("name", SMOOTH)
def test_velocity_is_the_slope_of_position(name):
    h = 1e-5
    for t_s in TIMES_S:
        around = [SMOOTH[name].at(t_s + k * h).position for k in (-1, 0, 1)]
        np.testing.assert_allclose(SMOOTH[name].at(t_s).velocity, slope(around, h), atol=1e-6)


@pytest.mark.parametrize("name", SMOOTH)
def test_acceleration_is_the_slope_of_velocity(name):
    h = 1e-5
    for t_s in TIMES_S:
        around = [SMOOTH[name].at(t_s + k * h).velocity for k in (-1, 0, 1)]
        np.testing.assert_allclose(SMOOTH[name].at(t_s).acceleration, slope(around, h), atol=1e-6)


def test_yaw_rate_is_the_slope_of_yaw():
    h = 1e-5
    for t_s in TIMES_S:
        before, after = SMOOTH["polynomial"].at(t_s - h).yaw, SMOOTH["polynomial"].at(t_s + h).yaw
        assert SMOOTH["polynomial"].at(t_s).yaw_rate == pytest.approx((after - before) / (2 * h), abs=1e-6)


@pytest.mark.parametrize("name", ["figure_eight", "circle by speed", "helix", "square", "waypoints"])
def test_a_reference_begins_where_the_vehicle_is_at_rest(name):
    first = SMOOTH[name].at(0.0)
    assert first.position == pytest.approx(START.state.position, abs=1e-12)
    assert first.velocity == pytest.approx(ZERO3, abs=1e-12)


@pytest.mark.parametrize("name", ["figure_eight", "circle", "helix", "square", "waypoints"])
def test_neither_position_nor_velocity_jumps(name):
    step_s = 1e-3
    rows = [SMOOTH[name].at(k * step_s) for k in range(int(9.0 / step_s))]
    position, velocity = (np.diff([row[k] for row in rows], axis=0) for k in (0, 1))
    assert np.abs(position).max() < 3.0 * step_s
    assert np.abs(velocity).max() < 12.0 * step_s


def test_a_curve_without_ramp_is_at_full_pace_at_once():
    speed = math.dist(ZERO3, SMOOTH["figure_eight without ramp"].at(0.0).velocity)
    assert speed == pytest.approx(math.sqrt(2) * 2 * math.pi / 5.5)


def test_a_step_jumps_at_its_instant_and_is_at_rest_before_and_after():
    reference = Step(kind="step", offset_m=(0.5, 0.0, 0.0), at_s=2.0).reference(START)
    assert reference.at(1.999).position == START.state.position
    assert reference.at(2.0).position == pytest.approx((0.8, -0.2, 1.1))
    assert reference.at(2.0).velocity == reference.at(1.999).velocity == ZERO3
    assert (reference.judge_from_s, reference.must_be_feasible) == (2.0, False)
