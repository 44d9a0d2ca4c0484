import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hil.core.errors import BadInput
from hil.core.frames import quat_from_euler
from hil.log import COLUMNS, Log
from hil_reports.align import SIGNALS, centre, difference, resample
from hil_reports.compare import compare

AT_S = 3.0
ATTITUDE = next(signal for signal in SIGNALS if signal.name == "attitude")


@pytest.fixture
def flight(made_up_flight, circle, lean):
    """A circle with per-seed wander; `group` shifts which chance it sees, `bias` what is added from 3 s on."""

    def fly(*, repeat=0, seed=None, group=0, wander=0.0, own=0.0, bias=None, **info):
        seed = repeat if seed is None else seed

        def walk(t, which, size):
            chance = np.random.default_rng(which)
            phases, speeds = chance.uniform(0, 6, 3), chance.uniform(0.5, 3.0, 3)
            return size * np.sin(np.outer(t, speeds) + phases)

        log = made_up_flight(
            reference=circle(),
            position=lambda t: circle(late_s=0.2)(t) + walk(t, seed, wander) + walk(t, 1000 + 50 * group + seed, own),
            quat=lean(roll=lambda t: 0.1 * np.sin(2 * t)),
            motors=lambda t: 0.6 + 0.1 * np.sin(np.outer(t, [3, 4, 5, 6])),
            seed=seed,
            repeat=repeat,
            **info,
        )
        added = {name: log[name] + np.where(log["t_s"] >= AT_S, size, 0.0) for name, size in (bias or {}).items()}
        return log.with_columns(**added)

    return fly


def parted(comparison):
    return {d.signal: d.t_s for d in comparison.divergences if d.t_s is not None}


def test_identical_flights_never_part(flight):
    comparison = compare([flight()], [flight()])
    assert comparison.identical
    assert parted(comparison) == {}


def test_identical_groups_never_part(flight):
    a, b = ([flight(repeat=k, wander=0.3) for k in range(4)] for _ in range(2))
    comparison = compare(a, b)
    assert comparison.paired
    assert comparison.identical
    assert parted(comparison) == {}


@pytest.mark.parametrize(
    ("signal", "column", "size"),
    [
        ("set-point", "setpoint_position_y_m", 0.06),
        ("position", "position_x_m", -0.06),
        ("rates", "rate_z_rad_s", 0.6),
        ("motors", "motor_3_fraction", 0.11),
    ],
)
def test_a_bias_from_3_s_on_is_found_at_3_s_and_in_that_signal_only(flight, signal, column, size):
    comparison = compare([flight()], [flight(bias={column: size})])
    assert parted(comparison) == {signal: AT_S}
    assert not comparison.identical
    first = comparison.divergences[0]
    assert first.distance == pytest.approx(abs(size))
    assert np.subtract(first.b, first.a).sum() == pytest.approx(size)


def test_a_bias_below_the_threshold_of_single_flights_does_not_count(flight):
    assert parted(compare([flight()], [flight(bias={"position_x_m": 0.04})])) == {}


def test_attitudes_part_by_the_angle_between_them_whatever_the_sign_of_the_quaternion(made_up_flight, lean):
    a = made_up_flight(quat=lean(yaw=lambda t: 0 * t))
    b = made_up_flight(quat=lambda t: -lean(yaw=lambda t: np.radians(6.0) * (t >= AT_S))(t))
    first = compare([a], [b]).divergences[0]
    assert (first.signal, first.t_s) == ("attitude", AT_S)
    assert first.distance == pytest.approx(math.radians(6.0))


def test_pairs_find_a_bias_far_smaller_than_the_spread_between_seeds(flight):
    a = [flight(repeat=k, wander=0.3) for k in range(5)]
    b = [flight(repeat=k, wander=0.3, bias={"position_x_m": 0.02}) for k in range(5)]
    comparison = compare(a, b)
    assert comparison.paired
    assert parted(comparison) == {"position": AT_S}


def test_the_same_bias_without_pairs_is_lost_in_the_spread(flight):
    a = [flight(repeat=k, wander=0.3) for k in range(5)]
    b = [flight(repeat=k, seed=100 + k, wander=0.3, bias={"position_x_m": 0.02}) for k in range(5)]
    comparison = compare(a, b)
    assert not comparison.paired
    assert parted(comparison) == {}


def test_groups_without_pairs_part_when_the_bias_leaves_their_spread(flight):
    a = [flight(repeat=k, wander=0.02) for k in range(8)]
    b = [flight(repeat=k, seed=100 + k, wander=0.02, bias={"position_x_m": 0.5}) for k in range(8)]
    assert parted(compare(a, b)) == {"position": AT_S}


@pytest.mark.parametrize("many_first", [True, False])
def test_one_flight_parts_from_many_when_it_leaves_their_spread(flight, many_first):
    many = [flight(repeat=k, wander=0.02) for k in range(8)]
    one = [flight(seed=100, wander=0.02, bias={"position_x_m": 0.5})]
    comparison = compare(many, one) if many_first else compare(one, many)
    assert parted(comparison) == {"position": AT_S}
    assert "the 8 repeats of " + ("A" if many_first else "B") in comparison.divergences[0].basis


