"""The thrust a vehicle needs to follow a reference, per unit mass: PID with feed-forward, within what can be flown.

    a = a_ref + k_p e_p + k_v e_v + k_i ∫e_p + R D Rᵀ v           f = a + g ẑ

after Lee, Leok, McClamroch 2010, "Geometric tracking control of a quadrotor UAV on SE(3)", eq. 12, with the nominal
drag D taken back and an integral. The vertical integral says how much heavier the vehicle is, or how much weaker its
rotors, than nominal, so it scales the thrust and leaves its direction alone.
"""

import math

from hil.core.frames import Matrix3
from hil.core.types import ZERO3, Setpoint, State, Vec3
from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil_controllers.gains import Gains
from hil_controllers.limits import clip, within

POSITION_ERROR_MAX_M = 0.5
LATERAL_FEEDBACK_MAX_M_S2 = 5.0
SINK_MAX_M_S2 = 0.38 * GRAVITY_M_S2  # with less thrust the rotors are too slow to turn the vehicle
CLIMB_MAX_M_S2 = 5.0
TILT_MAX_RAD = 0.9
LATERAL_INTEGRAL_MAX_M_S2 = 1.5
HEAVIER_MAX = 0.3
THRUST_SHARE_MAX = 0.97  # of full thrust for going up: the rest tilts
JERK_LAG_S = 0.02


class PositionLoop:
    """Position feedback of one flight: an integral, and the slope of the reference's acceleration."""

    def __init__(self, vehicle: Vehicle, gains: Gains, dt_s: float) -> None:
        self._gains, self._dt_s, self._drag = gains, dt_s, vehicle.drag_1_s
        self._most = 4 * vehicle.thrust(vehicle.full_motor()) / vehicle.mass_kg
        self._jerk_share = 1.0 - math.exp(-dt_s / JERK_LAG_S)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._pushed = (0.0, 0.0)  # lateral integral, m/s²
        self.heavier = 1.0  # thrust needed over nominal
        self.jerk: Vec3 = ZERO3  # of the reference, with the drag's share, world, m/s³
        self._smooth: Vec3 | None = None

    def thrust(
        self, state: State, R_world_body: Matrix3, setpoint: Setpoint, *, saturated: bool, ahead_s: float = 0.0,
        early_s: float = 0.0,
    ) -> Vec3:  # fmt: skip
        """Wanted thrust over nominal mass before `heavier`, world, m/s².

        `state` is that of `ahead_s` after the set-point. The reference's acceleration is asked for `early_s` early.
        """
        gains = self._gains
        ux, uy, uz = setpoint.velocity or ZERO3
        ax, ay, az = self._early(setpoint.acceleration or ZERO3, early_s)
        (sx, sy, sz), (px, py, pz), (vx, vy, vz) = setpoint.position, state.position, state.velocity
        off_x, off_y, off_z = sx + ux * ahead_s - px, sy + uy * ahead_s - py, sz + uz * ahead_s - pz
        ex, ey = within(off_x, off_y, POSITION_ERROR_MAX_M)
        ez = clip(off_z, POSITION_ERROR_MAX_M)
        if not saturated and (ex, ey, ez) == (off_x, off_y, off_z):
            self._integrate(ex, ey, ez)
        kp, kv = gains.position_1_s2, gains.velocity_1_s
        fx, fy = within(kp * ex + kv * (ux - vx), kp * ey + kv * (uy - vy), LATERAL_FEEDBACK_MAX_M_S2)
        wx, wy, wz = self._against_drag(state.velocity, R_world_body)
        up = min(CLIMB_MAX_M_S2, max(-SINK_MAX_M_S2, az + kp * ez + kv * (uz - vz))) + wz + GRAVITY_M_S2
        most = self._most / self.heavier
        up = min(THRUST_SHARE_MAX * most, max(GRAVITY_M_S2 - SINK_MAX_M_S2, up))
        lateral = min(up * math.tan(TILT_MAX_RAD), math.sqrt(max(0.0, most * most - up * up)))
        x, y = within(ax + fx + self._pushed[0] + wx, ay + fy + self._pushed[1] + wy, lateral)
        return (x, y, up)

    def _integrate(self, ex: float, ey: float, ez: float) -> None:
        step = self._gains.integral_1_s3 * self._dt_s
        x, y = self._pushed
        self._pushed = within(x + step * ex, y + step * ey, LATERAL_INTEGRAL_MAX_M_S2)
        self.heavier = 1.0 + clip(self.heavier - 1.0 + step * ez / GRAVITY_M_S2, HEAVIER_MAX)

    def _early(self, acceleration: Vec3, early_s: float) -> Vec3:
        """The reference's acceleration `early_s` ahead, by its slope."""
        ax, ay, az = acceleration
        sx, sy, sz = self._smooth or acceleration
        share = self._jerk_share
        dx, dy, dz = share * (ax - sx), share * (ay - sy), share * (az - sz)
        self._smooth = (sx + dx, sy + dy, sz + dz)
        (kx, ky, _), per_s = self._drag, 1.0 / self._dt_s
        jx, jy, jz = self.jerk = (dx * per_s + kx * ax, dy * per_s + ky * ay, dz * per_s)
        return (ax + jx * early_s, ay + jy * early_s, az + jz * early_s)

    def _against_drag(self, velocity: Vec3, R_world_body: Matrix3) -> Vec3:
        """Acceleration that undoes the nominal drag, world, m/s²: R D Rᵀ v."""
        dx, dy, dz = self._drag
        (r11, r12, r13), (r21, r22, r23), (r31, r32, r33) = R_world_body
        vx, vy, vz = velocity
        bx = dx * (r11 * vx + r21 * vy + r31 * vz)
        by = dy * (r12 * vx + r22 * vy + r32 * vz)
        bz = dz * (r13 * vx + r23 * vy + r33 * vz)
        return (r11 * bx + r12 * by + r13 * bz, r21 * bx + r22 * by + r23 * bz, r31 * bx + r32 * by + r33 * bz)
