import math

import numpy as np
import pytest

from hil.core.frames import euler_zyx, tilt
from hil.core.types import LEVEL
from hil.scenario.conditions import Spread, StartSpec
from hil.scenario.start import draw_start, nominal_start

WIDE = Spread(
    position_m=(0.5, 0.4, 0.3),
    velocity_m_s=(1.0, 2.0, 3.0),
    rates_rad_s=(4.0, 5.0, 6.0),
    tilt_deg=90.0,
    motors="random",
)


def angle(attitude):
    return 2 * math.acos(min(1.0, abs(attitude[3])))


def test_without_spread_every_flight_starts_alike():
    spec = StartSpec(position_m=(1.0, 2.0, 3.0), yaw_deg=90.0)
    assert {draw_start(spec, seed) for seed in range(20)} == {nominal_start(spec)}
    assert nominal_start(spec).state.position == (1.0, 2.0, 3.0)
    assert euler_zyx(nominal_start(spec).state.attitude) == pytest.approx((0, 0, math.pi / 2))


def test_starts_lie_within_the_spread_and_fill_it():
    spec = StartSpec(spread=WIDE)
    states = [draw_start(spec, seed).state for seed in range(2000)]
    for values, center, half_width in (
        ([s.position for s in states], (0, 0, 1), WIDE.position_m),
        ([s.velocity for s in states], (0, 0, 0), WIDE.velocity_m_s),
        ([s.rates for s in states], (0, 0, 0), WIDE.rates_rad_s),
    ):
        reach = np.abs(np.array(values) - center).max(axis=0) / half_width
        assert np.all(reach <= 1 + 1e-12)
        assert np.all(reach > 0.95)


def test_the_same_seed_gives_the_same_start_and_another_another():
    spec = StartSpec(spread=WIDE)
    assert draw_start(spec, 7) == draw_start(spec, 7)
    assert draw_start(spec, 7) != draw_start(spec, 8)


def test_narrowing_one_spread_leaves_the_other_draws_as_they_were():
    only_velocity = StartSpec(spread=Spread(velocity_m_s=WIDE.velocity_m_s))
    assert draw_start(only_velocity, 7).state.velocity == draw_start(StartSpec(spread=WIDE), 7).state.velocity


@pytest.mark.parametrize("tilt_deg", [20.0, 90.0, 180.0])
def test_attitudes_are_uniform_on_the_rotations_within_the_angle(tilt_deg):
    spec = StartSpec(spread=Spread(tilt_deg=tilt_deg))
    greatest = math.radians(tilt_deg)
    angles = np.sort([angle(draw_start(spec, seed).state.attitude) for seed in range(2000)])
    share = (angles - np.sin(angles)) / (greatest - math.sin(greatest))
    gap = np.abs(share - (np.arange(2000) + 0.5) / 2000).max()
    assert gap < 1.63 / math.sqrt(2000)  # Kolmogorov-Smirnov at 1 %
    assert angles[-1] <= greatest + 1e-9


def test_over_all_rotations_up_is_as_likely_as_any_direction():
    spec = StartSpec(spread=Spread(tilt_deg=180.0))
    heights = np.sort([math.cos(tilt(draw_start(spec, seed).state.attitude)) for seed in range(2000)])
    assert np.abs((heights + 1) / 2 - (np.arange(2000) + 0.5) / 2000).max() < 1.63 / math.sqrt(2000)


def test_the_nominal_share_starts_exactly_nominal():
    spec = StartSpec(spread=WIDE.model_copy(update={"nominal_share": 0.25}))
    nominal = sum(draw_start(spec, seed) == nominal_start(spec) for seed in range(1000))
    assert 200 < nominal < 300


def test_on_the_ground_the_rotors_stand_still():
    spec = StartSpec(position_m=(0.0, 0.0, 0.0), motors="stopped")
    start = draw_start(spec, 1)
    assert start.motors == (0.0, 0.0, 0.0, 0.0)
    assert start.state.attitude == LEVEL


def test_rotors_spin_at_hover_unless_their_speed_is_drawn():
    assert draw_start(StartSpec(), 1).motors is None
    motors = draw_start(StartSpec(spread=WIDE), 1).motors
    assert len(set(motors)) == 4
    assert all(0 <= motor <= 1 for motor in motors)
