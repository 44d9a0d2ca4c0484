"""From wanted rotor forces to motor commands: as the firmware does it, or with motor-lag compensation.

The firmware's motor unit is 1/65535 of a full-scale force. It turns force into motor voltage by a cubic fitted to a
thrust stand and divides by the battery voltage (Bitcraze crazyflie-firmware, platform_defaults_cf2.h, "2.1+
propellers"): F = c0 + c1 V + c2 V² + c3 V³. Recorded flights agree: 59 000 of 65 535 in hover, 0.108 N by this scale,
is 2.945 V by the cubic, and 2.94 V is what the motors were given. (So a rotor's force in N is the firmware's belief; a
vehicle of assumed mass may hover at another force, but not at another voltage.)
"""

import math
from abc import ABC, abstractmethod

from hil.core.types import Command, Vec4
from hil.core.vehicle import Vehicle
from hil_controllers.nominal_battery import NominalBattery
from hil_controllers.rotors import Rotors

FIRMWARE_FULL_SCALE_N = 0.12
FIRMWARE_LEAST_N = 0.02  # below it the motor stops
FIRMWARE_N_OF_VOLTS = (-0.02476537915958403, 0.06523793527519485, -0.026792504967750107, 0.006776789303971145)


class Actuation(ABC):
    """Commands for four forces, each as a fraction of `full_scale_n`."""

    full_scale_n: float

    @abstractmethod
    def reset(self) -> None:
        """Back to the start of a flight."""

    @abstractmethod
    def command(self, fractions: Vec4) -> Command:
        """Command for the next tick."""


class FirmwareActuation(Actuation):
    """Battery compensation on the nominal battery, then the cap: what exceeds full duty is taken from all four.

    A vehicle without a battery gets its own steady thrust curve instead of the cubic.
    """

    full_scale_n = FIRMWARE_FULL_SCALE_N

    def __init__(self, vehicle: Vehicle, dt_s: float) -> None:
        self._vehicle = vehicle
        self._battery = NominalBattery(vehicle, dt_s)

    @property
    def hover_fraction(self) -> float:
        """Fraction of full scale at which the nominal vehicle hovers."""
        vehicle = self._vehicle
        if vehicle.battery is None:
            return vehicle.thrust(vehicle.hover_motor) / self.full_scale_n
        return newtons_at(vehicle.hover_motor * vehicle.battery.reference_v) / self.full_scale_n

    def reset(self) -> None:
        """Battery as at take-off."""
        self._battery.reset()

    def command(self, fractions: Vec4) -> Command:
        """Command for the next tick."""
        steady = [self._steady(fraction * self.full_scale_n) for fraction in fractions]
        scale = self._battery.command_per_steady(sum(steady) / 4)
        self._battery.tick()
        excess = max(0.0, max(steady) * scale - 1.0)
        u1, u2, u3, u4 = (max(0.0, c * scale - excess) for c in steady)
        return Command((u1, u2, u3, u4))

    def _steady(self, force_n: float) -> float:
        if self._vehicle.battery is None:
            return self._vehicle.motor_for_thrust(force_n)
        if force_n < FIRMWARE_LEAST_N:
            return 0.0
        return volts_for(force_n) / self._vehicle.battery.reference_v


class LeadActuation(Actuation):
    """Forces approached with the time constant `lag_s` instead of the motors' own; full scale is full command."""

    def __init__(self, vehicle: Vehicle, dt_s: float, *, lag_s: float) -> None:
        self.full_scale_n = vehicle.thrust(vehicle.full_motor())
        self._rotors = Rotors(vehicle, dt_s)
        self._approach = 1.0 - math.exp(-dt_s / lag_s)

    def reset(self) -> None:
        """Rotors at hover."""
        self._rotors.reset()

    def command(self, fractions: Vec4) -> Command:
        """Command for the next tick. Torques survive: all four are lowered into full scale, or raised above zero."""
        room = 1.0 - max(fractions)
        shift = min(room, max(0.0, -min(fractions)))
        f1, f2, f3, f4 = (
            now + self._approach * (max(0.0, wanted + shift) * self.full_scale_n - now)
            for wanted, now in zip(fractions, self._rotors.forces, strict=True)
        )
        return self._rotors.command_for((f1, f2, f3, f4))


def newtons_at(volts: float) -> float:
    """Force the firmware expects of a motor at this voltage, N."""
    c0, c1, c2, c3 = FIRMWARE_N_OF_VOLTS
    return c0 + (c1 + (c2 + c3 * volts) * volts) * volts


def volts_for(force_n: float) -> float:
    """Motor voltage at which the firmware expects this force, V, by Newton's method on its cubic, which only rises."""
    _, c1, c2, c3 = FIRMWARE_N_OF_VOLTS
    volts = 3.0
    for _ in range(8):
        volts -= (newtons_at(volts) - force_n) / (c1 + (2.0 * c2 + 3.0 * c3 * volts) * volts)
    return volts
