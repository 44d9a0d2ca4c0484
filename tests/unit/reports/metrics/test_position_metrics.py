import math

import numpy as np
import pytest

from hil.export import to_tum
from hil_reports.metrics.catalogue import find
from hil_reports.metrics.windows import NotMeasurable


def test_a_circle_flown_with_a_constant_offset_has_that_offset_as_its_error(made_up_flight, circle):
    log = made_up_flight(reference=circle(), position=circle(offset=(0.03, 0.04, 0.12)))
    values = {
        name: find(f"position_error_{name}_m")(log) for name in ("xy_mean", "xy_rmse", "mean", "rmse", "max", "p95")
    }
    assert values == pytest.approx(
        {"xy_mean": 0.05, "xy_rmse": 0.05, "mean": 0.13, "rmse": 0.13, "max": 0.13, "p95": 0.13}
    )


def test_a_sine_of_error_has_the_mean_rmse_and_percentile_of_a_sine(made_up_flight):
    amplitude = 0.2
    log = made_up_flight(
        position=lambda t: np.stack([amplitude * np.sin(2 * np.pi * t), 0 * t, 1 + 0 * t], axis=1), duration_s=20
    )
    assert find("position_error_mean_m")(log) == pytest.approx(amplitude * 2 / math.pi, rel=1e-3)
    assert find("position_error_rmse_m")(log) == pytest.approx(amplitude / math.sqrt(2), rel=1e-12)
    assert find("position_error_p95_m")(log) == pytest.approx(amplitude * math.sin(0.95 * math.pi / 2), rel=2e-3)
    assert find("steady_state_error_m")(log) == pytest.approx(0.0, abs=1e-12)


def test_tube_share_is_the_share_of_rows_within_10_cm(made_up_flight):
    log = made_up_flight(position=lambda t: np.stack([np.where(t < 7.5, 0.099, 0.101), 0 * t, 1 + 0 * t], axis=1))
    assert find("tube_share_10cm")(log) == 0.75


def test_steady_state_error_sees_the_last_quarter_only(made_up_flight):
    log = made_up_flight(
        position=lambda t: np.stack([np.where(t < 7.5, 1.0, 0.02), 0 * t, 1 + 0 * t], axis=1), duration_s=10.01
    )
    assert find("steady_state_error_m")(log.with_info(judge_to_s=10.0)) == pytest.approx(0.02)


def test_a_moving_set_point_has_no_steady_state(made_up_flight, circle):
    with pytest.raises(NotMeasurable, match="set-point moves"):
        find("steady_state_error_m")(made_up_flight(reference=circle()))


def test_rows_before_the_judged_span_and_after_it_do_not_count(made_up_flight):
    log = made_up_flight(
        position=lambda t: np.stack([np.where((t < 2) | (t > 8), 5.0, 0.01), 0 * t, 1 + 0 * t], axis=1),
        judge_from_s=2.0,
        judge_to_s=8.0,
    )
    assert find("position_error_max_m")(log) == pytest.approx(0.01)


def test_the_published_nanobench_window_runs_from_take_off_to_landing(made_up_flight):
    def reference(t):
        return np.stack([0 * t, 0 * t, np.where((t >= 2) & (t < 8), 1.0, 0.0)], axis=1)

    def position(t):
        off = np.where(t < 7.985, 0.3, 0.9)  # the last row that counts is worse
        return np.stack([np.where((t >= 2) & (t < 8), off, 9.0), 0 * t, reference(t)[:, 2]], axis=1)

    log = made_up_flight(reference=reference, position=position, judge_from_s=4.0, judge_to_s=5.0)
    assert find("position_error_published_nanobench_mean_m")(log) == pytest.approx((599 * 0.3 + 0.9) / 600)
    assert find("position_error_published_nanobench_m")(log) == pytest.approx(math.sqrt((599 * 0.09 + 0.81) / 600))


def test_a_judged_span_without_rows_cannot_be_measured(made_up_flight):
    log = made_up_flight(duration_s=3.0, judge_from_s=5.0, judge_to_s=9.0)
    with pytest.raises(NotMeasurable, match=r"ends at 2\.99 s"):
        find("position_error_mean_m")(log)


def test_position_errors_of_an_exported_flight_agree_with_evo(made_up_flight, tmp_path):
    pytest.importorskip("evo", reason="evo is a development tool and not installed")
    from evo.core.metrics import APE, PoseRelation
    from evo.tools.file_interface import read_tum_trajectory_file

    chance = np.random.default_rng(3)
    log = made_up_flight(
        reference=lambda t: np.stack([np.sin(t), np.cos(2 * t), 1 + 0.1 * t], axis=1),
        position=lambda t: (
            np.stack([np.sin(t), np.cos(2 * t), 1 + 0.1 * t], axis=1) + chance.normal(0, 0.1, (len(t), 3))
        ),
    )
    to_tum(log, tmp_path / "flown", "truth")
    to_tum(log, tmp_path / "wanted", "reference")
    ape = APE(PoseRelation.translation_part)
    ape.process_data(
        (read_tum_trajectory_file(str(tmp_path / "wanted")), read_tum_trajectory_file(str(tmp_path / "flown")))
    )
    theirs = ape.get_all_statistics()
    ours = {name: find(f"position_error_{name}_m")(log) for name in ("mean", "rmse", "max")}
    assert ours == pytest.approx({name: theirs[name] for name in ours}, abs=1e-9)