def test_one_flight_like_the_many_does_not_part_from_them(flight):
    many = [flight(repeat=k, wander=0.3) for k in range(8)]
    assert "position" not in parted(compare(many, [flight(seed=100, wander=0.3)]))


def test_pairs_that_differ_only_by_chance_do_not_part(flight):
    a = [flight(repeat=k, wander=0.3, own=0.05, group=1) for k in range(5)]
    b = [flight(repeat=k, wander=0.3, own=0.05, group=2) for k in range(5)]
    assert "position" not in parted(compare(a, b))


def test_the_order_of_the_repeats_does_not_matter(flight):
    a = [flight(repeat=k, wander=0.3) for k in range(4)]
    b = [flight(repeat=k, wander=0.3, bias={"position_x_m": 0.02}) for k in range(4)]
    assert compare(a, b).divergences == compare(a[::-1], b).divergences


def test_a_blip_shorter_than_the_dwell_is_ignored(flight):
    log = flight()
    blip = np.where((log["t_s"] > 3.99) & (log["t_s"] < 4.03), 1.0, 0.0)
    odd = log.with_columns(position_x_m=log["position_x_m"] + blip)
    assert parted(compare([log], [odd])) == {}
    assert parted(compare([log], [odd], dwell_s=0.01)) == {"position": 4.0}


def test_flights_logged_at_different_rates_are_compared_at_the_slower(made_up_flight, circle, lean):
    def fly(rate_hz):
        return made_up_flight(reference=circle(), rate_hz=rate_hz, quat=lean(roll=lambda t: 0.1 * np.sin(2 * t)))

    comparison = compare([fly(500.0)], [fly(100.0)])
    assert parted(comparison) == {}
    assert len(comparison.overlays[0].t_s) == 1000


def test_pairs_without_any_spread_do_not_part_below_the_floor(flight):
    a = [flight(repeat=k) for k in range(4)]
    assert parted(compare(a, [flight(repeat=k, bias={"position_x_m": 0.004}) for k in range(4)])) == {}
    assert parted(compare(a, [flight(repeat=k, bias={"position_x_m": 0.006}) for k in range(4)])) == {"position": AT_S}


@settings(max_examples=50, deadline=None)
@given(angles=st.lists(st.floats(-3.0, 3.0), min_size=6, max_size=6), side=st.sampled_from([-1.0, 1.0]))
def test_the_difference_of_two_attitudes_turns_one_into_the_other(angles, side):
    a, b = (quat_from_euler(*angles[i : i + 3]) for i in (0, 3))
    turn = difference(ATTITUDE, np.array([a]), side * np.array([b]))[0]
    assert np.linalg.norm(turn) <= np.pi + 1e-9
    np.testing.assert_allclose(
        Rotation.from_quat(a).as_matrix() @ Rotation.from_rotvec(turn).as_matrix(),
        Rotation.from_quat(b).as_matrix(),
        atol=1e-9,
    )


def test_attitudes_are_interpolated_the_short_way_whatever_their_sign(made_up_flight, lean):
    log = made_up_flight(
        rate_hz=10.0,
        quat=lambda t: lean(yaw=lambda t: 0.1 * t)(t) * np.where(np.arange(len(t)) % 3 == 0, -1.0, 1.0)[:, None],
    )
    times = np.arange(0.05, 9.0, 0.05)
    yaw = 2 * np.arctan2(*resample(log, ATTITUDE, times)[:, 2:].T)
    np.testing.assert_allclose(np.angle(np.exp(1j * yaw)), 0.1 * times, atol=1e-6)


def test_the_mean_of_attitudes_does_not_depend_on_their_signs(lean):
    quats = np.stack([lean(yaw=lambda t, yaw=yaw: yaw + 0 * t)(np.zeros(1)) for yaw in (-0.2, 0.2)])
    quats[1] *= -1.0
    middle = centre(ATTITUDE, quats)[0]
    assert abs(middle[3]) == pytest.approx(1.0)


def test_commands_are_held_between_rows_not_interpolated(made_up_flight):
    motors = {"motor_1_fraction": np.array([0.0, 1.0, 0.0, 1.0, 0.0])}
    log = made_up_flight(rate_hz=10.0, duration_s=0.5, columns=motors)
    (signal,) = (s for s in SIGNALS if s.name == "motors")
    assert resample(log, signal, np.array([0.0, 0.05, 0.1, 0.19, 0.2]))[:, 0].tolist() == [0.0, 0.0, 1.0, 1.0, 0.0]


