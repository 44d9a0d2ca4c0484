import math

import pytest

from hil.core.breach import Breach, Reaction
from hil.core.frames import quat_from_euler
from hil.core.types import LEVEL, ZERO3, Sample, Setpoint, State
from hil.safety import SafetyMonitor
from hil.scenario.model import Safety

LIMITS = Safety(geofence_m=(1.0, 2.0, 3.0), tilt_deg=60.0)


def at(position, *, attitude=LEVEL, wanted=(0.0, 0.0, 1.0)):
    return Sample(0, 0.0, Setpoint(wanted), State(position, ZERO3, attitude, ZERO3), None)


@pytest.mark.parametrize(
    "position", [(0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (-1.0, -2.0, 1.0), (0.0, 2.0, 3.0), (0.0, 0.0, 0.0)]
)
def test_inside_the_limits_nothing_is_said(position):
    assert SafetyMonitor(LIMITS).violation(at(position)) is None


@pytest.mark.parametrize(
    ("position", "said"),
    [
        ((1.01, 0.0, 1.0), "x = +1.01 m, allowed ±1 m"),
        ((-1.01, 0.0, 1.0), "x = -1.01 m"),
        ((0.0, 2.01, 1.0), "y = +2.01 m"),
        ((0.0, 0.0, 3.01), "z = 3.01 m, allowed up to 3 m"),
        ((math.nan, 0.0, 1.0), "not finite"),
        ((0.0, math.inf, 1.0), "not finite"),
    ],
)
def test_each_limit_ends_the_flight_and_says_which(position, said):
    assert said in SafetyMonitor(LIMITS).violation(at(position)).reason


def test_too_much_tilt_ends_a_flight_in_the_air_only():
    tilted = quat_from_euler(math.radians(61), 0.0, 0.0)
    assert "tilted 61°" in SafetyMonitor(LIMITS).violation(at((0.0, 0.0, 1.0), attitude=tilted)).reason
    assert SafetyMonitor(LIMITS).violation(at((0.0, 0.0, 0.0), attitude=tilted)) is None
    nearly = quat_from_euler(math.radians(59), 0.0, 0.0)
    assert SafetyMonitor(LIMITS).violation(at((0.0, 0.0, 1.0), attitude=nearly)) is None


def test_touching_the_ground_is_a_crash_only_after_flying_and_when_told_to_fly():
    monitor = SafetyMonitor(LIMITS)
    assert monitor.violation(at((0.0, 0.0, 0.0))) is None
    assert monitor.violation(at((0.0, 0.0, 0.5))) is None
    assert monitor.violation(at((0.0, 0.0, 0.0))) == Breach("hit the ground", Reaction.STOP)
    landing = SafetyMonitor(LIMITS)
    landing.violation(at((0.0, 0.0, 0.5)))
    assert landing.violation(at((0.0, 0.0, 0.0), wanted=ZERO3)) is None


def test_staying_on_the_ground_when_told_to_fly_is_no_flight():
    monitor = SafetyMonitor(LIMITS)
    monitor.violation(at((0.0, 0.0, 0.0)))
    assert monitor.never_flew() == "never took off"
    monitor.violation(at((0.0, 0.0, 0.5)))
    assert monitor.never_flew() is None
