"""Attitude and thrust to motors, in the structure of the Crazyflie firmware: two PIDs per axis at 500 Hz.

    attitude error, deg → PID → rate wanted, deg/s → PID → motor units (65535 = full scale), as int16

Roll and pitch units are halved and added to each motor on the side that rises; yaw units go in full. Degrees and motor
units are the firmware's, so that its published gains can be read here unchanged; outside it is rad and fractions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from hil.core.frames import euler_zyx, wrap_angle
from hil.core.interfaces import Controller, OuterLoop
from hil.core.types import ZERO3, AttitudeThrust, Command, Setpoint, State, Vec3, Vec4
from hil.core.vehicle import Vehicle
from hil_controllers.actuation import Actuation
from hil_controllers.limits import clip
from hil_controllers.pid_axis import PidAxis, PidGains

INNER_RATE_HZ = 500
MOTOR_UNITS = 65535.0
TORQUE_UNITS_MAX = 32767.0  # int16


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerGains:
    """Six PIDs: attitude in deg → deg/s, rates in deg/s → motor units."""

    roll: PidGains
    pitch: PidGains
    yaw: PidGains
    roll_rate: PidGains
    pitch_rate: PidGains
    yaw_rate: PidGains


# Bitcraze crazyflie-firmware, platform_defaults_cf2.h
FIRMWARE_GAINS = InnerGains(
    roll=PidGains(6.0, 3.0, 0.0, 20.0),
    pitch=PidGains(6.0, 3.0, 0.0, 20.0),
    yaw=PidGains(6.0, 1.0, 0.35, 360.0),
    roll_rate=PidGains(250.0, 500.0, 2.5, 33.3),
    pitch_rate=PidGains(250.0, 500.0, 2.5, 33.3),
    yaw_rate=PidGains(120.0, 16.7, 0.0, 166.7),
)


class InnerLoop:
    """Attitude and rate PIDs and the motor mix of one vehicle; `known_units` is torque it is known to need, added."""

    rate_hz = INNER_RATE_HZ

    def __init__(
        self,
        vehicle: Vehicle,
        gains: InnerGains,
        actuation: Actuation,
        *,
        known_units: Callable[[State], Vec3] = lambda _: ZERO3,
    ) -> None:
        dt_s = 1.0 / self.rate_hz
        self._roll, self._pitch, self._yaw = (PidAxis(g, dt_s) for g in (gains.roll, gains.pitch, gains.yaw))
        self._roll_rate = PidAxis(gains.roll_rate, dt_s)
        self._pitch_rate = PidAxis(gains.pitch_rate, dt_s)
        self._yaw_rate = PidAxis(gains.yaw_rate, dt_s)
        self._actuation, self._known_units = actuation, known_units
        self._roll_signs = [math.copysign(0.5, y) for y in vehicle.rotor_y_m]
        self._pitch_signs = [math.copysign(0.5, -x) for x in vehicle.rotor_x_m]
        self._yaw_signs = vehicle.rotor_torque_sign

    def reset(self) -> None:
        """Forget everything."""
        for axis in (self._roll, self._pitch, self._yaw, self._roll_rate, self._pitch_rate, self._yaw_rate):
            axis.reset()
        self._actuation.reset()

    def act(self, state: State, wanted: AttitudeThrust, yaw_rate: float = 0.0) -> Command:
        """Command for the next 2 ms; `yaw_rate`, rad/s, is fed forward."""
        torques = self._torque_units(state, wanted, yaw_rate)
        return self._actuation.command(self._mixed(wanted.thrust, torques))

    def _torque_units(self, state: State, wanted: AttitudeThrust, yaw_rate: float) -> Vec3:
        deg = math.degrees
        roll, pitch, yaw = euler_zyx(state.attitude)
        p, q, r = deg(state.rates[0]), deg(state.rates[1]), deg(state.rates[2])
        roll_rate = self._roll.step(deg(wanted.roll - roll), deg(roll))
        pitch_rate = self._pitch.step(deg(wanted.pitch - pitch), deg(pitch))
        turn_rate = self._yaw.step(deg(wrap_angle(wanted.yaw - yaw)), deg(yaw)) + deg(yaw_rate)
        known = self._known_units(state)
        return (
            clip(known[0] + self._roll_rate.step(roll_rate - p, p), TORQUE_UNITS_MAX),
            clip(known[1] + self._pitch_rate.step(pitch_rate - q, q), TORQUE_UNITS_MAX),
            clip(known[2] + self._yaw_rate.step(turn_rate - r, r), TORQUE_UNITS_MAX),
        )

    def _mixed(self, thrust: float, torques: Vec3) -> Vec4:
        roll, pitch, yaw = (units / MOTOR_UNITS for units in torques)
        f1, f2, f3, f4 = (
            thrust + a * roll + b * pitch + c * yaw
            for a, b, c in zip(self._roll_signs, self._pitch_signs, self._yaw_signs, strict=True)
        )
        return (f1, f2, f3, f4)


class Cascade(Controller):
    """An outer loop with an inner loop behind it: what makes an `AttitudeThrust` fly."""

    def __init__(self, outer: OuterLoop, inner: InnerLoop) -> None:
        if inner.rate_hz % outer.rate_hz:
            raise ValueError(f"outer loop at {outer.rate_hz} Hz does not divide the inner {inner.rate_hz} Hz")
        self.name, self.family, self.rate_hz = outer.name, outer.family, inner.rate_hz
        self._outer, self._inner = outer, inner
        self._every = inner.rate_hz // outer.rate_hz
        self.reset()

    def reset(self) -> None:
        """Forget everything, in both loops."""
        self._outer.reset()
        self._inner.reset()
        self._tick = 0
        self._wanted = AttitudeThrust(0.0, 0.0, 0.0, 0.0)

    def act(self, state: State, setpoint: Setpoint) -> Command:
        """Command for the next 2 ms; the outer loop decides anew every 1 / its rate."""
        if self._tick % self._every == 0:
            self._wanted = self._outer.act(state, setpoint)
        self._tick += 1
        return self._inner.act(state, self._wanted, setpoint.yaw_rate)
