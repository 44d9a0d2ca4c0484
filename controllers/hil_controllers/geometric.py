"""Geometric tracking with feed-forward, for vehicles whose motors lag: the default of `--target sim`.

Position (Lee, Leok, McClamroch 2010, "Geometric tracking control of a quadrotor UAV on SE(3)", eqs. 12, 13, 15, 16),
with an integral, and the nominal drag D taken back:

    a   = a_ref + k_p e_p + k_v e_v + k_i ∫ e_p + R D Rᵀ v          thrust vector f = a + g ẑ, collective F = M f · R ẑ

Attitude, tilt before heading (attitude_error.py), rates fed forward from the reference's jerk j:

    α   = k_R e_R + k_ω (ω_ref − ω)          ω_ref = Rᵀ (f̂ × j / |f|) + ψ̇_ref Rᵀ ẑ
    τ   = J (α − d̂) + ω × J ω − τ_drag       d̂: torque_observer.py, τ_drag: drag acts above the centre of gravity

Rotors: the wanted forces f_d are approached with the time constant T, much shorter than the motors' own, by leading the
command (rotors.py), with priorities where they do not fit (mixing.py).

Gains follow from T. With f → f_d at 1/T the tilt obeys T s³ + s² + k_ω s + k_R, and k_ω = 0.7 / T, k_R = 0.1125 / T²
puts its poles at −0.21 / T and (−0.39 ± 0.42 j) / T; the position loop is three times slower, ζ = 0.8.
State, rates and rotors are predicted to the instant at which the command begins to act.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Self

from hil.core.frames import rotation_matrix
from hil.core.interfaces import Controller
from hil.core.types import ZERO3, Command, Setpoint, State, Vec3
from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil_controllers.attitude_error import attitude_error, attitude_for_thrust, turned
from hil_controllers.mixing import Mixer
from hil_controllers.rotors import Rotors
from hil_controllers.torque_observer import TorqueObserver


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """What the loops multiply with; all in SI, per unit mass or inertia."""

    rotor_lag_s: float  # T
    tilt_1_s2: float
    tilt_rate_1_s: float
    heading_1_s2: float
    heading_rate_1_s: float
    position_1_s2: float
    velocity_1_s: float
    integral_1_s3: float
    observer_rad_s: float

    @classmethod
    def of(cls, vehicle: Vehicle, dt_s: float) -> Self:
        """Gains by pole placement from the vehicle's slowest motor lag and the tick."""
        # A lead of 6 is where full command still moves the original Crazyflie's rotors 6 % in a tick; below 25 ms
        # the state's age (an estimator's 20 ms) and the uncertainty of the lag itself are as large as T.
        lag_s = max(0.025, 1.5 * dt_s, max(vehicle.motor_tau_up_s, vehicle.motor_tau_down_s) / 6)
        return cls(
            rotor_lag_s=lag_s,
            tilt_1_s2=0.1125 / lag_s**2,
            tilt_rate_1_s=0.7 / lag_s,
            heading_1_s2=0.00375 / lag_s**2,
            heading_rate_1_s=0.125 / lag_s,
            position_1_s2=0.005 / lag_s**2,
            velocity_1_s=0.1125 / lag_s,
            integral_1_s3=0.1 * 0.005 * 0.1125 / lag_s**3,
            observer_rad_s=0.25 / lag_s,
        )


POSITION_ERROR_MAX_M = 0.5
TILT_ERROR_MAX_RAD = 0.6
HEADING_ERROR_MAX_RAD = 0.5
LATERAL_FEEDBACK_MAX_M_S2 = 5.0
SINK_MAX_M_S2 = 0.38 * GRAVITY_M_S2  # with less thrust the rotors are too slow to turn the vehicle
CLIMB_MAX_M_S2 = 5.0
TILT_MAX_RAD = 0.9
INTEGRAL_MAX_M_S2 = (1.5, 1.5, 3.0)  # 20 % of weight in z
JERK_LAG_S = 0.02
DISTURBANCE_SHARE = 0.15  # of the angular acceleration of hover force on one side only


