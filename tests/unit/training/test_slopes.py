import pytest

from hil_controllers.training.slopes import Adaptive, Fixed, Interval


def test_a_fixed_slope_stays():
    assert {Fixed(kind="fixed", k=3.0).at(share) for share in (0.0, 0.5, 1.0)} == {3.0}


def test_an_interval_rises_in_equal_steps_from_first_to_last():
    schedule = Interval(kind="interval", first=1.0, last=100.0, steps=4)
    assert [schedule.at(share) for share in (0.0, 0.24, 0.25, 0.5, 0.99, 1.0)] == [1.0, 1.0, 34.0, 67.0, 100.0, 100.0]


def test_an_adaptive_slope_is_the_mean_of_half_score_and_half_change():
    schedule = Adaptive(kind="adaptive", scale=100.0, floor=1.0, evaluations=2)
    assert schedule.at(0.0) == 2.0  # its start
    schedule.scored(0.2)
    assert schedule.at(0.1) == 10.0  # ½ · 20 + ½ · 0
    schedule.scored(0.6)
    assert schedule.at(0.2) == pytest.approx((10.0 + 50.0) / 2)  # ½ · 60 + ½ · 40
    schedule.scored(0.6)
    assert schedule.at(0.3) == pytest.approx((50.0 + 30.0) / 2)


def test_an_adaptive_slope_stays_between_floor_and_ceiling():
    schedule = Adaptive(kind="adaptive", floor=2.0, ceiling=20.0)
    schedule.scored(0.0)
    assert schedule.at(0.5) == 2.0
    schedule.scored(1.0)
    assert schedule.at(0.5) == 20.0


def test_an_adaptive_slope_goes_on_from_a_snapshot():
    first, second = Adaptive(kind="adaptive"), Adaptive(kind="adaptive")
    for score in (0.1, 0.4, 0.8):
        first.scored(score)
    second.restore(first.snapshot())
    assert second.at(0.5) == first.at(0.5) != Adaptive(kind="adaptive").at(0.5)
