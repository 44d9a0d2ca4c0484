"""Geometric tracking with feed-forward, for vehicles whose motors lag: the default of `--target sim`.

After Lee, Leok, McClamroch 2010, "Geometric tracking control of a quadrotor UAV on SE(3)", eqs. 12 to 16; the attitude
error is split into tilt and heading (attitude_error.py). With f from position_loop.py, j the reference's jerk:

    F = M f · R ẑ            α = k_R e_R + k_ω (ω_ref − ω)            ω_ref = Rᵀ (f × j / |f|² + ψ̇_ref ẑ)
    J (α − d̂ − α_passive) = torque wanted of the rotors

d̂ is torque_observer.py's. The rotors approach what is wanted with the time constant T of gains.py: their command leads
(rotors.py), and where they cannot, yaw yields before the collective, and that before tilt (mixing.py). The rotors' own
inertia makes yaw torque κ (T_y + t_z Ṫ_y): approaching with t_z instead of T gives the wanted torque at once.

State, rates and rotors are predicted to the instant at which the command begins to act.
"""

import math
from collections import deque

from hil.core.frames import Matrix3, rotation_matrix
from hil.core.interfaces import Controller
from hil.core.types import ZERO3, Command, Setpoint, State, Vec3, Vec4
from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil_controllers.attitude_error import attitude_error, attitude_for_thrust, turned
from hil_controllers.gains import Gains
from hil_controllers.limits import clip, within
from hil_controllers.mixing import Mixer
from hil_controllers.passive_torque import PassiveTorque
from hil_controllers.position_loop import PositionLoop
from hil_controllers.rotors import Rotors
from hil_controllers.torque_observer import TorqueObserver

TILT_ERROR_MAX_RAD = 0.6
HEADING_ERROR_MAX_RAD = 0.5
# Shares of the angular acceleration that hover force on one side only would give:
ASKED_MAX = 0.5
DISTURBANCE_MAX = 0.15  # three deviations of unequal motors, 5 % each


