"""What the firmware believes of its own motion: integrated measurements, corrected where positions come in.

Every millisecond the gyro turns the attitude and the accelerometer moves velocity and position. As in the firmware's
Kalman filter (Mueller, Hamer, D'Andrea 2015, "Fusing ultra-wideband range measurements with accelerometers and rate
gyroscopes for quadrocopter state estimation"), in flight only the thrust axis of the accelerometer is used: drag is
neglected, so that tilt and velocity err with speed, as recorded. On the ground all three axes count.

Every 10 ms errors are predicted, per world axis as position, velocity and the acceleration that a wrong tilt makes; a
measured position corrects all three, the last by turning the attitude, δ = (−a_y, a_x) / g. Yaw is a filter of its own.
Without measurements the variances grow, and the estimate drifts by what the senses get wrong.
"""

import math
from collections.abc import Mapping

from hil.core.frames import euler_zyx, quat_from_euler, rotation_matrix, wrap_angle
from hil.core.types import ZERO3, Quat, State, Vec3
from hil.core.vehicle import GRAVITY_M_S2
from hil.virtual_crazyflie.body import STEP_S
from hil.virtual_crazyflie.positioning import Fix

PREDICT_MS = 10
INITIAL_STD = (100.0, 0.01, 0.1)  # m, m/s, m/s²: position unknown, standing, level within 0.6°
INITIAL_YAW_STD_RAD = 1.0
VELOCITY_WALK = 0.015  # m/s per √s
TILT_WALK = 0.03  # m/s² per √s: of the acceleration that a wrong tilt makes
YAW_WALK = 0.01  # rad per √s
POSITION_STD_MAX_M = 100.0


class ErrorModel:
    """Covariance of position, velocity and acceleration error of one axis; upper triangle, SI."""

    def __init__(self, *, acceleration_walk: float) -> None:
        self._walk = acceleration_walk
        p, v, a = (std * std for std in INITIAL_STD)
        self._pp, self._pv, self._pa, self._vv, self._va, self._aa = (
            p,
            0.0,
            0.0,
            v,
            0.0,
            a if acceleration_walk else 0.0,
        )

    @property
    def variances(self) -> Vec3:
        """Of position (m²), velocity (m²/s²) and acceleration (m²/s⁴)."""
        return (self._pp, self._vv, self._aa)

    def predict(self, dt_s: float) -> None:
        """Let errors grow for a while."""
        t, h = dt_s, dt_s * dt_s / 2
        pp, pv, pa, vv, va, aa = self._pp, self._pv, self._pa, self._vv, self._va, self._aa
        self._pp = pp + 2 * t * pv + 2 * h * pa + t * t * vv + 2 * t * h * va + h * h * aa
        self._pv = pv + t * pa + t * vv + (h + t * t) * va + t * h * aa
        self._pa = pa + t * va + h * aa
        self._vv = vv + 2 * t * va + t * t * aa + VELOCITY_WALK * VELOCITY_WALK * t
        self._va = va + t * aa
        self._aa = aa + self._walk * self._walk * t
        self._bound()

    def measured_position(self, std_m: float) -> Vec3:
        """Gains on position, velocity and acceleration for an error of position, m; the covariance after it."""
        s = 1.0 / (self._pp + std_m * std_m)
        return self._measured(self._pp, self._pv, self._pa, s)

    def measured_acceleration(self, std_m_s2: float) -> Vec3:
        """The same for an error of acceleration, m/s²."""
        s = 1.0 / (self._aa + std_m_s2 * std_m_s2)
        return self._measured(self._pa, self._va, self._aa, s)

    def _measured(self, p: float, v: float, a: float, s: float) -> Vec3:
        self._pp -= p * p * s
        self._pv -= p * v * s
        self._pa -= p * a * s
        self._vv -= v * v * s
        self._va -= v * a * s
        self._aa -= a * a * s
        return (p * s, v * s, a * s)

    def _bound(self) -> None:
        limit = POSITION_STD_MAX_M * POSITION_STD_MAX_M
        if self._pp > limit:
            shrink = math.sqrt(limit / self._pp)
            self._pp, self._pv, self._pa = limit, self._pv * shrink, self._pa * shrink


