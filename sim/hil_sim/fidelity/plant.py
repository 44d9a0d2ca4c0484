"""The bench's own equations of motion over many windows at once, driven by recorded commands and voltage."""

from collections.abc import Iterator

import numpy as np

from hil.core.errors import BadInput
from hil.core.types import ZERO3
from hil.core.vehicle import Vehicle
from hil_sim.dynamics import Scalars, derivative, normalised
from hil_sim.fidelity.attitudes import Array
from hil_sim.fidelity.windows import Windows
from hil_sim.integrators import rk4

SAME_INSTANT_S = 1e-9


def steady_motors(vehicle: Vehicle, windows: Windows, command: int, voltage: int) -> Scalars:
    """Where the motors settle under the command of one row at the voltage of another: four arrays (n,)."""
    motors = windows.motors[:, max(command, 0)]
    if vehicle.battery is not None:
        volts = windows.battery_v[:, max(voltage, 0)]
        motors = motors * (volts / vehicle.battery.reference_v)[:, None]
    return tuple(motors.T)


def pieces(vehicle: Vehicle, windows: Windows, row: int) -> Iterator[tuple[float, Scalars]]:
    """Stretches of constant input from one row to the next: seconds, steady motors.

    A command is held from its row plus the vehicle's delay to the next row plus the same. Each stretch has the voltage
    of that end of it which is a row: there, this command was in force.
    """
    dt_s = 1.0 / windows.rate_hz
    late = int((vehicle.command_delay_s + SAME_INSTANT_S) / dt_s)
    rest_s = max(0.0, vehicle.command_delay_s - late * dt_s)
    if rest_s > SAME_INSTANT_S:
        yield rest_s, steady_motors(vehicle, windows, row - late - 1, row)
        dt_s -= rest_s
    yield dt_s, steady_motors(vehicle, windows, row - late, row + 1)


def advanced(
    vehicle: Vehicle, windows: Windows, row: int, state: Scalars, constants: Scalars, torque: Scalars = ZERO3
) -> Scalars:
    """The state one row later; `torque` about the body axes, N m, each a number or (n,)."""
    for length_s, motors in pieces(vehicle, windows, row):
        state = rk4(derivative, state, (*motors, *ZERO3, *torque), constants, length_s)
    return normalised(state, np.sqrt)


def measured_state(windows: Windows, row: int, rates: Array, motors: Scalars) -> Scalars:
    """The 17 states at a row: truth, with these rates (n, rows, 3) and motor states."""
    return (
        *windows.position[:, row].T,
        *windows.attitude[:, row].T,
        *windows.velocity[:, row].T,
        *rates[:, row].T,
        *motors,
    )


def check_voltage(vehicle: Vehicle, windows: Windows) -> None:
    """Raises BadInput where a vehicle's thrust depends on a voltage that was not recorded."""
    if vehicle.battery is not None and not np.isfinite(windows.battery_v).all():
        raise BadInput(
            f"vehicle {vehicle.name!r} needs the battery's voltage, and a flight has none",
            hint="leave that flight out, or give a vehicle without [battery]",
        )
