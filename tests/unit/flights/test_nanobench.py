import math

import numpy as np
import pytest

from hil.core.errors import FlightDataError
from hil.flights.nanobench import read_nanobench
from hil.flights.reader import read_flight
from hil.flights.recording import unit_quaternions

ROW = 700  # t = 7 s, on the circle


def test_set_point_yaw_is_converted_from_degrees(recorded_file):
    assert read_nanobench(recorded_file).setpoint_yaw[ROW] == pytest.approx(math.pi / 2, abs=1e-12)


def test_motor_commands_become_fractions_of_full_pwm(made_up, tmp_path):
    flight = made_up()
    flight.columns["motor_motor_m3"][ROW] = 65535.0
    flight.columns["motor_motor_m4"][ROW] = 16383.75
    assert read_nanobench(flight.write(tmp_path / "f.csv")).motors[ROW, 2:].tolist() == [1.0, 0.25]


def test_accelerations_become_metres_per_second_squared(made_up, tmp_path):
    flight = made_up()
    flight.columns["imu_acc_z"][ROW] = 1.5
    assert read_nanobench(flight.write(tmp_path / "f.csv")).acceleration[ROW, 2] == pytest.approx(14.715)


def test_truth_and_rates_pass_unchanged(made_up, tmp_path):
    flight = made_up()
    log = read_flight(flight.write(tmp_path / "f.csv")).log
    for column, name in (
        ("px", "position_x_m"),
        ("vy", "velocity_y_m_s"),
        ("qx", "quat_x"),
        ("imu_gyro_y", "rate_y_rad_s"),
        ("imu_gyro_x", "estimate_rate_x_rad_s"),
        ("est_stateEstimate_z", "estimate_position_z_m"),
        ("pwr_pm_vbat", "battery_v"),
    ):
        assert np.allclose(log[name], flight.columns[column], rtol=0, atol=1e-15), name


def test_estimated_attitude_does_not_inherit_the_legacy_pitch_sign(recorded_file):
    recording = read_nanobench(recorded_file)
    assert np.allclose(recording.estimate_attitude, recording.attitude)


def test_what_was_not_recorded_is_nan(recorded_file):
    log = read_flight(recorded_file).log
    for name in ("setpoint_velocity_x_m_s", "setpoint_acceleration_z_m_s2", "setpoint_yaw_rate_rad_s", "compute_s"):
        assert np.isnan(log[name]).all(), name


def test_quaternions_are_unit_and_continuous_whatever_signs_were_recorded(made_up, tmp_path):
    flight = made_up()
    for a in "xyzw":
        flight.columns[f"q{a}"][ROW:] *= -1.0
        flight.columns[f"q{a}"] *= 1.0005
    attitude = read_flight(flight.write(tmp_path / "f.csv")).log.attitude
    assert np.allclose(np.linalg.norm(attitude, axis=1), 1.0, atol=1e-15)
    assert np.sum(attitude[1:] * attitude[:-1], axis=1).min() > 0.99
    assert attitude[0, 3] > 0


def test_a_quaternion_without_length_is_unknown():
    unit, norm = unit_quaternions(np.array([[0.0, 0.0, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, -3.0]]))
    assert unit[[0, 2]].tolist() == [[0, 0, 0, 1], [0, 0, 0, 1]]
    assert np.isnan(unit[1]).all()
    assert norm.tolist() == [2, 0, 3]


@pytest.mark.parametrize(("controller", "found"), [("pid", "pid"), ("mellinger", "mellinger")])
def test_the_controller_is_told_by_its_log_group(made_up, tmp_path, controller, found):
    assert read_flight(made_up(controller=controller).write(tmp_path / "f.csv")).controller == found


def test_without_that_log_group_the_controller_is_unknown(made_up, tmp_path):
    flight = made_up()
    del flight.columns["pid_controller_roll"]
    read = read_flight(flight.write(tmp_path / "f.csv"))
    assert (read.controller, read.log.info.controller) == ("unknown", "onboard")


def test_a_truncated_file_is_refused_with_its_last_line(recorded_file):
    whole = recorded_file.read_text()
    recorded_file.write_text(whole[: len(whole) // 2])
    lines = whole[: len(whole) // 2].count("\n") + 1
    with pytest.raises(FlightDataError, match=rf"circle\.csv:{lines}: \d+ values for 49 columns"):
        read_flight(recorded_file)


def test_garbage_is_refused_with_line_and_column(recorded_file):
    lines = recorded_file.read_text().splitlines()
    cells = lines[99].split(",")
    cells[2] = "#ERR"
    lines[99] = ",".join(cells)
    recorded_file.write_text("\n".join(lines))
    with pytest.raises(FlightDataError, match=r"circle\.csv:100: py is '#ERR', not a number"):
        read_flight(recorded_file)


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "\x00\x01\x02"])
def test_another_kind_of_file_is_refused(tmp_path, content):
    path = tmp_path / "other.csv"
    path.write_text(content)
    with pytest.raises(FlightDataError, match=r"other\.csv"):
        read_flight(path)


def test_bytes_that_are_not_text_are_refused(tmp_path):
    path = tmp_path / "other.csv"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(FlightDataError, match=r"other\.csv"):
        read_flight(path)


def test_a_header_without_rows_is_refused(recorded_file):
    recorded_file.write_text(recorded_file.read_text().splitlines()[0] + "\n")
    with pytest.raises(FlightDataError, match="ends after 0 rows"):
        read_flight(recorded_file)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FlightDataError, match="no such file"):
        read_flight(tmp_path / "nowhere.csv")
