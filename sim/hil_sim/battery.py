"""Where the motors settle for a command, at the voltage that this command leaves the battery.

V = V_rest − sag ū − drain t with ū the mean command, and motor i settles at u_i V / V_ref: identified from flights, so
good between hover and full throttle; with the rotors stopped it reads about 0.25 V above a real battery.
"""

import math
from dataclasses import dataclass

from hil.core.types import Vec4
from hil.core.vehicle import Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """A battery; the defaults are a vehicle without one, whose motors settle at the command itself."""

    rest_v: float = 1.0
    reference_v: float = 1.0
    sag_v: float = 0.0
    drain_v_s: float = 0.0

    def volts(self, command: Vec4, t_s: float) -> float:
        """Terminal voltage under this command, `t_s` into the flight."""
        return self.rest_v - self.sag_v * (sum(command) / 4.0) - self.drain_v_s * t_s

    def command_for(self, motors: Vec4) -> Vec4:
        """The command that keeps these motor states at t = 0: u = m V_ref / V, V² − V_rest V + sag V_ref m̄ = 0."""
        load = 4.0 * self.sag_v * self.reference_v * (sum(motors) / 4.0)
        volts = (self.rest_v + math.sqrt(max(0.0, self.rest_v * self.rest_v - load))) / 2.0
        u1, u2, u3, u4 = (min(1.0, motor * self.reference_v / volts) for motor in motors)
        return (u1, u2, u3, u4)


def supply_of(vehicle: Vehicle) -> Supply:
    """The supply of a vehicle, with or without a battery."""
    battery = vehicle.battery
    if battery is None:
        return Supply()
    return Supply(
        rest_v=battery.hover_v + battery.sag_v * vehicle.hover_command,
        reference_v=battery.reference_v,
        sag_v=battery.sag_v,
        drain_v_s=battery.drain_v_s,
    )