class Geometric(Controller):
    """Follows position, velocity and acceleration; `latency_s` is the known age of position, velocity, attitude."""

    name = "geometric"
    family = "feed-forward"

    def __init__(self, vehicle: Vehicle, *, rate_hz: int = 100, latency_s: float = 0.0, gains: Gains | None = None) -> None:
        self.rate_hz = rate_hz
        self._vehicle = vehicle
        self._dt_s = dt_s = 1.0 / rate_hz
        self._gains = gains or Gains.of(vehicle, dt_s)
        self._delay_s = vehicle.command_delay_s
        self._ahead_s = vehicle.command_delay_s + latency_s
        self._approach = 1.0 - math.exp(-dt_s / self._gains.rotor_lag_s)
        self._turn_approach = 1.0 - math.exp(-dt_s / max(self._gains.rotor_lag_s, vehicle.yaw_zero_s))
        self._jerk_approach = 1.0 - math.exp(-dt_s / JERK_LAG_S)
        self._mixer = Mixer(vehicle)
        self._rotors = Rotors(vehicle, dt_s)
        hover_n = vehicle.mass_kg * GRAVITY_M_S2
        jx, jy, jz = vehicle.inertia_kg_m2
        self._authority = (
            hover_n * max(vehicle.rotor_y_m) / jx,
            hover_n * max(vehicle.rotor_x_m) / jy,
            hover_n * vehicle.torque_per_thrust_m / jz,
        )
        ax, ay, az = (DISTURBANCE_SHARE * a for a in self._authority)
        self._observer = TorqueObserver(dt_s=dt_s, bandwidth_rad_s=self._gains.observer_rad_s, limit=(ax, ay, az))
        self._pending, self._since_last = _windows(self._delay_s / dt_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next `act` is the first of a flight."""
        self._rotors.reset()
        self._observer.reset()
        self._integral: Vec3 = ZERO3
        self._smooth: Vec3 | None = None  # reference acceleration, low-passed: its slope is the jerk
        self._saturated = False
        count = len(self._since_last)
        self._kicks = deque([ZERO3] * count, maxlen=count)  # mean angular acceleration by the rotors, newest first
        self._torques = self._mixer.torques(self._rotors.forces)

    def act(self, state: State, setpoint: Setpoint) -> Command:
        """Command for the next 1 / rate_hz seconds."""
        passive = self._passive(state)
        self._observer.update(state.rates, _plus(self._mean_kick(self._since_last), passive))
        state = self._predicted(state, passive)
        thrust, jerk = self._thrust_vector(state, setpoint)
        return self._turn_to(state, setpoint, thrust, jerk)

    def _passive(self, state: State) -> Vec3:
        """Angular acceleration that comes with motion: gyroscopic, drag above the centre of gravity, damping."""
        vehicle = self._vehicle
        (jx, jy, jz), (wx, wy, wz) = vehicle.inertia_kg_m2, state.rates
        (dx, dy, _), damping = vehicle.drag_1_s, vehicle.rate_damping_1_s
        (r11, r12, _), (r21, r22, _), (r31, r32, _) = rotation_matrix(state.attitude)
        vx, vy, vz = state.velocity
        roll = vehicle.drag_height_y_m * vehicle.mass_kg * dy * (r12 * vx + r22 * vy + r32 * vz)
        pitch = -vehicle.drag_height_x_m * vehicle.mass_kg * dx * (r11 * vx + r21 * vy + r31 * vz)
        return (
            ((jy - jz) * wy * wz + roll) / jx - damping * wx,
            ((jz - jx) * wz * wx + pitch) / jy - damping * wy,
            (jx - jy) * wx * wy / jz - damping * wz,
        )

    def _predicted(self, state: State, passive: Vec3) -> State:
        """State when the command begins to act."""
        if self._ahead_s == 0.0:
            return state
        kick, extra = self._mean_kick(self._pending), self._observer.acceleration
        wx, wy, wz = state.rates
        delay_s, ahead_s = self._delay_s, self._ahead_s
        rates = (
            wx + kick[0] * self._dt_s + (passive[0] + extra[0]) * delay_s,
            wy + kick[1] * self._dt_s + (passive[1] + extra[1]) * delay_s,
            wz + kick[2] * self._dt_s + (passive[2] + extra[2]) * delay_s,
        )
        between = ((wx + rates[0]) / 2, (wy + rates[1]) / 2, (wz + rates[2]) / 2)
        (_, _, r13), (_, _, r23), (_, _, r33) = rotation_matrix(state.attitude)
        push = sum(self._rotors.forces) / self._vehicle.mass_kg * ahead_s
        (px, py, pz), (vx, vy, vz) = state.position, state.velocity
        return State(
            (px + vx * ahead_s, py + vy * ahead_s, pz + vz * ahead_s),
            (vx + r13 * push, vy + r23 * push, vz + r33 * push - GRAVITY_M_S2 * ahead_s),
            turned(state.attitude, between, ahead_s),
            rates,
        )

    def _thrust_vector(self, state: State, setpoint: Setpoint) -> tuple[Vec3, Vec3]:
        """Wanted thrust over mass, world, m/s², and the reference's jerk, m/s³."""
        gains, dt_s, delay_s = self._gains, self._dt_s, self._delay_s
        ux, uy, uz = setpoint.velocity or ZERO3
        ax, ay, az = reference = setpoint.acceleration or ZERO3
        jerk = self._jerk(reference)
        (px, py, pz), (vx, vy, vz) = state.position, state.velocity
        sx, sy, sz = setpoint.position
        ex, ey, ez = sx + ux * delay_s - px, sy + uy * delay_s - py, sz + uz * delay_s - pz
        ex, ey, lateral_clipped = _within(ex, ey, POSITION_ERROR_MAX_M)
        clipped_z = min(POSITION_ERROR_MAX_M, max(-POSITION_ERROR_MAX_M, ez))
        if not (self._saturated or lateral_clipped or clipped_z != ez):
            step = gains.integral_1_s3 * dt_s
            (ix, iy, iz), (mx, my, mz) = self._integral, INTEGRAL_MAX_M_S2
            self._integral = (_clip(ix + step * ex, mx), _clip(iy + step * ey, my), _clip(iz + step * clipped_z, mz))
        ix, iy, iz = self._integral
        kp, kv = gains.position_1_s2, gains.velocity_1_s
        fx, fy, _ = _within(kp * ex + kv * (ux - vx), kp * ey + kv * (uy - vy), LATERAL_FEEDBACK_MAX_M_S2)
        fz = kp * clipped_z + kv * (uz - vz)
        wind = self._drag(state)
        up = min(CLIMB_MAX_M_S2, max(-SINK_MAX_M_S2, az + fz)) + wind[2] + GRAVITY_M_S2
        most = 4 * self._vehicle.thrust(self._vehicle.full_motor()) / self._vehicle.mass_kg
        up = min(0.97 * most, max(GRAVITY_M_S2 - SINK_MAX_M_S2, up))
        lateral = min(up * math.tan(TILT_MAX_RAD), math.sqrt(most * most - up * up))
        x, y, _ = _within(ax + fx + ix + wind[0], ay + fy + iy + wind[1], lateral)
        (dx, dy, _), (jx, jy, jz) = self._vehicle.drag_1_s, jerk
        return (x, y, up), (jx + dx * ax, jy + dy * ay, jz)

    def _jerk(self, acceleration: Vec3) -> Vec3:
        smooth = self._smooth or acceleration
        share = self._jerk_approach
        step = tuple(share * (now - before) for now, before in zip(acceleration, smooth, strict=True))
        self._smooth = (smooth[0] + step[0], smooth[1] + step[1], smooth[2] + step[2])
        return (step[0] / self._dt_s, step[1] / self._dt_s, step[2] / self._dt_s)

    def _drag(self, state: State) -> Vec3:
        """Acceleration that undoes the nominal drag, world, m/s²: R D Rᵀ v."""
        dx, dy, dz = self._vehicle.drag_1_s
        (r11, r12, r13), (r21, r22, r23), (r31, r32, r33) = rotation_matrix(state.attitude)
        vx, vy, vz = state.velocity
        bx = dx * (r11 * vx + r21 * vy + r31 * vz)
        by = dy * (r12 * vx + r22 * vy + r32 * vz)
        bz = dz * (r13 * vx + r23 * vy + r33 * vz)
        return (r11 * bx + r12 * by + r13 * bz, r21 * bx + r22 * by + r23 * bz, r31 * bx + r32 * by + r33 * bz)

    def _turn_to(self, state: State, setpoint: Setpoint, thrust: Vec3, jerk: Vec3) -> Command:
        gains, vehicle = self._gains, self._vehicle
        (r11, r12, r13), (r21, r22, r23), (r31, r32, r33) = rotation_matrix(state.attitude)
        fx, fy, fz = thrust
        size2 = fx * fx + fy * fy + fz * fz
        jx, jy, jz = jerk
        # f̂ × j / |f|, world, plus the heading's own rate
        tx, ty = (fy * jz - fz * jy) / size2, (fz * jx - fx * jz) / size2
        tz = (fx * jy - fy * jx) / size2 + setpoint.yaw_rate
        error_x, error_y, heading = attitude_error(state.attitude, attitude_for_thrust(thrust, setpoint.yaw))
        error_x, error_y, _ = _within(error_x, error_y, TILT_ERROR_MAX_RAD)
        heading = _clip(heading, HEADING_ERROR_MAX_RAD)
        wx, wy, wz = state.rates
        reach = 0.5  # of the authority: the rest is for the collective and the motors' spread
        ax = gains.tilt_1_s2 * error_x + gains.tilt_rate_1_s * (r11 * tx + r21 * ty + r31 * tz - wx)
        ay = gains.tilt_1_s2 * error_y + gains.tilt_rate_1_s * (r12 * tx + r22 * ty + r32 * tz - wy)
        az = gains.heading_1_s2 * heading + gains.heading_rate_1_s * (r13 * tx + r23 * ty + r33 * tz - wz)
        ax, ay = _clip(ax, reach * self._authority[0]), _clip(ay, reach * self._authority[1])
        az = _clip(az, reach * self._authority[2])
        vx, vy, vz = state.velocity
        lag_s = gains.rotor_lag_s
        soon = (vx + fx * lag_s, vy + fy * lag_s, vz + (fz - GRAVITY_M_S2) * lag_s)
        passive, extra = self._passive(state._replace(velocity=soon)), self._observer.acceleration
        ix, iy, iz = vehicle.inertia_kg_m2
        now = self._torques
        change = (
            self._approach * (ix * (ax - extra[0] - passive[0]) - now[0]),
            self._approach * (iy * (ay - extra[1] - passive[1]) - now[1]),
            self._turn_approach * (iz * (az - extra[2] - passive[2]) - now[2]),
        )
        heavier = 1.0 + self._integral[2] / GRAVITY_M_S2
        collective = vehicle.mass_kg * heavier * max(0.0, fx * r13 + fy * r23 + fz * r33)
        return self._spin(self._approach * (collective - sum(self._rotors.forces)), change)

    def _spin(self, collective: float, torques: Vec3) -> Command:
        """Command for this change of collective and torques within one tick, as far as the rotors can."""
        rotors = self._rotors
        f1, f2, f3, f4 = rotors.forces
        (l1, l2, l3, l4), (h1, h2, h3, h4) = rotors.reachable()
        room = (
            (min(0.0, l1 - f1), min(0.0, l2 - f2), min(0.0, l3 - f3), min(0.0, l4 - f4)),
            (max(0.0, h1 - f1), max(0.0, h2 - f2), max(0.0, h3 - f3), max(0.0, h4 - f4)),
        )
        (d1, d2, d3, d4), self._saturated = self._mixer.change(collective, torques, room)
        command = rotors.command_for((f1 + d1, f2 + d2, f3 + d3, f4 + d4))
        before, self._torques = self._torques, self._mixer.torques(rotors.forces)
        jx, jy, jz = self._vehicle.inertia_kg_m2
        (x0, y0, z0), (x1, y1, z1) = before, self._torques
        spin_up = self._vehicle.yaw_zero_s * (z1 - z0) / self._dt_s
        self._kicks.appendleft(((x0 + x1) / (2 * jx), (y0 + y1) / (2 * jy), ((z0 + z1) / 2 + spin_up) / jz))
        return command

    def _mean_kick(self, weights: tuple[float, ...]) -> Vec3:
        x = y = z = 0.0
        for weight, (kx, ky, kz) in zip(weights, self._kicks, strict=False):
            x, y, z = x + weight * kx, y + weight * ky, z + weight * kz
        return (x, y, z)


def _windows(delay_ticks: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Shares of the last ticks' commands, newest first: those still on their way, and those that acted last tick.

    A command acts `delay_ticks` after it is given, for one tick.
    """
    count = math.ceil(delay_ticks) + 1
    pending = tuple(min(1.0, max(0.0, delay_ticks - i)) for i in range(count))
    up_to_last = tuple(min(1.0, max(0.0, delay_ticks + 1 - i)) for i in range(count))
    return pending, tuple(a - b for a, b in zip(up_to_last, pending, strict=True))


def _plus(a: Vec3, b: Vec3) -> Vec3:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def _clip(value: float, limit: float) -> float:
    return min(limit, max(-limit, value))


def _within(x: float, y: float, radius: float) -> tuple[float, float, bool]:
    """(x, y) shortened to `radius` where longer, and whether it was."""
    size = math.hypot(x, y)
    if size <= radius:
        return x, y, False
    return x * radius / size, y * radius / size, True


def build(vehicle: Vehicle) -> Geometric:
    """The controller for this vehicle."""
    return Geometric(vehicle)
