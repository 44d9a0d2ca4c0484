"""The log variables that the flying half keeps up to date, by their full names, in the firmware's units and signs.

Degrees, g, mm; pitch inverted (nose up positive) in `stateEstimate.pitch`, `stabilizer.pitch`, the targets and the
second rate of `stateEstimateZ`. What the firmware has and this has not is not here. `motor.m*req` is after the cap,
unlike the firmware's: our controllers cap. Units and signs: Bitcraze crazyflie-firmware, stabilizer.c.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from hil.core.frames import euler_zyx
from hil.core.quaternion_bits import compress
from hil.core.types import Vec3
from hil.core.vehicle import GRAVITY_M_S2

if TYPE_CHECKING:
    from hil.virtual_crazyflie.flight import FlightStack

_FULL = 65535.0
Values = Mapping[str, Callable[[], float]]


def log_values(flight: FlightStack) -> Values:
    """Every live variable, read when called."""
    parts = (_estimate, _filter, _senses, _controller, _targets, _supervision, _positions)
    return {name: read for part in parts for name, read in part(flight).items()}


def _estimate(flight: FlightStack) -> Values:
    of = flight.estimator
    angles = ("roll", "pitch", "yaw")
    return {
        **_each(_named("stateEstimate.", "x y z"), lambda: of.position),
        **_each(_named("stateEstimate.", "vx vy vz"), lambda: of.velocity),
        **_each(_named("stateEstimate.", "ax ay az"), lambda: of.acceleration, _g),
        **_each(_named("stateEstimate.", "qx qy qz qw"), lambda: of.attitude),
        **_each(_named("stateEstimateZ.", "x y z"), lambda: of.position, _milli),
        **_each(_named("stateEstimateZ.", "vx vy vz"), lambda: of.velocity, _milli),
        **_each(_named("stateEstimateZ.", "ax ay az"), lambda: of.acceleration, _milli),
        **_each(_named("stateEstimateZ.", "rateRoll ratePitch rateYaw"), lambda: _nose_up(flight.imu.rates), _milli),
        "stateEstimateZ.quat": lambda: compress(of.attitude),
        **_each([f"stateEstimate.{angle}" for angle in angles], lambda: _nose_up(euler_zyx(of.attitude)), math.degrees),
        **_each([f"stabilizer.{angle}" for angle in angles], lambda: _nose_up(euler_zyx(of.attitude)), math.degrees),
    }


def _filter(flight: FlightStack) -> Values:
    of = flight.estimator
    return {
        **_each(_named("kalman.state", "X Y Z"), lambda: of.position),
        **_each(_named("kalman.state", "PX PY PZ"), lambda: of.body_velocity),
        **_each(_named("kalman.var", "X Y Z"), lambda: of.variances[0]),
        **_each(_named("kalman.var", "PX PY PZ"), lambda: of.variances[1]),
        **_each(_named("kalman.var", "D0 D1 D2"), lambda: of.variances[2]),
        **_each(_named("kalman.q", "1 2 3 0"), lambda: of.attitude),
    }


def _senses(flight: FlightStack) -> Values:
    imu, power = flight.imu, flight.power
    return {
        **_each(_named("gyro.", "x y z"), lambda: imu.rates, math.degrees),
        **_each(_named("acc.", "x y z"), lambda: imu.acceleration, _g),
        "pm.vbat": lambda: power.volts,
        "pm.vbatMV": lambda: _milli(power.volts),
        "pm.state": lambda: power.state,
    }


def _controller(flight: FlightStack) -> Values:
    pid = flight.onboard.pid
    return {
        **_each(_named("motor.", "m1 m2 m3 m4"), lambda: flight.motors, _units),
        **_each(_named("motor.", "m1req m2req m3req m4req"), lambda: flight.motors, _units),
        "stabilizer.thrust": lambda: _FULL * sum(flight.motors) / 4.0,
        "controller.actuatorThrust": lambda: _FULL * pid.asked.thrust,
        "controller.cmd_thrust": lambda: _FULL * pid.asked.thrust,
        **_each(_named("controller.", "roll pitch yaw"), lambda: _nose_up(pid.asked[:3]), math.degrees),
    }


def _targets(flight: FlightStack) -> Values:
    return {
        **_each(_named("ctrltarget.", "x y z"), lambda: flight.wanted.position),
        **_each(_named("ctrltarget.", "vx vy vz"), lambda: flight.wanted.velocity),
        **_each(_named("ctrltarget.", "ax ay az"), lambda: flight.wanted.acceleration),
        **_each(_named("ctrltargetZ.", "x y z"), lambda: flight.wanted.position, _milli),
        **_each(_named("ctrltargetZ.", "vx vy vz"), lambda: flight.wanted.velocity, _milli),
        **_each(_named("ctrltargetZ.", "ax ay az"), lambda: flight.wanted.acceleration, _milli),
        **_each(_named("ctrltarget.mode_", "x y z roll pitch yaw quat"), lambda: flight.wanted[:7]),
        **_each(_named("ctrltarget.", "roll pitch"), lambda: _nose_up(flight.wanted.attitude), math.degrees),
        "ctrltarget.yaw": lambda: math.degrees(flight.wanted.rates[2]),  # a rate, whatever its name
        "ctrltarget.thrust": lambda: _FULL * flight.wanted.thrust,
    }


def _supervision(flight: FlightStack) -> Values:
    supervisor = flight.supervisor
    return {
        "supervisor.info": lambda: supervisor.word,
        "supervisor.accNorm": lambda: math.hypot(*flight.imu.acceleration) / GRAVITY_M_S2,
        "sys.canfly": lambda: supervisor.may_fly,
        "sys.isFlying": lambda: supervisor.is_flying,
        "sys.isTumbled": lambda: supervisor.is_tumbled,
    }


def _positions(flight: FlightStack) -> Values:
    told = flight.localization
    return {
        **_each(_named("locSrv.", "x y z"), lambda: told.position),
        **_each(_named("locSrv.", "qx qy qz qw"), lambda: told.attitude),
        **_each(_named("ext_pos.", "X Y Z"), lambda: told.position),
    }


def _named(group: str, names: str) -> list[str]:
    return [group + name for name in names.split()]


def _each(
    names: Iterable[str], read: Callable[[], Sequence[float]], convert: Callable[[float], float] = float
) -> Values:
    """A variable per component of what is read."""

    def component(k: int) -> Callable[[], float]:
        return lambda: convert(read()[k])

    return {name: component(k) for k, name in enumerate(names)}


def _nose_up(angles: Sequence[float]) -> Vec3:
    return (angles[0], -angles[1], angles[2])


def _milli(value: float) -> float:
    return round(1e3 * value) if math.isfinite(value) else 0


def _units(fraction: float) -> float:
    return round(_FULL * fraction)


def _g(acceleration: float) -> float:
    return acceleration / GRAVITY_M_S2
