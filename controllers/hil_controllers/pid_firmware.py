"""The structure, rates and gains of the Crazyflie firmware's PID on position set-points: a model of it, not a copy.

Position error → PID → velocity wanted → PID → pitch and roll wanted, and thrust, at 100 Hz in the yaw-aligned frame;
then inner_loop.py at 500 Hz. Set-point velocity and acceleration are ignored, as the firmware does in position mode,
so a moving set-point is followed late: with a velocity v the position error settles near v / k_p = v / 2, and the drag
that the velocity loop has to carry adds about a tenth. That lag is the point of this controller.

Gains: Bitcraze crazyflie-firmware, platform_defaults_cf2.h. Signs are of our FLU frame; the firmware's pitch is
inverted. The firmware's 20 Hz filters act on derivative terms whose gains are 0, and are left out.
"""

import math

from hil.core.frames import euler_zyx
from hil.core.interfaces import Controller, OuterLoop
from hil.core.types import AttitudeThrust, Setpoint, State, Vec3
from hil.core.vehicle import Vehicle
from hil_controllers.actuation import FirmwareActuation
from hil_controllers.inner_loop import FIRMWARE_GAINS, INNER_RATE_HZ, MOTOR_UNITS, Cascade, InnerLoop
from hil_controllers.pid_axis import PidAxis, PidGains

POSITION_RATE_HZ = 100
VELOCITY_MAX_M_S = 1.0 * 1.1  # the firmware's overhead factor
TILT_MAX_DEG = 20.0
POSITION_XY = PidGains(2.0, 0.0, 0.0, output_limit=VELOCITY_MAX_M_S)
POSITION_Z = PidGains(2.0, 0.5, 0.0, output_limit=VELOCITY_MAX_M_S)
VELOCITY_XY = PidGains(25.0, 1.0, 0.0, output_limit=TILT_MAX_DEG * 1.1)  # m/s → deg
THRUST_SCALE = 1000.0
VELOCITY_Z = PidGains(25.0, 15.0, 0.0, output_limit=32767.0 / THRUST_SCALE)
THRUST_BASE = 36000.0
THRUST_MIN = 20000.0


class FirmwarePosition(OuterLoop):
    """Position and velocity PIDs, begun as if hovering: a flight starts in the air, where the firmware's climb
    integral has long settled at what hovering takes.
    """

    name = "pid-firmware"
    family = "position-only"
    rate_hz = POSITION_RATE_HZ

    def __init__(self, hover_fraction: float, *, position_xy: PidGains = POSITION_XY) -> None:
        dt_s = 1.0 / self.rate_hz
        climb = (hover_fraction * MOTOR_UNITS - THRUST_BASE) / THRUST_SCALE
        self._x, self._y, self._z = (PidAxis(g, dt_s) for g in (position_xy, position_xy, POSITION_Z))
        self._vx, self._vy = PidAxis(VELOCITY_XY, dt_s), PidAxis(VELOCITY_XY, dt_s)
        self._vz = PidAxis(VELOCITY_Z, dt_s, output_at_rest=climb)

    def reset(self) -> None:
        """Forget everything."""
        for axis in (self._x, self._y, self._z, self._vx, self._vy, self._vz):
            axis.reset()

    def act(self, state: State, setpoint: Setpoint) -> AttitudeThrust:
        """Attitude and thrust for the next 10 ms."""
        return self.attitude(state, self.velocity(state, setpoint.position), setpoint.yaw)

    def velocity(self, state: State, position: Vec3) -> Vec3:
        """Velocity wanted to get to a position (world, m): forward, left and up of the vehicle's heading, m/s."""
        yaw = euler_zyx(state.attitude)[2]
        cos, sin = math.cos(yaw), math.sin(yaw)
        (px, py, pz), (sx, sy, sz) = state.position, position
        ex, ey = sx - px, sy - py
        return (
            self._x.step(cos * ex + sin * ey, cos * px + sin * py),
            self._y.step(cos * ey - sin * ex, cos * py - sin * px),
            self._z.step(sz - pz, pz),
        )

    def attitude(self, state: State, wanted: Vec3, yaw_wanted: float) -> AttitudeThrust:
        """Attitude and thrust that bring about this velocity, forward, left and up, m/s."""
        yaw = euler_zyx(state.attitude)[2]
        cos, sin = math.cos(yaw), math.sin(yaw)
        (vx, vy, vz), (wanted_x, wanted_y, wanted_z) = state.velocity, wanted
        forward_m_s, left_m_s = cos * vx + sin * vy, cos * vy - sin * vx
        pitch_deg = self._vx.step(wanted_x - forward_m_s, forward_m_s)
        roll_deg = -self._vy.step(wanted_y - left_m_s, left_m_s)
        units = THRUST_BASE + THRUST_SCALE * self._vz.step(wanted_z - vz, vz)
        return AttitudeThrust(
            math.radians(min(TILT_MAX_DEG, max(-TILT_MAX_DEG, roll_deg))),
            math.radians(min(TILT_MAX_DEG, max(-TILT_MAX_DEG, pitch_deg))),
            yaw_wanted,
            min(MOTOR_UNITS, max(THRUST_MIN, units)) / MOTOR_UNITS,
        )


def build(vehicle: Vehicle) -> Controller:
    """The controller for this vehicle."""
    actuation = FirmwareActuation(vehicle, 1.0 / INNER_RATE_HZ)
    return Cascade(FirmwarePosition(actuation.hover_fraction), InnerLoop(vehicle, FIRMWARE_GAINS, actuation))
