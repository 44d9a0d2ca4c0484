"""Where a vehicle file, or mere inertia, says that a window ends."""

from dataclasses import dataclass

import numpy as np

from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil_sim.dynamics import Scalars, constants
from hil_sim.fidelity.attitudes import Array, product, to_world, turn_by
from hil_sim.fidelity.level import specific_force
from hil_sim.fidelity.plant import advanced, check_voltage, measured_state
from hil_sim.fidelity.trim import Trim, trim, untrimmed
from hil_sim.fidelity.windows import Windows

HELD_S = 0.1  # the specific force held is the mean over this time before the start: shorter is noisier and worse
_GRAVITY_WORLD = np.array([0.0, 0.0, -GRAVITY_M_S2])


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """States at the horizons. Axis 0: window; axis 1: horizon."""

    position: Array  # (n, 3 horizons, 3) world, m
    velocity: Array  # world, m/s
    attitude: Array  # xyzw
    rates: Array  # body, rad/s


def predict(vehicle: Vehicle, windows: Windows, *, trimmed: bool = True) -> Predicted:
    """Each window flown open loop from its measured start by the recorded commands. Raises BadInput without voltage."""
    check_voltage(vehicle, windows)
    own = trim(vehicle, windows)
    return flown(vehicle, windows, own if trimmed else untrimmed(own))


def flown(vehicle: Vehicle, windows: Windows, own: Trim) -> Predicted:
    """The same with a trim that is given."""
    scale = own.thrust_scale
    coefficients = constants(vehicle, (scale, scale, scale, scale))  # type: ignore[arg-type]  # arrays: one per window
    torque = tuple(j * own.torque_rad_s2[:, axis] for axis, j in enumerate(vehicle.inertia_kg_m2))
    state = measured_state(windows, windows.at, windows.smooth_rates, own.motors)
    wanted, states = windows.horizon_rows(), []
    for step in range(max(wanted)):
        state = advanced(vehicle, windows, windows.at + step, state, coefficients, torque)
        if step + 1 in wanted:
            states.append(state)
    return _predicted(states)


def hold(windows: Windows) -> Predicted:
    """The baseline that knows no vehicle: body rates and specific force (body axes) stay what they were.

    The force is the mean of R⁻¹ (Δv / Δt − g) over the last 0.1 s before the start.
    """
    rate_hz, at = windows.rate_hz, windows.at
    force = specific_force(windows, HELD_S)[0].mean(axis=1)  # (n, 3) body, m/s²
    rates = windows.smooth_rates[:, at]

    t_s = np.arange(max(windows.horizon_rows()) + 1) / rate_hz
    turned = product(windows.attitude[:, at, None], turn_by(rates[:, None] * t_s[:, None]))
    acceleration = to_world(turned, force[:, None]) + _GRAVITY_WORLD
    velocity = windows.velocity[:, at, None] + _running(acceleration, rate_hz)
    position = windows.position[:, at, None] + _running(velocity, rate_hz)
    rows = windows.horizon_rows()
    held = np.repeat(rates[:, None], len(rows), axis=1)
    return Predicted(position[:, rows], velocity[:, rows], turned[:, rows], held)


def _running(values: Array, rate_hz: float) -> Array:
    area = np.cumsum(0.5 * (values[:, 1:] + values[:, :-1]), axis=1) / rate_hz
    return np.concatenate([np.zeros_like(values[:, :1]), area], axis=1)


def _predicted(states: list[Scalars]) -> Predicted:
    table = np.stack([np.stack(state, axis=-1) for state in states], axis=1)  # (n, horizons, 17)
    return Predicted(table[..., 0:3], table[..., 7:10], table[..., 3:7], table[..., 10:13])
