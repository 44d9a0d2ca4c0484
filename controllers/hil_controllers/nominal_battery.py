"""What voltage the nominal battery has under the commands given, and so what a command is worth.

Without a battery the steady motor state c is the command u. With one c = u V / V_ref and V sags with the mean command,
so for wanted states V solves V² − A V + B c̄ V_ref = 0 with A = V_hover + B u_hover − drain t, B the sag per unit of
mean command. Time runs from `reset`, at the nominal drain: a controller is not told the voltage.
"""

import math

from hil.core.vehicle import Vehicle


class NominalBattery:
    """The nominal vehicle's battery since take-off."""

    def __init__(self, vehicle: Vehicle, dt_s: float) -> None:
        self._battery = vehicle.battery
        self._hover_command = vehicle.hover_command
        self._dt_s = dt_s
        self.reset()

    def reset(self) -> None:
        """As at t = 0."""
        self._ticks = 0

    def tick(self) -> None:
        """One tick later."""
        self._ticks += 1

    def command_per_steady(self, mean_steady: float) -> float:
        """V_ref / V when the steady motor states have this mean: times a state, the command for it."""
        battery = self._battery
        if battery is None:
            return 1.0
        rest_v = battery.hover_v + battery.sag_v * self._hover_command - battery.drain_v_s * self._ticks * self._dt_s
        under_root = rest_v * rest_v - 4.0 * battery.sag_v * mean_steady * battery.reference_v
        return 2.0 * battery.reference_v / (rest_v + math.sqrt(max(0.0, under_root)))

    def steady_per_command(self, mean_command: float) -> float:
        """V / V_ref when the commands have this mean: times a command, the state it leads to."""
        battery = self._battery
        if battery is None:
            return 1.0
        sag_v = battery.sag_v * (self._hover_command - mean_command)
        return (battery.hover_v + sag_v - battery.drain_v_s * self._ticks * self._dt_s) / battery.reference_v