class Estimator:
    """Position, velocity and attitude as the firmware believes them."""

    def __init__(self, parameters: Mapping[str, float]) -> None:
        self._parameters = parameters
        self.reset()

    def reset(self) -> None:
        """Begin anew: at the initial position of the parameters, what is no number counting as 0; standing, level."""
        self.position: Vec3 = (
            self._initial("kalman.initialX"), self._initial("kalman.initialY"), self._initial("kalman.initialZ")
        )  # fmt: skip
        self.velocity: Vec3 = ZERO3
        self.attitude: Quat = quat_from_euler(0.0, 0.0, self._initial("kalman.initialYaw"))
        self.acceleration: Vec3 = ZERO3  # world, without gravity, m/s²
        self.across = ErrorModel(acceleration_walk=TILT_WALK)  # x and y alike
        self.up = ErrorModel(acceleration_walk=0.0)
        self.yaw_variance = INITIAL_YAW_STD_RAD * INITIAL_YAW_STD_RAD

    @property
    def is_plausible(self) -> bool:
        """Whether position and velocity are within the parameters' bounds, and numbers at all."""
        most_m, most_m_s = self._parameters.get("kalman.maxPos", 100.0), self._parameters.get("kalman.maxVel", 10.0)
        near = all(abs(p) <= most_m for p in self.position)
        return near and all(abs(v) <= most_m_s for v in self.velocity) and math.isfinite(sum(self.attitude))

    def state(self, rates: Vec3) -> State:
        """The estimate, with the rates as measured."""
        return State(self.position, self.velocity, self.attitude, rates)

    @property
    def variances(self) -> tuple[Vec3, Vec3, Vec3]:
        """Of position (m²) and velocity (m²/s²), x y z, and of roll, pitch and yaw (rad²)."""
        (p, v, a), (pz, vz, _) = self.across.variances, self.up.variances
        tilt = a / GRAVITY_M_S2**2
        return (p, p, pz), (v, v, vz), (tilt, tilt, self.yaw_variance)

    @property
    def body_velocity(self) -> Vec3:
        """Velocity along body x, y, z, m/s."""
        R, (vx, vy, vz) = rotation_matrix(self.attitude), self.velocity
        x, y, z = (R[0][k] * vx + R[1][k] * vy + R[2][k] * vz for k in range(3))
        return (x, y, z)

    def predict(self, rates: Vec3, specific_force: Vec3, *, flying: bool) -> None:
        """One millisecond on, by what was measured: rad/s and m/s², body."""
        x, y, z, w = self.attitude
        hx, hy, hz = (0.5 * STEP_S * rate for rate in rates)
        x, y, z, w = (
            x + w * hx + y * hz - z * hy,
            y + w * hy + z * hx - x * hz,
            z + w * hz + x * hy - y * hx,
            w - x * hx - y * hy - z * hz,
        )
        scale = 1.0 / math.sqrt(x * x + y * y + z * z + w * w)
        self.attitude = x, y, z, w = x * scale, y * scale, z * scale, w * scale
        fx, fy, fz = specific_force
        if flying:
            fx = fy = 0.0
        ax = (1 - 2 * (y * y + z * z)) * fx + 2 * (x * y - w * z) * fy + 2 * (x * z + w * y) * fz
        ay = 2 * (x * y + w * z) * fx + (1 - 2 * (x * x + z * z)) * fy + 2 * (y * z - w * x) * fz
        az = 2 * (x * z - w * y) * fx + 2 * (y * z + w * x) * fy + (1 - 2 * (x * x + y * y)) * fz - GRAVITY_M_S2
        self.acceleration = (ax, ay, az)
        (px, py, pz), (vx, vy, vz) = self.position, self.velocity
        half = 0.5 * STEP_S
        self.position = (
            px + (vx + half * ax) * STEP_S, py + (vy + half * ay) * STEP_S, pz + (vz + half * az) * STEP_S
        )  # fmt: skip
        self.velocity = (vx + ax * STEP_S, vy + ay * STEP_S, vz + az * STEP_S)

    def doubt(self) -> None:
        """Let the errors grow by 10 ms."""
        dt_s = PREDICT_MS / 1000.0
        self.across.predict(dt_s)
        self.up.predict(dt_s)
        self.yaw_variance = min(INITIAL_YAW_STD_RAD**2, self.yaw_variance + YAW_WALK * YAW_WALK * dt_s)

    def correct(self, fix: Fix) -> None:
        """Believe a measurement as far as it deserves."""
        ex, ey, ez = (seen - here for seen, here in zip(fix.position, self.position, strict=True))
        ax, ay = self._moved(self.across.measured_position(fix.position_std_m), (ex, ey))
        kp, kv, _ = self.up.measured_position(fix.position_std_m)
        (px, py, pz), (vx, vy, vz) = self.position, self.velocity
        self.position, self.velocity = (px, py, pz + kp * ez), (vx, vy, vz + kv * ez)
        self._tilt(ax, ay)
        yaw = fix.yaw
        if fix.attitude is not None:
            (_, _, sx), (_, _, sy), _ = rotation_matrix(fix.attitude)
            (_, _, hx), (_, _, hy), _ = rotation_matrix(self.attitude)
            gains = self.across.measured_acceleration(GRAVITY_M_S2 * fix.attitude_std_rad)
            self._tilt(*self._moved(gains, (GRAVITY_M_S2 * (sx - hx), GRAVITY_M_S2 * (sy - hy))))
            yaw = euler_zyx(fix.attitude)[2]
        if yaw is not None:
            gain = self.yaw_variance / (self.yaw_variance + fix.attitude_std_rad**2)
            self.yaw_variance *= 1.0 - gain
            self._turn(0.0, 0.0, gain * wrap_angle(yaw - euler_zyx(self.attitude)[2]))

    def _initial(self, name: str) -> float:
        value = self._parameters.get(name, 0.0)
        return value if math.isfinite(value) else 0.0

    def _moved(self, gains: Vec3, error: tuple[float, float]) -> tuple[float, float]:
        """Apply gains to position and velocity across; the acceleration to correct is returned."""
        (kp, kv, ka), (ex, ey) = gains, error
        (px, py, pz), (vx, vy, vz) = self.position, self.velocity
        self.position, self.velocity = (px + kp * ex, py + kp * ey, pz), (vx + kv * ex, vy + kv * ey, vz)
        return ka * ex, ka * ey

    def _tilt(self, ax: float, ay: float) -> None:
        limit = 0.2 * GRAVITY_M_S2
        self._turn(-max(-limit, min(limit, ay)) / GRAVITY_M_S2, max(-limit, min(limit, ax)) / GRAVITY_M_S2, 0.0)

    def _turn(self, rx: float, ry: float, rz: float) -> None:
        """Turn the attitude by a small rotation, world, rad."""
        angle = math.sqrt(rx * rx + ry * ry + rz * rz)
        if angle == 0.0:
            return
        share = math.sin(angle / 2) / angle
        ax, ay, az, aw = rx * share, ry * share, rz * share, math.cos(angle / 2)
        x, y, z, w = self.attitude
        self.attitude = (
            aw * x + ax * w + ay * z - az * y,
            aw * y + ay * w + az * x - ax * z,
            aw * z + az * w + ax * y - ay * x,
            aw * w - ax * x - ay * y - az * z,
        )
