"""What the nominal rotors do with the commands given so far, and which command makes them give a wanted force.

Motor state m_i follows its steady value c_i with a first-order lag. Over one tick of Δ seconds with c_i held

    m_i ← m_i + β (c_i − m_i),   β = 1 − exp(−Δ / τ),  τ = τ_up where c_i > m_i, else τ_down.

Solved for c_i this is motor-lag compensation: the command that brings m_i where it should be one tick later, which
overshoots the steady one. The model starts at hover and sees no rotor speed.
"""

import math

from hil.core.types import Command, Vec4
from hil.core.vehicle import Vehicle
from hil_controllers.nominal_battery import NominalBattery


class Rotors:
    """Simulated motor states of the nominal vehicle at the instant the next command begins to act."""

    def __init__(self, vehicle: Vehicle, dt_s: float) -> None:
        self._vehicle = vehicle
        self._battery = NominalBattery(vehicle, dt_s)
        self._rise = 1.0 - math.exp(-dt_s / vehicle.motor_tau_up_s)
        self._fall = 1.0 - math.exp(-dt_s / vehicle.motor_tau_down_s)
        self.reset()

    def reset(self) -> None:
        """Rotors at hover, battery as at take-off."""
        hover = self._vehicle.hover_motor
        self._battery.reset()
        self._full = self._battery.steady_per_command(self._vehicle.hover_command)
        self._settle((hover, hover, hover, hover))

    def turning(self, motors: Vec4) -> None:
        """Take the rotors to be in these states now, as somebody knows who sees them."""
        self._settle(motors)

    def reachable(self) -> tuple[Vec4, Vec4]:
        """Least and greatest force of each rotor one tick from now, N."""
        thrust, rise, keep, full = self._vehicle.thrust, self._rise, 1.0 - self._fall, self._full
        m1, m2, m3, m4 = self.motors
        low = (thrust(m1 * keep), thrust(m2 * keep), thrust(m3 * keep), thrust(m4 * keep))
        high = (
            thrust(m1 + rise * (full - m1)),
            thrust(m2 + rise * (full - m2)),
            thrust(m3 + rise * (full - m3)),
            thrust(m4 + rise * (full - m4)),
        )
        return low, high

    def command_for(self, forces: Vec4) -> Command:
        """Command that brings each rotor to its force, N, in one tick, as near as it can; the model follows it."""
        motor_for_thrust, rise, fall = self._vehicle.motor_for_thrust, self._rise, self._fall
        steady = []
        for motor, force in zip(self.motors, forces, strict=True):
            change = motor_for_thrust(force) - motor
            steady.append(motor + change / (rise if change > 0.0 else fall))
        scale = self._battery.command_per_steady(sum(steady) / 4)
        u1, u2, u3, u4 = (min(1.0, max(0.0, c * scale)) for c in steady)
        self._full = full = self._battery.steady_per_command((u1 + u2 + u3 + u4) / 4)
        self._battery.tick()
        m1, m2, m3, m4 = self.motors
        after = self._after_a_tick
        self._settle((after(m1, u1 * full), after(m2, u2 * full), after(m3, u3 * full), after(m4, u4 * full)))
        return Command((u1, u2, u3, u4))

    def _after_a_tick(self, motor: float, steady: float) -> float:
        return motor + (self._rise if steady > motor else self._fall) * (steady - motor)

    def _settle(self, motors: Vec4) -> None:
        thrust = self._vehicle.thrust
        m1, m2, m3, m4 = self.motors = motors
        self.forces: Vec4 = (thrust(m1), thrust(m2), thrust(m3), thrust(m4))
