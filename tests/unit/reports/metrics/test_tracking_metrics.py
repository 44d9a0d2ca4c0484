import numpy as np
import pytest

from hil_reports.metrics.catalogue import find
from hil_reports.metrics.windows import NotMeasurable


@pytest.mark.parametrize("late_s", [0.0, 0.113, 0.5, 1.2345])
def test_a_path_flown_late_shows_how_late(made_up_flight, circle, late_s):
    log = made_up_flight(reference=circle(), position=circle(late_s=late_s), duration_s=20)
    assert find("tracking_lag_s")(log) == pytest.approx(late_s, abs=1e-3)


def test_a_lag_beyond_the_search_is_not_reported_as_its_border(made_up_flight, circle):
    log = made_up_flight(reference=circle(), position=circle(late_s=2.0), duration_s=20)
    with pytest.raises(NotMeasurable, match="no delay"):
        find("tracking_lag_s")(log)


def test_a_hover_has_no_lag_to_measure(made_up_flight):
    with pytest.raises(NotMeasurable, match="does not move"):
        find("tracking_lag_s")(made_up_flight())


def test_velocity_error_of_a_still_vehicle_is_the_set_point_speed(made_up_flight):
    log = made_up_flight(reference_velocity=(0.3, 0.4, 0.0))
    assert find("velocity_error_rmse_m_s")(log) == pytest.approx(0.5)


def test_velocity_error_needs_a_set_point_velocity(made_up_flight):
    with pytest.raises(NotMeasurable, match="no set-point velocity recorded"):
        find("velocity_error_rmse_m_s")(made_up_flight())


def test_yaw_error_goes_the_short_way_round(made_up_flight, lean):
    log = made_up_flight(
        quat=lean(yaw=lambda t: np.full_like(t, np.pi - 0.05)),
        columns={"setpoint_yaw_rad": np.full(1000, -np.pi + 0.05)},
    )
    assert find("yaw_error_mean_rad")(log) == pytest.approx(0.1)