class Geometric(Controller):
    """Follows position, velocity and acceleration; `latency_s` is the known age of position, velocity, attitude."""

    name = "geometric"
    family = "feed-forward"

    def __init__(self, vehicle: Vehicle, *, rate_hz: int = 100, latency_s: float = 0.0) -> None:
        self.rate_hz = rate_hz
        self._dt_s = dt_s = 1.0 / rate_hz
        self._gains = gains = Gains.of(vehicle, dt_s)
        self._mass_kg, self._inertia, self._yaw_zero_s = vehicle.mass_kg, vehicle.inertia_kg_m2, vehicle.yaw_zero_s
        self._delay_s = vehicle.command_delay_s
        self._ahead_s = vehicle.command_delay_s + latency_s
        self._approach = 1.0 - math.exp(-dt_s / gains.rotor_lag_s)
        self._yaw_approach = 1.0 - math.exp(-dt_s / max(gains.rotor_lag_s, vehicle.yaw_zero_s))
        self._mixer, self._rotors = Mixer(vehicle), Rotors(vehicle, dt_s)
        self._position = PositionLoop(vehicle, gains, dt_s)
        self._passive = PassiveTorque(vehicle)
        (jx, jy, jz), hover_n = vehicle.inertia_kg_m2, vehicle.mass_kg * GRAVITY_M_S2
        ax, ay = hover_n * max(vehicle.rotor_y_m) / jx, hover_n * max(vehicle.rotor_x_m) / jy
        az = hover_n * vehicle.torque_per_thrust_m / jz
        self._asked_max = (ASKED_MAX * ax, ASKED_MAX * ay, ASKED_MAX * az)
        self._observer = TorqueObserver(
            dt_s=dt_s,
            bandwidth_rad_s=gains.observer_rad_s,
            limit=(DISTURBANCE_MAX * ax, DISTURBANCE_MAX * ay, DISTURBANCE_MAX * az),
        )
        self._pending, self._since_last = _windows(self._delay_s / dt_s)
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next `act` is the first of a flight."""
        self._rotors.reset()
        self._observer.reset()
        self._position.reset()
        self._saturated = False
        count = len(self._since_last)
        self._kicks = deque([ZERO3] * count, maxlen=count)  # mean angular acceleration by the rotors, newest first
        self._torques = self._mixer.torques(self._rotors.forces)

    def turning(self, motors: Vec4) -> None:
        """Take the rotors to be in these states now, whatever was commanded: for one who sees them."""
        self._rotors.turning(motors)
        self._torques = self._mixer.torques(self._rotors.forces)

    def act(self, state: State, setpoint: Setpoint) -> Command:
        """Command for the next 1 / rate_hz seconds."""
        R = rotation_matrix(state.attitude)
        passive = self._passive.acceleration(state.rates, state.velocity, R)
        kx, ky, kz = self._mean_kick(self._since_last)
        self._observer.update(state.rates, (kx + passive[0], ky + passive[1], kz + passive[2]))
        if self._ahead_s > 0.0:
            state = self._predicted(state, R, passive)
            R = rotation_matrix(state.attitude)
        thrust = self._position.thrust(state, R, setpoint, saturated=self._saturated, ahead_s=self._delay_s)
        (_, _, r13), (_, _, r23), (_, _, r33) = R
        along = max(0.0, thrust[0] * r13 + thrust[1] * r23 + thrust[2] * r33)
        collective = self._mass_kg * self._position.heavier * along
        wanted = self._angular_acceleration(state, R, setpoint, thrust)
        passive = self._passive.acceleration(state.rates, self._velocity_soon(state.velocity, thrust), R)
        return self._spin(collective, wanted, passive)

    def _predicted(self, state: State, R: Matrix3, passive: Vec3) -> State:
        """State when the command begins to act."""
        kick, extra = self._mean_kick(self._pending), self._observer.acceleration
        wx, wy, wz = state.rates
        dt_s, delay_s, ahead_s = self._dt_s, self._delay_s, self._ahead_s
        rates = (
            wx + kick[0] * dt_s + (passive[0] + extra[0]) * delay_s,
            wy + kick[1] * dt_s + (passive[1] + extra[1]) * delay_s,
            wz + kick[2] * dt_s + (passive[2] + extra[2]) * delay_s,
        )
        between = ((wx + rates[0]) / 2, (wy + rates[1]) / 2, (wz + rates[2]) / 2)
        (_, _, r13), (_, _, r23), (_, _, r33) = R
        push = sum(self._rotors.forces) / self._mass_kg * ahead_s
        (px, py, pz), (vx, vy, vz) = state.position, state.velocity
        return State(
            (px + vx * ahead_s, py + vy * ahead_s, pz + vz * ahead_s),
            (vx + r13 * push, vy + r23 * push, vz + r33 * push - GRAVITY_M_S2 * ahead_s),
            turned(state.attitude, between, ahead_s),
            rates,
        )

    def _angular_acceleration(self, state: State, R: Matrix3, setpoint: Setpoint, thrust: Vec3) -> Vec3:
        gains = self._gains
        (r11, r12, r13), (r21, r22, r23), (r31, r32, r33) = R
        (fx, fy, fz), (jx, jy, jz) = thrust, self._position.jerk
        size2 = fx * fx + fy * fy + fz * fz
        tx, ty = (fy * jz - fz * jy) / size2, (fz * jx - fx * jz) / size2  # ω_ref, world
        tz = (fx * jy - fy * jx) / size2 + setpoint.yaw_rate
        error_x, error_y, heading = attitude_error(state.attitude, attitude_for_thrust(thrust, setpoint.yaw))
        error_x, error_y = within(error_x, error_y, TILT_ERROR_MAX_RAD)
        heading = clip(heading, HEADING_ERROR_MAX_RAD)
        wx, wy, wz = state.rates
        kr, kw = gains.tilt_1_s2, gains.tilt_rate_1_s
        most_x, most_y, most_z = self._asked_max
        heading_rate = r13 * tx + r23 * ty + r33 * tz
        return (
            clip(kr * error_x + kw * (r11 * tx + r21 * ty + r31 * tz - wx), most_x),
            clip(kr * error_y + kw * (r12 * tx + r22 * ty + r32 * tz - wy), most_y),
            clip(gains.heading_1_s2 * heading + gains.heading_rate_1_s * (heading_rate - wz), most_z),
        )

    def _velocity_soon(self, velocity: Vec3, thrust: Vec3) -> Vec3:
        """Velocity when the rotors have caught up: the drag moment they must carry then."""
        lag_s = self._gains.rotor_lag_s
        vx, vy, vz = velocity
        return (vx + thrust[0] * lag_s, vy + thrust[1] * lag_s, vz + (thrust[2] - GRAVITY_M_S2) * lag_s)

    def _spin(self, collective: float, wanted: Vec3, passive: Vec3) -> Command:
        """Command that brings the rotors towards this collective, N, and angular acceleration, as far as they can."""
        rotors, approach, extra = self._rotors, self._approach, self._observer.acceleration
        (ix, iy, iz), (tx, ty, tz) = self._inertia, self._torques
        change = (
            approach * (ix * (wanted[0] - extra[0] - passive[0]) - tx),
            approach * (iy * (wanted[1] - extra[1] - passive[1]) - ty),
            self._yaw_approach * (iz * (wanted[2] - extra[2] - passive[2]) - tz),
        )
        f1, f2, f3, f4 = rotors.forces
        (l1, l2, l3, l4), (h1, h2, h3, h4) = rotors.reachable()
        room = (
            (min(0.0, l1 - f1), min(0.0, l2 - f2), min(0.0, l3 - f3), min(0.0, l4 - f4)),
            (max(0.0, h1 - f1), max(0.0, h2 - f2), max(0.0, h3 - f3), max(0.0, h4 - f4)),
        )
        lift = approach * (collective - (f1 + f2 + f3 + f4))
        (d1, d2, d3, d4), self._saturated = self._mixer.change(lift, change, room)
        command = rotors.command_for((f1 + d1, f2 + d2, f3 + d3, f4 + d4))
        x, y, z = self._torques = self._mixer.torques(rotors.forces)
        spin_up = self._yaw_zero_s * (z - tz) / self._dt_s
        self._kicks.appendleft(((tx + x) / (2 * ix), (ty + y) / (2 * iy), ((tz + z) / 2 + spin_up) / iz))
        return command

    def _mean_kick(self, weights: tuple[float, ...]) -> Vec3:
        x = y = z = 0.0
        for weight, (kx, ky, kz) in zip(weights, self._kicks, strict=True):
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


def build(vehicle: Vehicle) -> Geometric:
    """The controller for this vehicle."""
    return Geometric(vehicle)
