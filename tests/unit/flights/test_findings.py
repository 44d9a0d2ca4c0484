"""Each fault is put into a clean flight: it must be found, where it is, and the rows must stay as they were."""

import warnings

import numpy as np
import pytest

from hil.core.errors import FlightDataError
from hil.flights.reader import read_flight

ROW = 900


@pytest.fixture
def read(made_up, tmp_path):
    """Read the made-up flight after `change(flight)`."""

    def read(change=lambda flight: None):
        flight = made_up()
        change(flight)
        return read_flight(flight.write(tmp_path / "f.csv"))

    return read


def of_kind(flight, kind):
    """Time since the beginning of the file, and text, of each finding of a kind."""
    first_s = flight.log["t_s"][0]
    return [(round(e.t_s - first_s, 6), e.text) for e in flight.findings if e.kind == kind]


def test_a_clean_flight_has_only_its_own_set_point_steps(read):
    kinds = [event.kind for event in read().findings]
    assert sorted(kinds) == ["landing", "setpoint-jump", "setpoint-jump", "setpoint-jump", "take-off"]


def test_missing_rows_are_a_gap_and_a_hole_in_the_ticks(read):
    flight = read(lambda f: f.drop.extend(range(ROW, ROW + 3)))
    assert of_kind(flight, "gap") == [(9.03, "3 rows missing before this one (40.0 ms)")]
    assert np.diff(flight.log["tick"]).max() == 4


@pytest.mark.parametrize(("rows", "judged"), [(45, True), (60, False)])
def test_a_hole_of_half_a_second_in_the_task_ends_the_flight(read, rows, judged):
    flight = read(lambda f: f.drop.extend(range(ROW, ROW + rows)))
    aborts = [text for _, text in of_kind(flight, "abort")]
    assert aborts == ([] if judged else ["nothing was recorded for 0.61 s"])


def test_a_repeated_stamp_is_left_out_and_reported(read):
    flight = read(lambda f: f.duplicate.append(ROW))
    assert len(of_kind(flight, "repeated-stamp")) == 1
    assert len(flight.log) == 1900
    assert np.all(np.diff(flight.log["tick"]) == 1)


def test_time_that_goes_back_is_left_out_and_reported(read):
    def back(flight):
        flight.columns["t"][ROW] -= 0.5

    flight = read(back)
    assert [text for _, text in of_kind(flight, "backward-stamp")] == ["time goes back by 490.0 ms: row left out"]
    assert np.all(np.diff(flight.log["tick"]) > 0)


def test_a_row_without_a_stamp_is_left_out_and_reported(read):
    def unstamped(flight):
        flight.columns["t"][ROW] = np.nan

    assert len(of_kind(read(unstamped), "bad-stamp")) == 1


def test_irregular_stamps_are_counted(read):
    def jitter(flight):
        flight.columns["t"][ROW : ROW + 10] += 0.003

    ((at_s, text),) = of_kind(read(jitter), "irregular-stamps")
    assert at_s == 9.0
    assert text == "10 of 1900 stamps are off the 100 Hz clock, by up to 3.0 ms"


def test_a_set_point_that_jumps_is_found_with_its_size(read):
    def jump(flight):
        flight.columns["sp_ctrltarget_z"][ROW:1000] += 0.5

    assert (9.0, "set-point jumps 0.50 m in 10 ms") in of_kind(read(jump), "setpoint-jump")


def test_a_set_point_that_jumps_and_comes_back_is_told_apart(read):
    def glitch(flight):
        flight.columns["sp_ctrltarget_z"][ROW] = 0.4

    assert any("1.19 m of it there and back" in text for _, text in of_kind(read(glitch), "setpoint-jump"))


def test_a_position_no_vehicle_could_reach_is_found_and_kept(read):
    def jump(flight):
        flight.columns["px"][ROW] += 0.3

    flight = read(jump)
    assert [at_s for at_s, _ in of_kind(flight, "truth-jump")] == [9.0]
    assert flight.log.position[ROW, 0] - flight.log.position[ROW - 1, 0] > 0.29


def test_motion_capture_that_repeats_itself_is_found(read):
    def freeze(flight):
        for a in "xyz":
            flight.columns[f"p{a}"][ROW : ROW + 20] = flight.columns[f"p{a}"][ROW]

    flight = read(freeze)
    assert len(of_kind(flight, "tracking-frozen")) == 1
    assert flight.log.aborted is None


def test_motion_capture_lost_for_long_aborts(read):
    def freeze(flight):
        for a in "xyz":
            flight.columns[f"p{a}"][ROW : ROW + 80] = flight.columns[f"p{a}"][ROW]

    assert "motion capture lost" in read(freeze).log.aborted.text


def test_a_quaternion_that_is_not_unit_is_found(read):
    def stretch(flight):
        for a in "xyzw":
            flight.columns[f"q{a}"][ROW] *= 1.2

    assert of_kind(read(stretch), "quaternion") == [(9.0, "quaternion of length 1.200, not 1")]


