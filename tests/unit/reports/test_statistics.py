import numpy as np
import pytest

from hil.core.errors import BadInput
from hil_reports.statistics import (
    difference_of_means,
    mean_over_repeats,
    paired_difference,
    paired_difference_of_shares,
    pass_rate,
)


def test_the_interval_of_normal_repeats_is_near_students():
    values = np.random.default_rng(4).normal(10.0, 2.0, 40).tolist()
    estimate = mean_over_repeats(values)
    half = 2.02 * np.std(values, ddof=1) / np.sqrt(40)
    assert estimate.value == pytest.approx(np.mean(values))
    assert (estimate.low, estimate.high) == (
        pytest.approx(estimate.value - half, abs=0.1 * half),
        pytest.approx(estimate.value + half, abs=0.1 * half),
    )


def test_the_interval_covers_the_true_mean_about_19_times_in_20():
    chance = np.random.default_rng(0)
    estimates = [mean_over_repeats(chance.normal(0.0, 1.0, 25).tolist()) for _ in range(100)]
    assert 88 <= sum(e.low <= 0.0 <= e.high for e in estimates) <= 99


def test_the_same_repeats_give_the_same_interval():
    assert mean_over_repeats([1.0, 2.0, 4.0, 3.0]) == mean_over_repeats([1.0, 2.0, 4.0, 3.0])


def test_a_skewed_sample_gets_a_skewed_interval():
    estimate = mean_over_repeats([0.1] * 15 + [0.2] * 4 + [2.0])
    assert estimate.high - estimate.value > 3 * (estimate.value - estimate.low)


def test_two_repeats_give_a_mean_but_no_interval():
    estimate = mean_over_repeats([1.0, 3.0])
    assert (estimate.value, estimate.low, estimate.high) == (2.0, None, None)


def test_differences_that_are_equal_but_for_rounding_have_an_interval_all_the_same():
    before = [0.02 + 0.001 * k for k in range(8)]
    estimate = paired_difference(before, [value - 0.019 for value in before])
    assert estimate.low == estimate.high == pytest.approx(-0.019)


def test_equal_repeats_have_an_interval_of_no_width():
    estimate = mean_over_repeats([0.1, 0.1, 0.1])
    assert (estimate.value, estimate.low, estimate.high) == (0.1, 0.1, 0.1)


@pytest.mark.parametrize("values", [[], [1.0, float("nan"), 2.0]])
def test_nothing_and_nan_cannot_be_averaged(values):
    with pytest.raises(BadInput):
        mean_over_repeats(values)


def test_wilson_agrees_with_its_textbook_value():
    estimate = pass_rate(8, 10)  # Newcombe 1998: 0.4901 to 0.9433
    assert (estimate.low, estimate.high) == (pytest.approx(0.4901, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


def test_twenty_of_twenty_does_not_prove_certainty():
    estimate = pass_rate(20, 20)
    assert (estimate.value, estimate.high) == (1.0, 1.0)
    assert estimate.low == pytest.approx(0.8389, abs=1e-4)


@pytest.mark.parametrize(("passed", "flown"), [(3, 2), (-1, 2), (0, 0)])
def test_an_impossible_share_is_refused(passed, flown):
    with pytest.raises(BadInput, match="is not a share"):
        pass_rate(passed, flown)


def test_pairs_find_a_difference_that_hides_in_the_spread_of_the_seeds():
    chance = np.random.default_rng(2)
    seeds = chance.normal(0.0, 1.0, 20)
    a, b = (seeds + chance.normal(0, 0.01, 20)).tolist(), (seeds + 0.1 + chance.normal(0, 0.01, 20)).tolist()
    paired, unpaired = paired_difference(a, b), difference_of_means(a, b)
    assert 0.08 < paired.low < 0.1 < paired.high < 0.12
    assert unpaired.low < 0.0 < unpaired.high


def test_the_difference_is_b_minus_a():
    assert paired_difference([1.0, 1.0, 1.0], [3.0, 3.0, 3.0]).value == 2.0
    assert difference_of_means([1.0, 1.0, 1.0], [3.0, 3.0, 3.0, 3.0]).low == 2.0
    assert 1.5 < difference_of_means([0.9, 1.0, 1.1], [2.9, 3.0, 3.1]).low < 2.0


def test_groups_of_different_size_do_not_pair():
    with pytest.raises(BadInput, match="cannot pair 2 values with 3"):
        paired_difference([1.0, 2.0], [1.0, 2.0, 3.0])


def test_a_difference_of_shares_by_hand():
    estimate = paired_difference_of_shares([True] * 20, [False] * 5 + [True] * 15)
    half = 1.959964 * np.sqrt(5 + 1 - 25 / 22) / 22
    assert estimate.value == -0.25
    assert (estimate.low, estimate.high) == (pytest.approx(-5 / 22 - half), pytest.approx(-5 / 22 + half))


@pytest.mark.parametrize(("lost", "told"), [(0, False), (3, False), (6, True), (20, True)])
def test_a_few_losses_of_twenty_are_no_difference(lost, told):
    estimate = paired_difference_of_shares([True] * 20, [False] * lost + [True] * (20 - lost))
    assert (estimate.high < 0.0) is told
    assert estimate.low >= -1.0


def test_shares_that_differ_by_chance_are_called_different_about_1_time_in_20():
    chance = np.random.default_rng(0)
    found = [paired_difference_of_shares(*(chance.random((2, 20)) < 0.7).tolist()) for _ in range(400)]
    assert 0.01 <= np.mean([estimate.low > 0.0 or estimate.high < 0.0 for estimate in found]) <= 0.07


def test_shares_of_different_numbers_do_not_pair():
    with pytest.raises(BadInput, match="cannot pair 1 values with 2"):
        paired_difference_of_shares([True], [True, False])
