"""The limits of a flight with a vehicle: the stricter of scenario and site, defaults where neither states one."""

import pytest

from hil.limits import SiteLimits, on_vehicle
from hil.scenario.model import Safety

STATED = {
    "speed_m_s": 2.0,
    "tracking_error_m": 0.5,
    "log_age_s": 0.3,
    "battery_v": 3.4,
    "tilt_deg": 40.0,
}


def test_on_a_vehicle_no_limit_is_left_open():
    assert None not in on_vehicle(Safety()).model_dump().values()


def test_where_neither_scenario_nor_site_states_a_limit_the_default_counts():
    limits = on_vehicle(Safety())
    assert (limits.speed_m_s, limits.tracking_error_m, limits.log_age_s, limits.battery_v) == (3.0, 1.0, 0.5, 3.2)


@pytest.mark.parametrize(("key", "value"), STATED.items())
def test_a_limit_stated_by_one_alone_counts_even_where_it_is_laxer_than_the_default(key, value):
    lax = value * 4 if key != "battery_v" else 2.6
    assert getattr(on_vehicle(Safety(**{key: lax})), key) == lax
    if key != "tilt_deg":  # a scenario always states that one
        assert getattr(on_vehicle(Safety(), SiteLimits(**{key: lax})), key) == lax


@pytest.mark.parametrize(("key", "value"), STATED.items())
def test_of_two_the_stricter_counts(key, value):
    laxer = value * 2 if key != "battery_v" else value - 0.5
    assert getattr(on_vehicle(Safety(**{key: value}), SiteLimits(**{key: laxer})), key) == value
    assert getattr(on_vehicle(Safety(**{key: laxer}), SiteLimits(**{key: value})), key) == value


def test_of_two_geofences_the_stricter_counts_axis_by_axis():
    site = SiteLimits(geofence_m=(1.0, 3.0, 2.0))
    assert on_vehicle(Safety(geofence_m=(2.0, 2.0, 2.5)), site).geofence_m == (1.0, 2.0, 2.0)
