"""The real recordings this reader was written for; skipped where they are not."""

import numpy as np
import pytest

from hil.core.frames import euler_zyx
from hil.flights.reader import read_flight


@pytest.fixture(scope="module")
def flights(public_flights):
    return {name: read_flight(path) for name, path in public_flights.items()}


def published_rmse_m(log):
    """The data set's own definition: 3-D, over the rows from the first to the last |set-point| > 0.05 m."""
    there = np.flatnonzero(np.linalg.norm(log.reference, axis=1) > 0.05)
    rows = slice(there[0], there[-1] + 1)
    return float(np.sqrt(np.mean(np.sum((log.position[rows] - log.reference[rows]) ** 2, axis=1))))


def test_every_recording_can_be_read(flights):
    for name, flight in flights.items():
        assert len(flight.log) > 1000, name
        assert 0 <= flight.judge_from_s < flight.judge_to_s <= flight.task_duration_s, name
        assert flight.log.info.rate_hz == 100.0, name


def test_only_the_one_that_never_takes_off_aborts(flights):
    aborted = {name: flight.log.aborted.text for name, flight in flights.items() if flight.log.aborted}
    assert set(aborted) == {"B6_linear_ramp_rep1"} & set(flights)
    assert all("never took off" in text for text in aborted.values())


def test_controllers_are_told_apart(flights):
    for name, flight in flights.items():
        assert flight.controller == ("mellinger" if name.startswith("mellinger") else "pid"), name


@pytest.mark.parametrize(
    ("name", "rmse_m"),
    [
        ("pid_B9_trefoil_slow_rep1", 0.290),
        ("pid_B9_trefoil_medium_rep1", 0.272),
        ("B2_circle_slow_rep1", 0.29465),
        ("B3_figure8_slow_rep1", 0.28277),
    ],
)
def test_the_published_error_comes_out(flights, name, rmse_m):
    if name not in flights:
        pytest.skip(f"{name}.csv is not in HIL_FLIGHTS")
    assert published_rmse_m(flights[name].log) == pytest.approx(rmse_m, abs=5e-4)


def test_on_board_attitude_agrees_with_motion_capture_without_any_sign_change(flights):
    for name, flight in flights.items():
        if flight.log.aborted:
            continue
        rows = flight.log.judged()
        true = np.array([euler_zyx(q) for q in flight.log.attitude[rows]])
        seen = np.array([euler_zyx(q) for q in flight.log.stack(*(f"estimate_quat_{a}" for a in "xyzw"))[rows]])
        assert np.corrcoef(true[:, 1], seen[:, 1])[0, 1] > 0.7, name
        assert np.degrees(np.median(np.abs(true - seen))) < 3, name


def test_the_vehicle_lags_the_set_point_by_about_half_a_second(flights):
    if "B2_circle_medium_rep1" not in flights:
        pytest.skip("B2_circle_medium_rep1.csv is not in HIL_FLIGHTS")
    flight = flights["B2_circle_medium_rep1"]
    rows = np.flatnonzero(flight.log.judged())
    errors = [
        np.mean(np.linalg.norm((flight.log.position[rows] - flight.log.reference[rows - shift])[:, :2], axis=1))
        for shift in range(100)
    ]
    assert 0.4 < np.argmin(errors) / 100 < 0.7


def test_battery_under_load_is_that_of_one_cell_in_use(flights):
    for name, flight in flights.items():
        assert 2.9 < flight.battery_hover_v < 3.9, name
