"""Windows with faults and flights that never flew are left out, counted and named."""

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil.log import Event
from hil_sim.fidelity.study import assess
from hil_sim.fidelity.windows import cut


def with_rows(flight, as_flight, *, simulated=True, events=(), source=None, **columns):
    changed = flight.log.with_columns(**columns).with_info(simulated=simulated, source=source or flight.name)
    changed.events = tuple(events)
    return as_flight(changed)


def changed(log, name, rows, values):
    column = np.array(log[name])
    column[rows] = values
    return {name: column}


def left_out(flight):
    return dict(cut(flight.log, from_s=0.0, to_s=flight.task_duration_s)[1])


def test_a_sound_flight_loses_no_window(lively):
    assert left_out(lively) == {}
    assert len(cut(lively.log, from_s=0.0, to_s=8.0)[0]) == 25


@pytest.mark.parametrize(
    ("name", "rows", "values", "simulated", "reason"),
    [
        ("position_x_m", [400], np.nan, True, "values missing"),
        ("rate_y_rad_s", [400], 25.0, True, "gyro spike"),
        ("battery_v", [400], 2.0, True, "battery spike"),
        ("position_x_m", [400], 5.0, False, "motion capture jumps"),
        ("rate_x_rad_s", [400], 6.0, False, "attitude unlike the gyro"),
    ],
)
def test_a_fault_takes_the_windows_that_hold_it_and_no_other(lively, as_flight, name, rows, values, simulated, reason):
    flight = with_rows(lively, as_flight, simulated=simulated, **changed(lively.log, name, rows, values))
    # a window of 2 s, a start every 0.25 s: eight of them hold one row, nine where the fault has a row before it too
    assert set(left_out(flight)) == {reason}
    assert left_out(flight)[reason] in (8, 9)


def test_lost_rows_are_a_fault(lively, as_flight):
    tick = np.array(lively.log["tick"])
    tick[400:] += 3
    assert set(left_out(with_rows(lively, as_flight, tick=tick))) == {"rows missing"}


def test_frozen_motion_capture_and_interpolated_commands_are_faults_in_a_recording_only(lively, as_flight):
    frozen = {}
    for axis in "xyz":
        frozen |= changed(lively.log, f"position_{axis}_m", slice(400, 415), lively.log[f"position_{axis}_m"][399])
    drawn = {}
    for motor in (1, 2, 3, 4):
        name = f"motor_{motor}_fraction"
        drawn |= changed(lively.log, name, slice(400, 430), np.linspace(0.7, 0.8, 30))
    for columns, reason in ((frozen, "motion capture frozen"), (drawn, "commands lost")):
        assert reason in left_out(with_rows(lively, as_flight, simulated=False, **columns))
        assert left_out(with_rows(lively, as_flight, **columns)) == {}


def test_a_flight_that_never_took_off_is_left_out_with_its_reason(true_vehicle, lively, as_flight):
    lame = with_rows(lively, as_flight, source="lame", events=[Event(0.0, "abort", "never took off: 0.1 m")])
    result = assess([lively, lame], [true_vehicle])
    assert [flight.name for flight in result.flights] == ["made-up"]
    assert [(flight.name, flight.reason) for flight in result.excluded] == [("lame", "never took off: 0.1 m")]
    assert result.models == assess([lively], [true_vehicle]).models


def test_a_copy_of_a_flight_is_not_a_second_flight(true_vehicle, lively, as_flight):
    copy = with_rows(lively, as_flight, source="copy")
    result = assess([lively, copy], [true_vehicle])
    assert result.excluded[0].reason == "the same rows as made-up"
    assert result.windows == 25


def test_nothing_left_is_one_clear_line(true_vehicle, make):
    with pytest.raises(BadInput, match=r"made-up: its task of 1\.5 s is shorter than 2 s"):
        assess([make(true_vehicle, seconds=1.5)], [true_vehicle])


def test_a_vehicle_with_a_battery_needs_a_voltage(true_vehicle, lively, as_flight):
    dark = with_rows(lively, as_flight, battery_v=np.full(len(lively.log), np.nan))
    with pytest.raises(BadInput, match="needs the battery's voltage"):
        assess([dark], [true_vehicle])


def test_flights_of_different_rates_are_pooled(true_vehicle, lively, make):
    fast = make(true_vehicle, seconds=4.0, rate_hz=200, name="fast")
    result = assess([lively, fast], [true_vehicle])
    assert [flight.windows for flight in result.flights] == [25, 9]
    assert result.models[1].errors["position_m"].rmse[-1] < 2e-4
