import math

import pytest

from hil.core.breach import Breach, Reaction
from hil.core.frames import quat_from_euler
from hil.core.types import LEVEL, ZERO3, Sample, Setpoint, State
from hil.limits import on_vehicle
from hil.safety import SafetyMonitor, battery_low, log_silent, supervisor_breach
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


def moving(velocity, position=(0.0, 0.0, 1.0), *, t_s=0.0, wanted=(0.0, 0.0, 1.0)):
    return Sample(0, t_s, Setpoint(wanted), State(position, velocity, LEVEL, ZERO3), None)


def test_speed_is_watched_where_a_limit_is_set_and_lands_the_vehicle():
    fast = moving((1.5, 0.0, 1.5))
    assert SafetyMonitor(LIMITS).violation(fast) is None
    limited = LIMITS.model_copy(update={"speed_m_s": 2.0})
    assert SafetyMonitor(limited).violation(fast) == Breach("flew 2.12 m/s, allowed 2 m/s", Reaction.LAND)
    assert SafetyMonitor(limited).violation(moving((1.0, 1.0, 1.0))) is None
    assert SafetyMonitor(limited).violation(moving((math.nan, 0.0, 0.0))).reaction is Reaction.LAND


def test_distance_from_the_setpoint_is_watched_from_the_start_of_the_task_on():
    limits = LIMITS.model_copy(update={"tracking_error_m": 0.5})
    away = moving(ZERO3, (0.6, 0.0, 1.0), t_s=0.0)
    assert SafetyMonitor(LIMITS).violation(away) is None
    assert SafetyMonitor(limits).violation(away._replace(t_s=-0.01)) is None
    assert SafetyMonitor(limits).violation(away) == Breach("0.60 m from the set-point, allowed 0.5 m", Reaction.LAND)
    assert SafetyMonitor(limits).violation(moving(ZERO3, (0.4, 0.0, 1.0))) is None


def test_what_is_already_done_about_a_breach_is_not_asked_for_again_but_worse_is():
    monitor = SafetyMonitor(LIMITS)
    outside = at((1.5, 0.0, 1.0))
    assert monitor.violation(outside).reaction is Reaction.HOLD
    assert monitor.violation(outside, already=Reaction.HOLD) is None
    tumbling = at((1.5, 0.0, 1.0), attitude=quat_from_euler(math.radians(90), 0.0, 0.0))
    assert monitor.violation(tumbling, already=Reaction.HOLD).reaction is Reaction.STOP


def test_a_silent_link_is_a_breach_once_it_is_older_than_allowed():
    limits = on_vehicle(Safety())
    assert log_silent(limits, 0.5) is None
    assert log_silent(limits, 0.51) == Breach("nothing heard for 0.51 s, allowed 0.5 s", Reaction.HOLD)
    assert log_silent(Safety(), 100.0) is None


def test_a_low_battery_lands_the_vehicle():
    limits = on_vehicle(Safety())
    assert battery_low(limits, 3.2) is None
    assert battery_low(limits, 3.19).reaction is Reaction.LAND
    assert battery_low(Safety(), 1.0) is None


@pytest.mark.parametrize(
    ("word", "airborne", "reaction"),
    [
        (0x20E, False, None),  # waits on the floor
        (0x11E, True, None),  # flies by high-level commands
        (0x31A, True, None),  # brushless, hovers
        (0x201, False, None),  # brushless, on the floor
        (0x201, True, Reaction.STOP),  # disarmed in the air
        (0x244, True, Reaction.STOP),  # locked
        (0x244, False, Reaction.STOP),
        (0x2A4, True, Reaction.STOP),  # tumbled and crashed
        (0x91E, True, Reaction.LAND),  # a deck's fault
    ],
)
def test_a_vehicle_that_gave_up_by_itself_is_believed(word, airborne, reaction):
    breach = supervisor_breach(word, airborne)
    assert (breach and breach.reaction) == reaction
