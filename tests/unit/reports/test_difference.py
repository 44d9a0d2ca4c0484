"""When is a result worse than its reference, when better, and when is it the same?"""

import pytest

from hil.core.errors import BadInput
from hil_reports.regression.difference import Verdict, compare
from hil_reports.regression.reference import MadeWith, Over, Result
from hil_reports.regression.tolerances import Tolerance, usual

TOLERANCES = {
    "position_error_mean_m": Tolerance(share=0.1, least=0.002, rationale="a test's"),
    "survival_share": Tolerance(share=0.0, least=0.1, rationale="a test's"),
}


def result(error_m=0.05, worst_m=0.06, survival=None, **changes):
    metrics = {"position_error_mean_m": None if error_m is None else Over(mean=error_m, worst=worst_m)}
    if survival is not None:
        metrics["survival_share"] = Over(mean=survival, worst=survival)
    stated = {
        "scenario_hash": "a",
        "vehicle_hash": "b",
        "seed": 1,
        "repeats": 5,
        "made_with": MadeWith(hil="0", python="0", numpy="0", machine="0"),
        "metrics": metrics,
    }
    return Result(**stated | changes)


def verdict(old, new):
    return compare(old, new, TOLERANCES).verdict


@pytest.mark.parametrize(
    ("mean", "expected"),
    [(0.05749, Verdict.WORSE), (0.05251, Verdict.SAME), (0.04749, Verdict.SAME), (0.0425, Verdict.BETTER)],
)
def test_one_and_a_half_tolerances_count_and_half_of_one_does_not(mean, expected):
    assert verdict(result(0.05), result(mean)) is expected


def test_below_the_least_tolerance_a_share_of_the_reference_does_not_count():
    assert verdict(result(0.001, 0.06), result(0.0029, 0.06)) is Verdict.SAME
    assert verdict(result(0.001, 0.06), result(0.0031, 0.06)) is Verdict.WORSE


def test_the_worst_flight_counts_as_the_mean_does():
    (row,) = compare(result(worst_m=0.06), result(worst_m=0.07), TOLERANCES).notable
    assert (row.quantity, row.verdict) == ("position_error_mean_m, worst", Verdict.WORSE)


def test_of_a_metric_where_more_is_better_less_is_worse():
    assert verdict(result(survival=1.0), result(survival=0.8)) is Verdict.WORSE
    assert verdict(result(survival=0.8), result(survival=1.0)) is Verdict.BETTER


def test_one_worse_number_outweighs_any_better_one():
    assert verdict(result(survival=1.0), result(0.01, survival=0.5)) is Verdict.WORSE


def test_a_metric_that_flights_no_longer_give_is_worse():
    assert verdict(result(), result(None)) is Verdict.WORSE
    assert verdict(result(None), result()) is Verdict.BETTER
    assert verdict(result(None), result(None)) is Verdict.SAME


@pytest.mark.parametrize("what", ["aborted", "failed"])
@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ((1, 2), (1, 2), Verdict.SAME),
        ((1, 2), (1, 3), Verdict.WORSE),
        ((1, 2), (3,), Verdict.WORSE),
        ((1, 2), (1, 2, 3), Verdict.WORSE),
        ((1, 2), (2,), Verdict.BETTER),
        ((), (4,), Verdict.WORSE),
        ((0, 1, 2, 3, 4), (0, 1, 3, 4), Verdict.BETTER),
    ],
)
def test_another_flight_lost_is_worse_whichever_is_gained(what, before, now, expected):
    assert verdict(result(**{what: before}), result(**{what: now})) is expected


def test_which_flights_were_lost_and_gained_is_told():
    found = compare(result(aborted=(1, 2)), result(0.5, 0.6, aborted=(1, 3)), TOLERANCES)
    assert [row.quantity for row in found.notable] == [
        "flights passed (not 3; now 2)",
        "flights finished (not 3; now 2)",
    ]
    assert found.notes == ("metrics are not compared: flights that went to their end in the reference no longer do",)


def test_fewer_crashes_do_not_hide_that_the_other_flights_got_worse():
    of_old = result(0.09, 0.1).metrics
    old, new = result(aborted=(1, 2)), result(0.05, 0.06, aborted=(2,))
    found = compare(old, new, TOLERANCES, of_old=of_old)
    assert found.verdict is Verdict.WORSE
    assert found.notes == ("metrics are compared over the flights that went to their end in the reference",)
    assert compare(old, new, TOLERANCES, of_old=old.metrics).verdict is Verdict.BETTER


def test_a_crash_where_the_reference_has_none_is_worse():
    assert verdict(result(), result(aborted=(4,))) is Verdict.WORSE


def test_crashing_instead_of_failing_is_worse():
    everyone = (0, 1, 2, 3, 4)
    assert verdict(result(failed=everyone), result(aborted=everyone)) is Verdict.WORSE
    assert verdict(result(aborted=everyone), result(failed=everyone)) is Verdict.BETTER


def test_another_number_of_flights_is_told_and_not_counted():
    found = compare(result(), result(repeats=8), TOLERANCES)
    assert found.notes == ("8 flights, 5 in the reference",)
    assert found.verdict is Verdict.SAME


def test_a_metric_without_tolerance_is_refused():
    with pytest.raises(BadInput, match="no tolerance for survival_share"):
        compare(
            result(survival=1.0), result(survival=1.0), {"position_error_mean_m": TOLERANCES["position_error_mean_m"]}
        )


def test_every_metric_has_a_usual_tolerance():
    from hil.registry import METRICS

    assert all(usual(name).at(0.0) > 0 for name in METRICS)
