"""The estimate errs as recorded ones do (docs/vehicles.md, flights of NanoBench fed by motion capture)."""

import math
import struct

import numpy as np
import pytest

from hil.cli.virtual import START_MAX_M
from hil.core.frames import euler_zyx, quat_from_euler
from hil.core.quaternion_bits import compress

PUBLISHED_RMSE_M = (0.019, 0.064)  # of position in three dimensions: 10th and 90th percentile of flights


def figure_eight(t, *, long_m=1.0, wide_m=0.5, lap_s=8.0):
    w = 2 * math.pi / lap_s
    return (
        (long_m * math.sin(w * t), wide_m * math.sin(2 * w * t), 1.0),
        (long_m * w * math.cos(w * t), 2 * wide_m * w * math.cos(2 * w * t), 0.0),
        (-long_m * w * w * math.sin(w * t), -4 * wide_m * w * w * math.sin(2 * w * t), 0.0),
    )


def stream_figure_eight(bench, ms):
    for _ in bench.every_ms(ms):
        if bench.flight.now_ms % 10 == 0:
            point = figure_eight(bench.flight.now_ms / 1000.0)
            numbers = (int(1000 * number) for vector in point for number in vector)
            level = compress((0.0, 0.0, 0.0, 1.0))
            bench.send(7, 0, b"\x06" + struct.pack("<9hI3h", *numbers, level, 0, 0, 0))
        yield


def rows(bench, steps):
    """Estimate and truth every 10 ms: (n, 2, 9), position, velocity, roll pitch yaw."""
    found = []
    for _ in steps:
        if bench.flight.now_ms % 10 == 0:
            pair = (bench.flight.estimate, bench.body.state)
            found.append([[*s.position, *s.velocity, *euler_zyx(s.attitude)] for s in pair])
    return np.array(found)


def rmse(found, columns=slice(0, 3)):
    error = found[:, 0, columns] - found[:, 1, columns]
    return math.sqrt((error**2).sum(axis=1).mean())


@pytest.fixture(scope="module")
def eight(boot):
    bench = boot(controller="geometric")
    bench.hover(1.0)
    return rows(bench, stream_figure_eight(bench, 24_000))[200:]


@pytest.mark.slow
def test_in_a_minute_of_hover_it_errs_within_the_published_range(boot):
    bench = boot()
    bench.hover()
    low, high = PUBLISHED_RMSE_M
    assert low < rmse(rows(bench, bench.every_ms(60_000))) < high


def test_in_a_figure_eight_it_errs_within_the_published_range(eight):
    low, high = PUBLISHED_RMSE_M
    assert low < rmse(eight) < high


def test_the_truth_itself_would_be_outside_that_range(eight):
    perfect = eight.copy()
    perfect[:, 0] = perfect[:, 1]
    assert not PUBLISHED_RMSE_M[0] < rmse(perfect)


def test_velocity_and_tilt_err_about_as_much_as_recorded(eight):
    tilt_deg = np.degrees((eight[:, 0, 6:8] - eight[:, 1, 6:8]).std(axis=0))
    assert 0.04 < rmse(eight, slice(3, 6)) < 0.12  # 0.082 m/s recorded
    assert (tilt_deg > 0.45).all()  # 0.9° and 1.2° recorded
    assert (tilt_deg < 2.4).all()


def test_position_is_about_20_ms_late(eight):
    error, velocity = eight[:, 0, :2] - eight[:, 1, :2], eight[:, 1, 3:5]
    lag_s = -(error * velocity).sum() / (velocity**2).sum()
    assert 0.010 < lag_s < 0.030


def test_without_positioning_it_drifts_and_knows_it(boot):
    bench = boot()
    bench.hover()
    known = bench.flight.estimator.variances[0][0]
    bench.body.blind()
    bench.ms(4000)
    doubted, (estimate, truth) = bench.flight.estimator.variances[0][0], (bench.flight.estimate, bench.body.state)
    assert math.dist(estimate.position, truth.position) > 0.1
    assert doubted > 100 * known


def test_with_positioning_it_does_not_drift_in_the_same_time(boot):
    bench = boot()
    bench.hover()
    known = bench.flight.estimator.variances[0][0]
    bench.ms(4000)
    assert math.dist(bench.flight.estimate.position, bench.body.state.position) < 0.1
    assert bench.flight.estimator.variances[0][0] == pytest.approx(known, rel=0.1)


def test_it_finds_back_when_positioning_does(boot):
    bench = boot()
    bench.hover()
    bench.body.blind(for_s=1.0)
    bench.ms(3000)
    assert math.dist(bench.flight.estimate.position, bench.body.state.position) < 0.1


def test_a_reset_begins_anew_and_is_over_within_half_a_second(boot):
    bench = boot(position=(1.0, 0.5, 0.0), yaw_rad=0.7)
    bench.ms(1000)
    bench.parameters["kalman.resetEstimation"] = 1
    bench.ms(1)
    lost, uncertain = bench.flight.estimate.position, max(bench.flight.estimator.variances[0])
    bench.ms(500)
    assert (lost, bench.parameters["kalman.resetEstimation"]) == (pytest.approx((0.0, 0.0, 0.0), abs=1e-3), 0)
    assert uncertain > 100.0
    assert max(bench.flight.estimator.variances[0]) < 1e-3
    assert bench.flight.estimate.position == pytest.approx((1.0, 0.5, 0.0), abs=0.05)
    assert euler_zyx(bench.flight.estimate.attitude)[2] == pytest.approx(0.7, abs=0.05)