def test_a_signal_recorded_late_is_compared_from_then_on(flight):
    late = flight(bias={"motor_2_fraction": 0.2})
    late = late.with_columns(motor_1_fraction=np.where(late["t_s"] < 1.0, np.nan, late["motor_1_fraction"]))
    assert parted(compare([flight()], [late])) == {"motors": AT_S}


def test_divergences_come_earliest_first(flight):
    b = flight(bias={"position_x_m": 0.5})
    b = b.with_columns(motor_1_fraction=b["motor_1_fraction"] + np.where(b["t_s"] >= 2.0, 0.2, 0.0))
    signals = [d.signal for d in compare([flight()], [b]).divergences]
    assert signals[:2] == ["motors", "position"]
    assert sorted(signals) == sorted(s.name for s in SIGNALS)


def test_a_signal_one_side_did_not_record_is_said_to_be_missing(made_up_flight):
    comparison = compare([made_up_flight()], [made_up_flight(motors=(np.nan,) * 4)])
    (motors,) = (d for d in comparison.divergences if d.signal == "motors")
    assert (motors.t_s, motors.basis) == (None, "not recorded in B")


def test_a_shortened_comparison_says_why(made_up_flight):
    comparison = compare([made_up_flight()], [made_up_flight(duration_s=4.0, planned_duration_s=10.0, abort=4.0)])
    assert comparison.span_s == (0.0, 3.99)
    assert comparison.note == "only up to 3.99 s, where sim, pid, repeat 0 ends: left the geofence"


def test_metrics_of_both_groups_are_put_side_by_side(flight):
    a = [flight(repeat=k, wander=0.02) for k in range(4)]
    b = [flight(repeat=k, wander=0.02, bias={"position_z_m": 0.1}) for k in range(4)]
    (steady,) = (m for m in compare(a, b).metrics if m.metric == "position_error_max_m")
    assert steady.a.n == steady.b.n == 4
    assert steady.difference.low > 0.0


def test_flights_of_different_scenarios_do_not_compare(made_up_flight):
    with pytest.raises(BadInput, match="only flights of one scenario compare"):
        compare([made_up_flight()], [made_up_flight(scenario="another")])


def test_a_group_that_mixes_controllers_is_refused(made_up_flight):
    with pytest.raises(BadInput, match="group B mixes controllers: pid, snn"):
        compare([made_up_flight()], [made_up_flight(), made_up_flight(controller="snn", repeat=1)])


def test_a_group_that_mixes_vehicles_is_refused(made_up_flight):
    with pytest.raises(BadInput, match="group A mixes vehicles: cf-l2f-original, cf21-identified"):
        compare([made_up_flight(), made_up_flight(vehicle="cf-l2f-original", repeat=1)], [made_up_flight()])


def test_groups_of_different_vehicles_compare(made_up_flight):
    assert compare([made_up_flight()], [made_up_flight(vehicle="cf-l2f-original")]).metrics


def with_take_off(fly, take_off_s, **info):
    """A hover that came up from the ground and goes back to it, told by set-points outside the judged span."""

    def set_point(t):
        height = np.clip(np.minimum(t / max(take_off_s, 1e-9), (10.0 - t) / max(take_off_s, 1e-9)), 0.0, 1.0)
        return np.stack([0 * t, 0 * t, height], axis=1)

    log = fly(reference=set_point, judge_from_s=3.0, judge_to_s=7.0, **info)
    rows = slice(None) if take_off_s else slice(200, 800)
    return Log(log.info, {name: log[name][rows].copy() for name in COLUMNS}, log.events)


def test_a_metric_whose_window_includes_a_take_off_on_one_side_only_is_not_compared(made_up_flight):
    simulated, flown = with_take_off(made_up_flight, 0.0), with_take_off(made_up_flight, 1.0, target="replay")
    comparison = compare([simulated], [flown])
    left_out = {metric.metric: metric for metric in comparison.not_compared}
    assert "position_error_published_nanobench_m" in left_out
    assert left_out["tilt_max_rad"].a_span_s == (2.0, 7.99)
    assert left_out["tilt_max_rad"].b_span_s == (0.0, 9.99)
    compared = {metric.metric for metric in comparison.metrics}
    assert {"position_error_mean_m", "survival_share"} <= compared
    assert not compared & set(left_out)


def test_spans_that_differ_by_a_few_ticks_are_compared(made_up_flight):
    later = made_up_flight(judge_from_s=1.05, judge_to_s=9.0)
    comparison = compare([made_up_flight(judge_from_s=1.0, judge_to_s=9.0)], [later])
    assert comparison.not_compared == ()
    assert "position_error_mean_m" in {metric.metric for metric in comparison.metrics}


def test_an_empty_group_is_refused(made_up_flight):
    with pytest.raises(BadInput, match="group A has no flights"):
        compare([], [made_up_flight()])


def test_flights_that_share_no_time_are_refused(made_up_flight):
    late = made_up_flight(columns={"t_s": np.arange(1000) / 100 + 50})
    with pytest.raises(BadInput, match="do not overlap"):
        compare([made_up_flight()], [late])
