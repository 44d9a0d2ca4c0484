"""Laws over every metric in the registry; and a flight made worse must turn each of them red."""

import math
from pathlib import Path

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil.registry import METRICS
from hil_reports.criteria import measure
from hil_reports.metrics.catalogue import every_metric, find, markdown_table
from hil_reports.metrics.metric import Metric

NAMES = [metric.name for metric in every_metric()]
DOCS = Path(__file__).parents[4] / "docs" / "metrics.md"
ENDINGS = {
    "m": "_m",
    "s": "_s",
    "rad": "_rad",
    "m/s": "_m_s",
    "Hz": "_hz",
    "1/s": "_1_s",
    "1": ("_share", "_fraction", "_share_10cm"),
}
ESTIMATE = [f"estimate_position_{a}_m" for a in "xyz"]
NEEDS_STEP = ("settling_time_s", "overshoot_share")
NEEDS_HOVER = ("limit_cycle_frequency_hz", "limit_cycle_tilt_rad", "steady_state_error_m")
ABOUT_THE_ORIGIN = ("position_error_published_nanobench_m", "position_error_published_nanobench_mean_m")


@pytest.fixture(scope="module")
def tracking(made_up_flight, circle, lean):
    """A circle flown late, leaning and with busy motors: everything but steps and hover is in it."""
    return made_up_flight(
        duration_s=12.0,
        reference=circle(),
        position=circle(late_s=0.1, offset=(0.01, 0.0, -0.02)),
        reference_velocity=(0.1, 0.0, 0.0),
        quat=lean(roll=lambda t: 0.1 * np.sin(9 * t), yaw=lambda t: 0.05 * np.cos(t)),
        motors=lambda t: 0.6 + 0.1 * np.sin(np.outer(t, [7, 8, 9, 10])),
        columns={"compute_s": np.full(1200, 1e-3), "round_trip_s": np.full(1200, 2e-3)}
        | dict(zip(ESTIMATE, circle(late_s=0.12)(np.arange(1200) / 100).T, strict=True)),
    )


@pytest.fixture(scope="module")
def stepping(made_up_flight, lean):
    """A step, then a rocking hover."""
    return made_up_flight(
        duration_s=12.0,
        reference=lambda t: np.stack([1.0 * (t >= 2), 0 * t, 1 + 0 * t], axis=1),
        position=lambda t: np.stack(
            [(t >= 2) * (1 - np.exp(-2 * np.abs(t - 2)) * np.cos(4 * (t - 2))), 0 * t, 1 + 0 * t], axis=1
        ),
        quat=lean(roll=lambda t: 0.1 * np.sin(9 * t)),
        judge_from_s=4.0,
    )


@pytest.fixture(scope="module")
def suited(tracking, stepping):
    """The flight that can give a metric."""
    return lambda name: stepping if name in NEEDS_STEP + NEEDS_HOVER else tracking


@pytest.mark.parametrize("name", NAMES)
def test_every_registered_metric_loads_under_its_own_name(name):
    assert isinstance(find(name), Metric)
    assert find(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_metric_says_unit_direction_window_and_definition(name):
    metric = find(name)
    assert name.endswith(ENDINGS[metric.unit])
    assert metric.direction in ("lower", "higher")
    assert metric.window.text
    assert metric.description.splitlines()[0].endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_every_metric_can_be_measured_on_a_flight_suited_to_it(suited, name):
    assert math.isfinite(find(name)(suited(name)))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_log_gives_the_same_bytes(suited, name):
    log = suited(name)
    assert find(name)(log).hex() == find(name)(log.with_info(repeat=3)).hex()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ABOUT_THE_ORIGIN])