@pytest.mark.parametrize("axis", ["X", "Y", "Z", "Yaw"])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_an_initial_value_that_is_no_number_counts_as_nought(boot, axis, value):
    bench = boot(positioning="external")
    bench.parameters[f"kalman.initial{axis}"] = value
    bench.parameters["kalman.resetEstimation"] = 1
    bench.ms(1)
    estimate = bench.flight.estimate
    assert (*estimate.position, euler_zyx(estimate.attitude)[2]) == pytest.approx((0.0,) * 4, abs=1e-3)


@pytest.mark.parametrize(("far_m", "found"), [(START_MAX_M, True), (101.0, False)])
def test_the_farthest_start_that_is_allowed_is_one_that_it_can_believe(boot, far_m, found):
    bench = boot(position=(far_m, -far_m, 0.0))
    bench.ms(500)
    assert ("ESTKALMAN: out of bounds, reset\n" not in bench.said) is found


def test_without_a_measurement_a_reset_knows_nothing(boot):
    bench = boot(positioning="external")
    bench.ms(500)
    assert min(bench.flight.estimator.variances[0]) > 1.0


def external(bench, data_of, ms, *, channel):
    for now in bench.every_ms(ms):
        if now % 10 == 0:
            bench.send(6, channel, data_of(bench.body.state))


@pytest.mark.parametrize(
    ("channel", "data_of"),
    [
        (0, lambda s: struct.pack("<3f", *s.position)),
        (1, lambda s: b"\x08" + struct.pack("<7f", *s.position, *s.attitude)),
        (
            1,
            lambda s: b"\x09" + struct.pack("<B3hI", 0xE7, *(round(1e3 * p) for p in s.position), compress(s.attitude)),
        ),
    ],
    ids=["position", "pose", "packed pose"],
)
def test_what_a_client_sends_to_port_6_is_believed(boot, channel, data_of):
    bench = boot(positioning="external", position=(0.4, -0.3, 0.0))
    external(bench, data_of, 500, channel=channel)
    bench.vertical(b"\x07", 0.5, 1.0)
    external(bench, data_of, 3000, channel=channel)
    assert bench.body.state.position == pytest.approx((0.4, -0.3, 0.5), abs=0.2)
    assert math.dist(bench.flight.estimate.position, bench.body.state.position) < 0.06


def test_a_pose_tells_the_heading_and_a_position_does_not(boot):
    benches = [boot(positioning="external", yaw_rad=0.8) for _ in range(2)]
    external(benches[0], lambda s: b"\x08" + struct.pack("<7f", *s.position, *s.attitude), 1000, channel=1)
    external(benches[1], lambda s: struct.pack("<3f", *s.position), 1000, channel=0)
    yaws = [euler_zyx(bench.flight.estimate.attitude)[2] for bench in benches]
    assert yaws == pytest.approx([0.8, 0.0], abs=0.05)


def test_a_pose_for_another_vehicle_and_one_that_is_no_number_are_ignored(boot):
    bench = boot(positioning="external")
    bench.send(6, 1, b"\x09" + struct.pack("<B3hI", 0x01, 1000, 0, 0, compress((0.0, 0.0, 0.0, 1.0))))
    bench.send(6, 0, struct.pack("<3f", float("nan"), 0.0, 0.0))
    bench.send(6, 1, b"\x08" + struct.pack("<7f", *(1.0,) * 3, *(0.0,) * 4))
    bench.ms(20)
    assert bench.flight.estimate.position == pytest.approx((0.0, 0.0, 0.0), abs=0.01)


def test_a_gyro_bias_shows_in_what_the_firmware_reads(boot):
    bench = boot()
    bench.ms(100)
    bench.body.bias_gyro((0.2, 0.0, -0.1))
    seen = np.array([bench.flight.imu.rates for _ in bench.every_ms(300)])[100:].mean(axis=0)
    assert seen == pytest.approx((0.2, 0.0, -0.1), abs=0.005)


def test_sensor_noise_in_flight_is_what_logs_show(boot):
    bench = boot()
    bench.hover()
    read = np.array(
        [(*bench.flight.imu.rates, *bench.body.state.rates) for now in bench.every_ms(4000) if now % 10 == 0]
    )
    noise = (read[:, :3] - read[:, 3:]).std(axis=0)
    assert noise == pytest.approx((0.0065, 0.0071, 0.0031), rel=0.35)


def test_the_attitude_is_a_unit_quaternion_after_ten_seconds(boot):
    bench = boot(yaw_rad=2.0)
    bench.ms(10_000)
    assert math.hypot(*bench.flight.estimate.attitude) == pytest.approx(1.0, abs=1e-9)
    assert bench.flight.estimate.attitude == pytest.approx(quat_from_euler(0, 0, 2.0), abs=0.05)


@pytest.mark.parametrize("far_m", [200.0, 1e30, 3e38])
def test_an_estimate_out_of_bounds_begins_anew_and_the_log_stays_readable(boot, far_m):
    bench = boot(positioning="external")
    bench.ms(10)
    bench.send(6, 0, struct.pack("<3f", far_m, -far_m, far_m))
    bench.ms(20)
    assert "ESTKALMAN: out of bounds, reset\n" in bench.said
    assert bench.flight.estimate.position == pytest.approx((0.0, 0.0, 0.0), abs=0.01)
    assert all(math.isfinite(read()) for read in bench.flight.log_values.values())
