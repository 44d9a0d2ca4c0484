import json
import math

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil.core.outcome import Outcome, RunResult
from hil.scenario.criteria import Criterion, Limit
from hil_reports.criteria import judge, measure, measure_all, outcome
from hil_reports.metrics.catalogue import find


def criterion(metric, limit, **more):
    return Criterion(metric=metric, limit=limit, rationale="half the motor diagonal", **more)


def off_by(made_up_flight, distance_m, **info):
    return made_up_flight(position=(distance_m, 0.0, 1.0), **info)


def test_a_flight_within_its_limit_passes_and_says_what_was_measured(made_up_flight):
    log = off_by(made_up_flight, 0.03)
    (measured,) = judge(log, [criterion("position_error_xy_mean_m", 0.05)])
    assert measured.passed
    assert (measured.value, measured.unit, measured.limit) == (pytest.approx(0.03), "m", 0.05)
    assert (measured.rationale, measured.limit_applied) == ("half the motor diagonal", "default")
    assert measured.window.endswith("(0 s to 9.99 s)")
    assert outcome(log, [measured]) == (Outcome.PASS, "")


def test_a_limit_lowered_below_the_value_fails_the_flight(made_up_flight):
    log = off_by(made_up_flight, 0.03)
    verdict, reason = outcome(log, judge(log, [criterion("position_error_xy_mean_m", 0.029)]))
    assert verdict is Outcome.FAIL
    assert reason == "position_error_xy_mean_m 0.03 m > limit 0.029 m"


def test_a_value_on_its_limit_passes_either_way(made_up_flight):
    log = made_up_flight()
    assert all(
        m.passed for m in judge(log, [criterion("position_error_mean_m", 0.0), criterion("tube_share_10cm", 1.0)])
    )


def test_a_higher_is_better_metric_fails_below_its_limit(made_up_flight):
    log = made_up_flight(position=lambda t: np.stack([0.2 * (t < 2), 0 * t, 1 + 0 * t], axis=1))
    verdict, reason = outcome(log, judge(log, [criterion("tube_share_10cm", 0.9)]))
    assert (verdict, reason) == (Outcome.FAIL, "tube_share_10cm 0.8 < limit 0.9")


def test_the_worst_failure_is_named_first_and_the_rest_are_counted(made_up_flight):
    log = off_by(made_up_flight, 0.4)
    limits = [("position_error_mean_m", 0.3), ("position_error_max_m", 0.1), ("position_error_p95_m", 0.2)]
    reason = outcome(log, judge(log, [criterion(*limit) for limit in [*limits, ("tube_share_10cm", 0.5)]]))[1]
    assert reason.startswith("position_error_max_m 0.4 m > limit 0.1 m; ")
    assert reason.endswith("(and 1 more)")


def test_the_limit_of_the_flights_own_target_and_family_applies(made_up_flight):
    limits = (Limit(target="sim", family="position-only", limit=0.02, rationale="nothing disturbs it"),)
    (measured,) = judge(off_by(made_up_flight, 0.03), [criterion("position_error_mean_m", 0.05, limits=limits)])
    assert (measured.passed, measured.limit, measured.limit_applied) == (False, 0.02, "sim, position-only")
    assert measured.rationale == "nothing disturbs it"


@pytest.mark.parametrize("limit", [1e9, -1e9])
@pytest.mark.parametrize("metric", ["velocity_error_rmse_m_s", "tube_share_10cm"])
def test_what_cannot_be_measured_fails_whatever_the_limit(made_up_flight, metric, limit):
    log = made_up_flight(position=(math.nan, 0.0, 1.0))
    (measured,) = judge(log, [criterion(metric, limit)])
    verdict, reason = outcome(log, [measured])
    assert verdict is Outcome.FAIL
    assert "not measured" in reason


@pytest.mark.parametrize("metric", ["position_error_mean_m", "tube_share_10cm"])
def test_a_limit_that_is_not_a_number_never_passes(made_up_flight, metric):
    assert not measure(find(metric), made_up_flight(), limit=math.nan).passed


def test_a_damaged_row_is_counted_in_the_reason(made_up_flight):
    log = made_up_flight(position=lambda t: np.stack([np.where(t == 5, np.nan, 0), 0 * t, 1 + 0 * t], axis=1))
    (measured,) = judge(log, [criterion("position_error_mean_m", 1.0)])
    assert measured.why == "not a finite number: position is missing or infinite in 1 of 1000 rows"


def test_an_aborted_flight_is_aborted_however_good_its_numbers(made_up_flight):
    log = made_up_flight(abort=9.99)
    assert outcome(log, judge(log, [criterion("position_error_mean_m", 1.0)])) == (Outcome.ABORTED, "left the geofence")


def test_a_log_that_ends_early_never_passes(made_up_flight):
    log = made_up_flight(duration_s=6.0, judge_to_s=10.0)
    verdict, reason = outcome(log, judge(log, [criterion("position_error_mean_m", 1.0)]))
    assert verdict is Outcome.ABORTED
    assert reason == "the log ends at 5.99 s, the judged span at 10 s"


def test_a_log_without_rows_never_passes(made_up_flight):
    log = made_up_flight(duration_s=0.0)
    assert outcome(log, [])[0] is Outcome.ABORTED


def test_an_unknown_metric_is_bad_input(made_up_flight):
    with pytest.raises(BadInput, match="unknown metric 'possition_error_mean_m'; did you mean 'position_error_mean_m'"):
        judge(made_up_flight(), [Criterion.model_construct(metric="possition_error_mean_m", limit=1.0, rationale="")])


def test_all_measurable_metrics_are_measured_without_limits(made_up_flight):
    measured = {m.metric: m for m in measure_all(made_up_flight())}
    assert measured["position_error_mean_m"].value == 0.0
    assert all(m.passed and m.limit is None and m.value is not None for m in measured.values())
    assert "velocity_error_rmse_m_s" not in measured


def test_wall_times_stay_out_of_a_result_so_the_same_flight_gives_the_same_bytes(made_up_flight):
    def result(compute_s):
        log = made_up_flight(columns={"compute_s": np.full(1000, compute_s)})
        return json.dumps(RunResult("s", "sim", "pid", 7, 0, Outcome.PASS, "", tuple(measure_all(log))).as_json())

    assert result(1e-3) == result(2e-3)


def test_wall_times_are_measured_when_asked_for(made_up_flight):
    log = made_up_flight(columns={"compute_s": np.full(1000, 1e-3)})
    assert "loop_time_p99_s" in {m.metric for m in measure_all(log, timing=True)}
