"""What is known of a vehicle: plain numbers, shared by the plant that obeys them and the controllers that assume them.

Steady thrust of one rotor is T(m) = c0 + c1 m + c2 m², N, where m is the motor state: a unitless rotor speed that
follows its steady value with a first-order lag. That steady value is the command u ∈ [0, 1] itself, or with a battery
u V / V_ref, V = V_hover + sag (u_hover − mean u) − drain t.
"""

import math
from dataclasses import dataclass, replace

from hil.core.types import ZERO3, Vec3, Vec4

GRAVITY_M_S2 = 9.81


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """Terminal voltage as an affine function of load and time, and the voltage at which u equals the motor state."""

    hover_v: float  # under hover load at t = 0
    reference_v: float  # motor state = u V / reference_v
    sag_v: float  # drop per unit of mean command
    drain_v_s: float  # drop per second of flight


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """Slow random force and torque left over by the model, per unit mass and inertia, low-passed noise."""

    force_std_m_s2: Vec3  # world x y z, RMS
    force_cutoff_hz: float
    torque_std_rad_s2: Vec3  # body roll pitch yaw, RMS
    torque_cutoff_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A quadrotor. Rotors M1..M4; body FLU; thrust along body +z."""

    name: str
    mass_kg: float
    inertia_kg_m2: Vec3  # diagonal
    rotor_x_m: Vec4
    rotor_y_m: Vec4
    rotor_torque_sign: Vec4  # about +z
    thrust_n: Vec3  # c0, c1, c2
    torque_per_thrust_m: float
    motor_tau_up_s: float
    motor_tau_down_s: float
    battery: Battery | None = None
    yaw_zero_s: float = 0.0  # rotor-inertia zero: yaw torque = k (T + yaw_zero_s dT/dt)
    command_delay_s: float = 0.0
    drag_1_s: Vec3 = ZERO3  # body-frame linear drag per unit mass, a = −D v_body
    drag_height_x_m: float = 0.0  # height above the centre of gravity at which the x drag force acts
    drag_height_y_m: float = 0.0
    rate_damping_1_s: float = 0.0
    rotor_momentum_kg_m2_s: float = 0.0  # angular momentum of one rotor at motor state 1; 0: no gyroscopic torque
    motor_mismatch_std: float = 0.0  # relative, per motor, drawn once per flight
    residual: Residual | None = None

    def charged(self, hover_v: float) -> "Vehicle":
        """The same vehicle with another battery voltage under hover load. Raises ValueError for one without battery."""
        if self.battery is None:
            raise ValueError(f"{self.name} has no battery")
        return replace(self, battery=replace(self.battery, hover_v=hover_v))

    @property
    def hover_motor(self) -> float:
        """Motor state at which four equal rotors carry the weight."""
        c0, c1, c2 = self.thrust_n
        short = c0 - self.mass_kg * GRAVITY_M_S2 / 4
        return (-c1 + math.sqrt(c1 * c1 - 4 * c2 * short)) / (2 * c2)

    @property
    def hover_command(self) -> float:
        """Command at which four equal rotors carry the weight, at t = 0."""
        if self.battery is None:
            return self.hover_motor
        return self.hover_motor * self.battery.reference_v / self.battery.hover_v

    def thrust(self, motor: float) -> float:
        """Steady thrust of one rotor, N."""
        c0, c1, c2 = self.thrust_n
        return c0 + (c1 + c2 * motor) * motor

    def motor_for_thrust(self, thrust_n: float) -> float:
        """Motor state that gives this steady thrust, ≥ 0."""
        c0, c1, c2 = self.thrust_n
        root = c1 * c1 - 4 * c2 * (c0 - thrust_n)
        return max(0.0, (-c1 + math.sqrt(max(root, 0.0))) / (2 * c2))

    def full_motor(self, at_s: float = 0.0) -> float:
        """Motor state at full command on all four rotors, `at_s` seconds into a flight."""
        if self.battery is None:
            return 1.0
        volts = self.battery.hover_v + self.battery.sag_v * (self.hover_command - 1.0) - self.battery.drain_v_s * at_s
        return volts / self.battery.reference_v

    def thrust_to_weight(self, at_s: float = 0.0) -> float:
        """Greatest balanced thrust over weight `at_s` into a flight, with one rotor a mismatch deviation weak."""
        weakest = self.thrust(self.full_motor(at_s)) * (1.0 - self.motor_mismatch_std)
        return 4 * weakest / (self.mass_kg * GRAVITY_M_S2)
