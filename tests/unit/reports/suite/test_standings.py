"""Who is better: only what an interval bears out is called a difference."""

from dataclasses import replace

import numpy as np
import pytest

from hil.suite.results import PointResult
from hil_reports.standings import clear, duel, over_conditions, standings
from hil_reports.statistics import Estimate, paired_difference

METRIC = "position_error_mean_m"


def of(low, high):
    return Estimate(20, (low + high) / 2, low, high, "")


@pytest.mark.parametrize(
    ("low", "high", "direction", "side"),
    [
        (0.1, 0.2, "lower", "a"),
        (-0.2, -0.1, "lower", "b"),
        (0.1, 0.2, "higher", "b"),
        (-0.2, -0.1, "higher", "a"),
        (-0.1, 0.2, "lower", ""),
        (0.0, 0.2, "lower", ""),
        (-0.2, 0.0, "lower", ""),
        (0.0, 0.0, "lower", ""),
        (float("nan"), float("nan"), "lower", ""),
    ],
)
def test_only_an_interval_that_excludes_zero_is_a_difference(low, high, direction, side):
    assert clear(of(low, high), direction) == side


def test_too_few_flights_are_no_difference():
    assert clear(Estimate(2, 1.0, None, None, ""), "lower") == ""
    assert clear(None, "lower") == ""


def test_the_smaller_error_is_better(made):
    found = duel("x", "y", made.flights(0.02), made.flights(0.01), metric=METRIC, direction="lower")
    assert (found.winner, found.by, found.pairs) == ("y", "metric", 20)
    assert found.difference.value == pytest.approx(-0.01)


def test_a_difference_within_the_noise_is_none(made):
    a, b = made.flights(0.0200, seed=1, spread_m=0.005), made.flights(0.0201, seed=2, spread_m=0.005)
    assert duel("x", "y", a, b, metric=METRIC, direction="lower").winner == ""


def test_pairing_finds_what_the_noise_would_hide(made):
    a, b = made.flights(0.0200, seed=1, spread_m=0.005), made.flights(0.0201, seed=1, spread_m=0.005)
    assert duel("x", "y", a, b, metric=METRIC, direction="lower").winner == "x"


def test_flying_to_the_end_comes_before_a_small_error(made):
    found = duel("x", "y", made.flights(0.02), made.flights(0.001, lost=12), metric=METRIC, direction="lower")
    assert (found.winner, found.by, found.pairs) == ("x", "survival", 8)


def test_one_flight_lost_of_twenty_does_not_tell(made):
    found = duel("x", "y", made.flights(0.02), made.flights(0.02, lost=1), metric=METRIC, direction="lower")
    assert found.winner == ""


def test_two_that_never_fly_are_alike(made):
    found = duel("x", "y", made.flights(0.02, lost=20), made.flights(0.01, lost=20), metric=METRIC, direction="lower")
    assert (found.winner, found.difference, found.pairs) == ("", None, 0)


def test_of_a_metric_that_should_be_high_the_higher_is_better(made):
    found = duel("x", "y", made.flights(0.02), made.flights(0.01), metric=METRIC, direction="higher")
    assert found.winner == "x"


def test_swapped_results_swap_every_verdict(made):
    before, after = (standings(made.suite(rows)) for rows in (made.usual(), made.swapped(made.usual())))
    assert [row.duels[0].better for row in before.rows] == ["b", "a", "b", ""]
    assert [row.duels[0].better for row in after.rows] == ["a", "b", "a", ""]
    assert (before.wins("snn", "ann-history"), after.wins("snn", "ann-history")) == (1, 2)


def test_the_unbeaten_are_those_nobody_is_better_than(made):
    found = standings(made.suite(made.usual()))
    assert [row.unbeaten for row in found.rows] == [
        ("ann-history",),
        ("snn",),
        ("ann-history",),
        ("snn", "ann-history"),
    ]


def test_who_never_flew_to_the_end_is_not_unbeaten(made):
    never = made.flights(0.01, lost=20)
    rows = [(made.condition("hover"), (never, never))]
    assert standings(made.suite(rows, networks=(None, None))).rows[0].unbeaten == ()


def test_the_same_metric_of_the_same_flights_counts_once(made):
    (hover, results), *others = made.usual()
    again = (replace(hover, cell="mass", value=0.0, paper=""), results)
    otherwise = (replace(hover, cell="hover-xy", metric="position_error_xy_mean_m", paper=""), results)
    found = standings(made.suite([(hover, results), again, otherwise, *others]))
    assert [row.again for row in found.rows] == [False, True, False, False, False, False]
    assert len(found.duels("snn", "ann-history")) == 5


def test_a_duel_can_be_told_from_either_side(made):
    found = standings(made.suite(made.usual()))
    (_, one), *_ = found.duels("snn", "ann-history")
    (_, other), *_ = found.duels("ann-history", "snn")
    assert (one.winner, other.winner) == ("ann-history", "ann-history")
    assert other.difference.low == -one.difference.high


def test_a_column_of_the_paper_is_the_mean_over_its_conditions_seed_by_seed(made):
    results = made.suite(made.usual())
    found = over_conditions(results, "trajectory", METRIC)["snn"]
    eight, square = (results.results[k][0].flights for k in (1, 2))
    assert found.flights[3].metrics[METRIC] == (eight[3].metrics[METRIC] + square[3].metrics[METRIC]) / 2


def test_a_flight_lost_in_one_condition_is_lost_in_the_column(made):
    rows = made.usual()
    rows[2] = (rows[2][0], (made.spiking(made.flights(0.04, seed=3, lost=5)), rows[2][1][1]))
    found = over_conditions(made.suite(rows), "trajectory", METRIC)["snn"]
    assert sum(bool(flight.aborted) for flight in found.flights) == 5


def only(result, count):
    return PointResult(flights=result.flights[:count])


@pytest.mark.parametrize(("pairs", "winner", "untold"), [(14, "", "few"), (15, "y", "")])
def test_by_the_metric_fewer_than_fifteen_pairs_do_not_tell(made, pairs, winner, untold):
    x, y = (only(made.flights(mean, seed=seed), pairs) for mean, seed in ((0.02, 1), (0.01, 2)))
    found = duel("x", "y", x, y, metric=METRIC, direction="lower")
    assert (found.winner, found.untold, found.pairs) == (winner, untold, pairs)


def test_who_broke_is_not_called_alike(made):
    broke = PointResult(flights=(), error="it diverged")
    for pair in ((broke, made.flights(0.01)), (made.flights(0.01), broke)):
        assert duel("x", "y", *pair, metric=METRIC, direction="lower").untold == "not flown"


@pytest.mark.slow
def test_equals_are_called_different_about_as_often_as_documented():
    chance = np.random.default_rng(0)
    none, trials = [0.0] * 20, 500
    told = sum(clear(paired_difference(none, list(chance.normal(size=20))), "lower") != "" for _ in range(trials))
    assert told / trials == pytest.approx(0.075, abs=0.03)
