"""What keeps a vehicle on the floor: every finding alone, and none for one that is fit to fly."""

import math

import pytest

from hil.limits import on_vehicle
from hil.readiness import Readiness, preflight_findings
from hil.scenario.model import Safety

LIMITS = on_vehicle(Safety(geofence_m=(1.0, 2.0, 3.0)))
FIT = {
    "self_test_passed": True,
    "supervisor": 0x20E,  # what a Crazyflie 2.1 says when it waits on the floor
    "battery_v": 4.1,
    "position_m": (0.5, -1.5, 0.02),
    "tilt_deg": 2.0,
    "position_std_m": 0.01,
    "moved_m": 0.005,
    "latency_s": 0.008,
    "loss_share": 0.01,
}


def found(*, duration_s=10.0, **changed):
    return preflight_findings(Readiness(**FIT | changed), LIMITS, duration_s=duration_s)


@pytest.mark.parametrize("word", [0x20E, 0x201, 0x20A])  # armed by itself; brushless: may be armed, is armed
def test_a_fit_vehicle_may_take_off(word):
    assert found(supervisor=word) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"self_test_passed": False}, "self-test failed"),
        ({"self_test_passed": None}, "self-test was not reported"),
        ({"supervisor": None}, "does not say whether it may fly"),
        ({"supervisor": 0x244}, "locked"),
        ({"supervisor": 0x2A4}, "crashed"),
        ({"supervisor": 0x224}, "on its side or back"),
        ({"supervisor": 0x31E}, "flying already"),
        ({"supervisor": 0xA0E}, "fault of a deck"),
        ({"supervisor": 0x200}, "cannot be armed"),
        ({"battery_v": 3.7}, "battery at 3.70 V, 3.83 V needed"),
        ({"battery_v": math.nan}, "battery at nan V"),
        ({"battery_v": None}, "voltage is not known"),
        ({"position_m": None}, "does not know where it is"),
        ({"position_m": (0.0, math.nan, 0.0)}, "does not know where it is"),
        ({"position_m": (1.2, 0.0, 0.0)}, "outside the geofence"),
        ({"position_m": (0.0, -2.2, 0.0)}, "outside the geofence"),
        ({"position_m": (0.0, 0.0, 3.1)}, "outside the geofence"),
        ({"tilt_deg": 30.0}, "tilt on the floor is 30°"),
        ({"tilt_deg": None}, "tilt on the floor is not known"),
        ({"position_std_m": 0.2}, "doubt is 200 mm"),
        ({"position_std_m": math.nan}, "doubt is nan"),
        ({"position_std_m": None}, "doubt is not known"),
        ({"moved_m": 0.3}, "moved 300 mm"),
        ({"moved_m": None}, "moved nobody knows how far"),
        ({"latency_s": 0.5}, "latency is 500 ms"),
        ({"latency_s": None}, "latency is not known"),
        ({"loss_share": 0.4}, "loses 40 %"),
        ({"loss_share": None}, "loses an unknown share"),
    ],
)
def test_each_fault_alone_keeps_it_on_the_floor_and_says_what_to_do(changed, said):
    (finding,) = found(**changed)
    assert said in finding.text
    assert finding.hint


def test_a_longer_flight_needs_a_fuller_battery():
    assert found(battery_v=3.9, duration_s=10.0) == []
    assert found(battery_v=3.9, duration_s=60.0) != []