def test_a_missing_value_is_found_and_stays_missing(read):
    def lose(flight):
        flight.columns["vx"][ROW : ROW + 2] = np.nan

    flight = read(lose)
    assert of_kind(flight, "not-a-number") == [(9.0, "velocity is not a number in 2 rows, first here")]
    assert np.isnan(flight.log.velocity[ROW : ROW + 2, 0]).all()


def test_a_missing_set_point_does_not_hide_the_task(read):
    def lose(flight):
        for a in "xyz":
            flight.columns[f"sp_ctrltarget_{a}"][ROW : ROW + 5] = np.nan

    flight = read(lose)
    assert flight.task_duration_s == read().task_duration_s
    assert len(of_kind(flight, "not-a-number")) == 1


def test_an_imu_spike_is_found(read):
    def spike(flight):
        flight.columns["imu_acc_x"][ROW] = 40.0

    assert of_kind(read(spike), "imu-spike")[0][1].startswith("IMU reads up to 40.0 g")


def test_a_battery_spike_is_found(read):
    def spike(flight):
        flight.columns["pwr_pm_vbat"][ROW] = 1.2

    assert of_kind(read(spike), "battery-spike") == [(9.0, "battery reads 1.20 V")]


def test_motion_capture_that_turns_unlike_the_gyro_is_found(read):
    def swing(flight):
        flight.columns["wy_vicon"][ROW : ROW + 5] += 3.0

    assert of_kind(read(swing), "attitude-swing") == [(9.0, "motion capture turns 3.0 rad/s unlike the gyro")]


def test_an_estimate_with_the_wrong_sign_is_found(read):
    def flip(flight):
        flight.columns["att_stateEstimate_qx"] += 0.2

    assert len(of_kind(read(flip), "estimate-off")) == 1


def test_rows_drawn_across_lost_packets_are_counted(read):
    def draw(flight):
        for i in (1, 2, 3, 4):
            column = flight.columns[f"motor_motor_m{i}"]
            column[ROW : ROW + 100] = np.linspace(column[ROW], column[ROW] + 3000 + i, 100)

    ((_, text),) = of_kind(read(draw), "interpolated")
    share = float(text.partition("motors ")[2].partition(" %")[0])
    assert share == pytest.approx(100 * 98 / 1170, abs=0.5)


def test_a_vehicle_that_never_takes_off_is_a_flight_that_aborts(read):
    def stay(flight):
        flight.columns["pz"][:] = 0.05

    flight = read(stay)
    assert flight.log.aborted.text == (
        "never took off: at most 0.00 m above the ground, the set-point asked for 0.95 m"
    )
    assert len(flight.log) == 1900


def test_a_flight_without_motion_capture_is_not_said_to_have_stayed_on_the_ground(read):
    def blind(flight):
        for a in "xyz":
            flight.columns[f"p{a}"][:] = np.nan

    assert read(blind).log.aborted.text == "motion capture recorded no position: nothing can be judged"


def test_trouble_with_stamps_in_a_row_is_one_finding(read):
    flight = read(lambda f: f.duplicate.extend(range(ROW, ROW + 5)))
    ((_, text),) = of_kind(flight, "repeated-stamp")
    assert text.endswith("; 4 more follow")
    assert len(flight.log) == 1900


def test_a_stamp_far_ahead_does_not_take_the_rest_of_the_flight_with_it(read):
    def ahead(flight):
        flight.columns["t"][ROW] += 1e6

    flight = read(ahead)
    assert len(of_kind(flight, "bad-stamp")) == 1
    assert len(flight.log) == 1899


def test_stamps_that_are_mostly_out_of_order_are_refused(read):
    def restart(flight):
        flight.columns["t"][700:] -= 30

    with pytest.raises(FlightDataError, match=r"f\.csv: time stamps are unusable: only 700 of 1900 are in order"):
        read(restart)


def test_absurd_numbers_are_found_without_a_warning(read):
    def absurd(flight):
        for name in ("px", "qw", "imu_acc_x", "sp_ctrltarget_z", "motor_motor_m1", "vx"):
            flight.columns[name][ROW] = 1e300
            flight.columns[name][ROW + 1] = np.inf

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flight = read(absurd)
    assert {"truth-jump", "imu-spike", "not-a-number", "setpoint-jump"} <= {event.kind for event in flight.findings}


def test_a_crash_in_the_task_aborts_when_it_happens(read):
    def fall(flight):
        flight.columns["pz"][ROW:] = 0.05

    flight = read(fall)
    assert flight.log.aborted.text.startswith("crashed")
    assert flight.log.aborted.t_s - flight.log["t_s"][0] == pytest.approx(9.0)


def test_turning_over_in_the_task_aborts(read):
    def turn(flight):
        for a, value in zip("xyzw", (1.0, 0.0, 0.0, 0.0), strict=True):
            flight.columns[f"q{a}"][ROW:] = value

    assert "upside down" in read(turn).log.aborted.text


def test_a_normal_landing_is_no_crash(read):
    assert read().log.aborted is None


def test_findings_are_in_order_of_time(read):
    def several(flight):
        flight.columns["imu_acc_x"][1200] = 40.0
        flight.columns["pwr_pm_vbat"][ROW] = 1.2
        flight.drop.append(600)

    times = [event.t_s for event in read(several).findings]
    assert times == sorted(times)
