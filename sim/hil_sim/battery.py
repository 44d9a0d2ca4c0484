"""Where the motors settle for a command, at the voltage that this command leaves the battery.

V = V_rest − sag ū − drain t with ū the mean command, and motor i settles at u_i V / V_ref: identified from flights, so
good between hover and full throttle; with the rotors stopped it reads about 0.25 V above a real battery.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from hil.core.types import Vec4
from hil.core.vehicle import Vehicle
from hil_sim.dynamics import Scalars


class Supply(NamedTuple):
    """A battery; the defaults are a vehicle without one, whose motors settle at the command itself."""

    rest_v: float = 1.0
    reference_v: float = 1.0
    sag_v: float = 0.0
    drain_v_s: float = 0.0

    def volts(self, command: Vec4, t_s: float) -> float:
        """Terminal voltage under this command, `t_s` into the flight."""
        u1, u2, u3, u4 = command
        return self.rest_v - self.sag_v * ((u1 + u2 + u3 + u4) / 4.0) - self.drain_v_s * t_s

    def command_for(self, motors: Vec4) -> Vec4:
        """The command that keeps these motor states at t = 0, at most 1."""
        u1, u2, u3, u4 = holding_command(motors, self, math.sqrt, max, min)
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


def steady_motors(command: Scalars, t_s: float, supply: Scalars) -> Scalars:
    """Where the four motors settle under this command, `t_s` into the flight; for floats and arrays alike."""
    u1, u2, u3, u4 = command
    rest, reference, sag, drain = supply
    scale = (rest - sag * ((u1 + u2 + u3 + u4) / 4.0) - drain * t_s) / reference
    return (scale * u1, scale * u2, scale * u3, scale * u4)


def holding_command(
    motors: Scalars,
    supply: Scalars,
    sqrt: Callable[[Any], Any],
    greater: Callable[[Any, Any], Any],
    less: Callable[[Any, Any], Any],
) -> Scalars:
    """Inverse of `steady_motors` at t = 0: u = m V_ref / V, V² − V_rest V + sag V_ref m̄ = 0; for floats and arrays."""
    m1, m2, m3, m4 = motors
    rest, reference, sag, _ = supply
    load = 4.0 * sag * reference * ((m1 + m2 + m3 + m4) / 4.0)
    volts = (rest + sqrt(greater(0.0, rest * rest - load))) / 2.0
    return tuple(less(1.0, motor * reference / volts) for motor in (m1, m2, m3, m4))
