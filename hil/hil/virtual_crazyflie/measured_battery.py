"""Motor duty from wanted forces, by the voltage that the firmware measures: its battery compensation.

The firmware turns a force into a motor voltage by its cubic (`hil_controllers.actuation`) and divides by the battery
voltage, filtered. What exceeds full duty is then taken from all four.
"""

from hil.core.types import Command, Vec4
from hil.core.vehicle import Vehicle
from hil_controllers.actuation import FIRMWARE_FULL_SCALE_N, FIRMWARE_LEAST_N, Actuation, volts_for

_FILTER = 0.05  # share of a new reading in the filtered voltage, at 500 Hz: 40 ms, assumed


class MeasuredBattery(Actuation):
    """Duty for forces, each a fraction of `full_scale_n`; tell it the voltage before each command."""

    full_scale_n = FIRMWARE_FULL_SCALE_N

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self._volts: float | None = None

    def reset(self) -> None:
        """Forget the voltage."""
        self._volts = None

    def measure(self, volts: float) -> None:
        """What the battery has now, V."""
        self._volts = volts if self._volts is None else self._volts + _FILTER * (volts - self._volts)

    def command(self, fractions: Vec4) -> Command:
        """Duty for the next tick."""
        f1, f2, f3, f4 = (self._duty(fraction * self.full_scale_n) for fraction in fractions)
        excess = max(0.0, max(f1, f2, f3, f4) - 1.0)
        return Command((max(0.0, f1 - excess), max(0.0, f2 - excess), max(0.0, f3 - excess), max(0.0, f4 - excess)))

    def _duty(self, force_n: float) -> float:
        if self._vehicle.battery is None or self._volts is None:
            return self._vehicle.motor_for_thrust(force_n)
        if force_n < FIRMWARE_LEAST_N:
            return 0.0
        return volts_for(force_n) / max(1.0, self._volts)
