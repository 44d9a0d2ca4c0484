"""Cascaded PID with velocity and acceleration feed-forward, and lags compensated where they are known.

Position: position_loop.py at 100 Hz, which asks for the reference's acceleration T_a early. Attitude: the firmware's
inner structure (inner_loop.py) at 500 Hz with gains placed for this vehicle, and the motors led (actuation.py). With
the poles of gains.py the attitude gain is k_R / k_ω, and the attitude loop's lag is its reciprocal, T_a = k_ω / k_R.

The torque by which drag above the centre of gravity pitches the vehicle back is cancelled as the nominal vehicle
predicts it; that of unequal motors is left to the integral of the rate loop.
"""

import math

from hil.core.frames import rotation_matrix
from hil.core.interfaces import Controller, OuterLoop
from hil.core.types import AttitudeThrust, Setpoint, State, Vec3
from hil.core.vehicle import Vehicle
from hil_controllers.actuation import LeadActuation
from hil_controllers.gains import Gains
from hil_controllers.inner_loop import INNER_RATE_HZ, MOTOR_UNITS, Cascade, InnerGains, InnerLoop
from hil_controllers.passive_torque import PassiveTorque
from hil_controllers.pid_axis import PidGains
from hil_controllers.position_loop import PositionLoop

OUTER_RATE_HZ = 100
TILT_ERROR_MAX_DEG = 35.0
INTEGRAL_SHARE = 0.1  # of 1 / T: the zero of the rate loop, a quarter of the slowest pole


class FeedForwardPosition(OuterLoop):
    """Attitude and thrust that follow position, velocity and acceleration."""

    name = "pid"
    family = "feed-forward"
    rate_hz = OUTER_RATE_HZ

    def __init__(self, vehicle: Vehicle, gains: Gains, *, full_scale_n: float) -> None:
        self._loop = PositionLoop(vehicle, gains, 1.0 / self.rate_hz)
        self._early_s = gains.tilt_rate_1_s / gains.tilt_1_s2
        self._per_thrust = vehicle.mass_kg / (4.0 * full_scale_n)

    def reset(self) -> None:
        """Forget everything."""
        self._loop.reset()

    def act(self, state: State, setpoint: Setpoint) -> AttitudeThrust:
        """Attitude and thrust for the next 10 ms."""
        R = rotation_matrix(state.attitude)
        x, y, z = self._loop.thrust(state, R, setpoint, saturated=False, early_s=self._early_s)
        cos, sin = math.cos(setpoint.yaw), math.sin(setpoint.yaw)
        forward, left = cos * x + sin * y, cos * y - sin * x
        along = max(0.0, x * R[0][2] + y * R[1][2] + z * R[2][2])
        return AttitudeThrust(
            math.atan2(-left, math.hypot(forward, z)),
            math.atan2(forward, z),
            setpoint.yaw,
            self._per_thrust * self._loop.heavier * along,
        )


class Units:
    """Motor units per angular acceleration, and what follows from them for one vehicle."""

    def __init__(self, vehicle: Vehicle, full_scale_n: float) -> None:
        jx, jy, jz = vehicle.inertia_kg_m2
        per_unit_n = full_scale_n / MOTOR_UNITS
        # one unit of roll or pitch is half a unit on each motor; of yaw, a whole one
        self._roll = jx / (per_unit_n * sum(abs(y) for y in vehicle.rotor_y_m) / 2)
        self._pitch = jy / (per_unit_n * sum(abs(x) for x in vehicle.rotor_x_m) / 2)
        self._yaw = jz / (per_unit_n * 4 * vehicle.torque_per_thrust_m)
        self._passive = PassiveTorque(vehicle)

    def placed(self, gains: Gains) -> InnerGains:
        """The firmware's six PIDs with the poles of gains.py."""
        attitude_1_s = gains.tilt_1_s2 / gains.tilt_rate_1_s
        tilt = PidGains(attitude_1_s, output_limit=attitude_1_s * TILT_ERROR_MAX_DEG)
        tilt_rate, heading_rate = math.radians(gains.tilt_rate_1_s), math.radians(gains.heading_rate_1_s)
        integral_1_s = INTEGRAL_SHARE / gains.rotor_lag_s
        return InnerGains(
            roll=tilt,
            pitch=tilt,
            yaw=PidGains(gains.heading_1_s2 / gains.heading_rate_1_s),
            roll_rate=PidGains(self._roll * tilt_rate, self._roll * tilt_rate * integral_1_s),
            pitch_rate=PidGains(self._pitch * tilt_rate, self._pitch * tilt_rate * integral_1_s),
            yaw_rate=PidGains(self._yaw * heading_rate, self._yaw * heading_rate * integral_1_s),
        )

    def against_passive(self, state: State) -> Vec3:
        """Motor units that cancel the nominal vehicle's passive torque."""
        x, y, z = self._passive.acceleration(state.rates, state.velocity, rotation_matrix(state.attitude))
        return (-self._roll * x, -self._pitch * y, -self._yaw * z)


def build(vehicle: Vehicle) -> Controller:
    """The controller for this vehicle."""
    dt_s = 1.0 / INNER_RATE_HZ
    gains = Gains.of(vehicle, dt_s)
    actuation = LeadActuation(vehicle, dt_s, lag_s=gains.rotor_lag_s)
    units = Units(vehicle, actuation.full_scale_n)
    inner = InnerLoop(vehicle, units.placed(gains), actuation, known_units=units.against_passive)
    return Cascade(FeedForwardPosition(vehicle, gains, full_scale_n=actuation.full_scale_n), inner)