def test_moving_vehicle_and_set_point_together_changes_nothing(suited, name):
    log = suited(name)
    shift = {"x": 3.0, "y": -2.0, "z": 0.5}
    moved = {
        f"{what}position_{a}_m": log[f"{what}position_{a}_m"] + d
        for a, d in shift.items()
        for what in ("", "setpoint_", "estimate_")
    }
    assert find(name)(log.with_columns(**moved)) == pytest.approx(find(name)(log), abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_log_is_not_measured_and_does_not_pass(made_up_flight, name):
    measured = measure(
        find(name), made_up_flight(duration_s=0.0), limit=1e9 if find(name).direction == "lower" else -1e9
    )
    assert measured.value is None
    assert not measured.passed
    assert measured.why


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("rate_hz", [1.0, 5.0, 100.0])
def test_a_short_flight_gives_a_number_or_a_reason(made_up_flight, lean, name, rows, rate_hz):
    rocking = lean(roll=lambda t: 0.1 * np.sin(7 * t))
    measured = measure(find(name), made_up_flight(duration_s=rows / rate_hz, rate_hz=rate_hz, quat=rocking))
    assert (measured.value is None) == bool(measured.why)


DAMAGE = {
    "position": ["position_x_m"],
    "set-point": ["setpoint_position_x_m"],
    "attitude": ["quat_x"],
    "velocity": ["velocity_x_m_s"],
    "yaw": ["setpoint_yaw_rad"],
    "estimate": ["estimate_position_x_m"],
}
LOOKS_AT = {
    "position": [n for n in NAMES if n.startswith(("position_error", "tube", "steady", "tracking", *NEEDS_STEP))],
    "set-point": [n for n in NAMES if n.startswith(("position_error_mean", "tube", "steady", "tracking"))],
    "attitude": [n for n in NAMES if n.startswith(("tilt", "yaw_error", "limit_cycle"))],
    "velocity": ["velocity_error_rmse_m_s"],
    "yaw": ["yaw_error_mean_rad"],
    "estimate": [n for n in NAMES if n.startswith(("onboard", "estimate"))],
}


@pytest.mark.parametrize(("what", "name"), [(what, name) for what, names in LOOKS_AT.items() for name in names])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_one_damaged_row_spoils_every_metric_that_looks_at_it(suited, what, name, bad):
    log = suited(name)
    columns = {column: np.where(np.arange(len(log)) == len(log) - 40, bad, log[column]) for column in DAMAGE[what]}
    measured = measure(find(name), log.with_columns(**columns), limit=-1e9 if find(name).direction == "higher" else 1e9)
    assert not measured.passed
    assert measured.value is None


def further_off(log, **_):
    return log.with_columns(
        position_x_m=log["position_x_m"] + np.where(log["t_s"] > 3, 0.3 * np.sin(5 * log["t_s"]) + 0.3, 0)
    )


def deceived(log, **_):
    return log.with_columns(estimate_position_x_m=log["estimate_position_x_m"] + 1.0)


def leaning(log, lean):
    quats = lean(roll=lambda t: 0.3 * np.sin(2 * np.pi * 4 * t), yaw=lambda t: 1 + 0 * t)(log["t_s"])
    return log.with_columns(**{f"quat_{a}": column for a, column in zip("xyzw", quats.T, strict=True)})


def slamming(log, **_):
    slam = (np.arange(len(log)) % 2).astype(float)
    return log.with_columns(**{f"motor_{i}_fraction": slam for i in (1, 2, 3, 4)})


def full(log, **_):
    return log.with_columns(**{f"motor_{i}_fraction": np.ones(len(log)) for i in (1, 2, 3, 4)})


def later(log, **_):
    rows = np.maximum(np.arange(len(log)) - 30, 0)
    return log.with_columns(**{f"position_{a}_m": log[f"position_{a}_m"][rows] for a in "xyz"})


def faster(log, **_):
    return log.with_columns(velocity_y_m_s=log["velocity_y_m_s"] + 1.0)


def overshooting(log, **_):
    return log.with_columns(position_x_m=np.where((log["t_s"] > 5) & (log["t_s"] < 6), 2.0, log["position_x_m"]))


def cut_short(log, **_):
    return log.with_info(planned_duration_s=2 * log.info.planned_duration_s)


def slower_computer(log, **_):
    return log.with_columns(compute_s=10 * log["compute_s"], round_trip_s=10 * log["round_trip_s"])


WORSE = (
    dict.fromkeys((n for n in NAMES if n.startswith(("position_error", "tube", "steady"))), further_off)
    | dict.fromkeys((n for n in NAMES if n.startswith(("onboard", "estimate"))), deceived)
    | dict.fromkeys(("tilt_p95_rad", "tilt_max_rad", "yaw_error_mean_rad", "limit_cycle_tilt_rad"), leaning)
    | dict.fromkeys(("saturation_share", "chatter_1_s", "control_effort_fraction"), slamming)
    | dict.fromkeys(("settling_time_s", "overshoot_share"), overshooting)
    | dict.fromkeys(("loop_time_p99_s", "round_trip_p99_s"), slower_computer)
    | {
        "motor_command_mean_fraction": full,
        "velocity_error_rmse_m_s": faster,
        "tracking_lag_s": later,
        "survival_share": cut_short,
    }
)
DESCRIBES_ONLY = ("limit_cycle_frequency_hz",)


def test_every_metric_that_judges_has_a_mutation_below():
    assert set(WORSE) | set(DESCRIBES_ONLY) == set(NAMES)


@pytest.mark.parametrize("name", WORSE)
def test_a_flight_made_worse_turns_a_passing_criterion_red(suited, lean, name):
    metric, log = find(name), suited(name)
    value = metric(log)
    slack = 0.02 * abs(value) + 1e-3
    limit = value + slack if metric.direction == "lower" else value - slack
    assert measure(metric, log, limit=limit).passed
    assert not measure(metric, WORSE[name](log, lean=lean), limit=limit).passed


def test_published_nanobench_is_short_for_the_error_of_that_benchmark():
    assert find("published_nanobench") is find("position_error_published_nanobench_m")
    assert "published_nanobench" not in NAMES
    assert "`published_nanobench`" in DOCS.read_text()


def test_every_name_of_the_registry_is_a_metric_of_the_table():
    assert {find(name).name for name in METRICS} == set(NAMES)


def test_an_unknown_metric_is_named_with_the_nearest_known_one():
    with pytest.raises(BadInput, match=r"did you mean 'position_error_xy_mean_m'"):
        find("position_error_xy_mean")


def test_the_documentation_lists_every_metric_as_the_code_defines_it():
    assert markdown_table() in DOCS.read_text()


def test_only_wall_time_metrics_are_marked_as_timing():
    assert {m.name for m in every_metric() if m.timing} == {"loop_time_p99_s", "round_trip_p99_s"}
