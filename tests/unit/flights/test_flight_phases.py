import numpy as np
import pytest

from hil.flights.reader import read_flight


@pytest.fixture
def flight(recorded_file):
    return read_flight(recorded_file)


def test_time_is_tick_over_rate_exactly(flight):
    assert np.array_equal(flight.log["t_s"], flight.log["tick"] / flight.log.info.rate_hz)


def test_take_off_has_negative_ticks_and_nothing_is_cut_away(flight):
    assert len(flight.log) == 1900
    assert flight.log["tick"][0] < 0


def test_the_task_starts_airborne_with_the_climb_over(flight):
    row = int(np.argmax(flight.log["tick"] == 0))
    assert flight.log.reference[row, 2] == pytest.approx(1.0, abs=0.011)
    assert flight.log.position[row, 2] >= 0.5
    assert flight.log.reference[row - 5, 2] < 0.99 or flight.log.position[row - 1, 2] < 0.525


def test_the_start_is_the_state_at_tick_zero(flight):
    row = int(np.argmax(flight.log["tick"] == 0))
    assert flight.start.state.position == tuple(flight.log.position[row])
    assert flight.start.state.rates == tuple(flight.log.rates[row])


def test_the_task_ends_where_the_landing_begins(flight):
    start_s = -flight.log["t_s"][0]
    assert start_s + flight.task_duration_s == pytest.approx(15.19, abs=1e-9)
    assert next(e.kind for e in flight.findings if e.t_s > flight.task_duration_s) == "landing"


def test_the_judged_window_begins_2_5_s_after_the_step_to_the_trajectory(flight):
    start_s = -flight.log["t_s"][0]
    assert start_s + flight.judge_from_s == pytest.approx(7.5, abs=0.011)


def test_the_judged_window_ends_when_the_set_point_stops(flight):
    start_s = -flight.log["t_s"][0]
    assert start_s + flight.judge_to_s == pytest.approx(15.0, abs=0.011)


def test_the_set_point_moves_throughout_the_judged_window(flight):
    step = np.linalg.norm(np.diff(flight.log.reference[flight.log.judged()], axis=0), axis=1)
    assert step.min() > 0.004
    assert step.max() < 0.006


def test_a_recording_that_stops_in_the_air_is_all_task(made_up, tmp_path):
    recording = made_up()
    recording.drop = list(range(1200, 1900))
    flight = read_flight(recording.write(tmp_path / "cut.csv"))
    assert flight.task_duration_s == flight.log["t_s"][-1]
    assert "landing" not in [event.kind for event in flight.findings]


def test_a_hover_is_judged_from_2_5_s_to_its_landing(made_up, tmp_path):
    recording = made_up()
    for a in "xy":
        recording.columns[f"sp_ctrltarget_{a}"][:] = 0.0
    flight = read_flight(recording.write(tmp_path / "hover.csv"))
    assert flight.judge_from_s == 2.5
    assert flight.judge_to_s == flight.task_duration_s
    assert flight.task_duration_s - flight.log["t_s"][0] == pytest.approx(15.2, abs=0.05)


def test_battery_voltage_is_the_median_of_the_first_second(flight):
    t_s = flight.log["t_s"]
    first = flight.log["battery_v"][(t_s >= 0) & (t_s < 1)]
    assert flight.battery_hover_v == pytest.approx(np.median(first))


def test_the_log_says_that_it_is_a_real_recorded_flight(flight):
    info = flight.log.info
    assert (info.simulated, info.target, info.task, info.source) == (False, "replay", "recorded", "circle.csv")
    assert (info.controller, info.controller_family) == ("onboard-pid", "position-only")


def test_reading_twice_gives_the_same_flight(recorded_file):
    assert read_flight(recorded_file).log == read_flight(recorded_file).log
