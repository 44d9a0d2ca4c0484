"""What differs from flight to flight and cannot be in a vehicle file, taken from the rows before a window only.

One scale on the thrust of all rotors (propellers, mass, battery) from the last second, and a constant torque (unequal
motors, centre of gravity) from the last half second. The model makes single steps, each from a measured row; with A
what a step gains in velocity from thrust, B from everything else, W in rates, all in the axes of the state:

    scale = ⟨ΣA, Δv − ΣB⟩ / ⟨ΣA, ΣA⟩
    torque / J = slope over time of ω − ΣW      least squares, per axis, with the thrust already scaled
"""

from dataclasses import dataclass

import numpy as np

from hil.core.vehicle import Vehicle
from hil_sim.dynamics import Scalars, constants
from hil_sim.fidelity.attitudes import Array
from hil_sim.fidelity.plant import advanced, measured_state, steady_motors
from hil_sim.fidelity.windows import Windows

THRUST_S = 1.0
TORQUE_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Trim:
    """Per window: thrust over nominal (n,), angular acceleration left over (n, 3) rad/s², motor states at the start."""

    thrust_scale: Array
    torque_rad_s2: Array
    motors: Scalars  # four (n,), unitless


def trim(vehicle: Vehicle, windows: Windows) -> Trim:
    """The trim of each window for this vehicle, from its rows up to the start."""
    with_thrust, without = constants(vehicle), constants(vehicle, (0.0, 0.0, 0.0, 0.0))
    motors = steady_motors(vehicle, windows, 0, 0)
    full, coasting = [], []
    for row in range(windows.at):
        state = measured_state(windows, row, windows.rates, motors)
        after = advanced(vehicle, windows, row, state, with_thrust)
        full.append(_gained(state, after))
        coasting.append(_gained(state, advanced(vehicle, windows, row, state, without)))
        motors = after[13:]
    rest = np.stack(coasting, axis=1)  # (n, rows, 6)
    thrust = np.stack(full, axis=1) - rest

    since = windows.at - round(THRUST_S * windows.rate_hz)
    lift, others = thrust[:, since:, :3].sum(axis=1), rest[:, since:, :3].sum(axis=1)
    gained = windows.velocity[:, windows.at] - windows.velocity[:, since]
    scale = np.sum(lift * (gained - others), axis=1) / np.sum(lift * lift, axis=1)

    since = windows.at - round(TORQUE_S * windows.rate_hz)
    turning = rest[:, since:, 3:] + scale[:, None, None] * thrust[:, since:, 3:]
    unexplained = np.array(windows.rates[:, since : windows.at + 1])
    unexplained[:, 1:] -= np.cumsum(turning, axis=1)
    t_s = np.arange(unexplained.shape[1]) / windows.rate_hz
    t_s -= t_s.mean()
    slope = np.einsum("r,nrk->nk", t_s, unexplained) / np.sum(t_s * t_s)
    return Trim(scale, slope, motors)


def untrimmed(trimmed: Trim) -> Trim:
    """The same motor states with nothing adapted."""
    return Trim(np.ones_like(trimmed.thrust_scale), np.zeros_like(trimmed.torque_rad_s2), trimmed.motors)


def _gained(before: Scalars, after: Scalars) -> Array:
    """Velocity (world, m/s) and rates (body, rad/s) gained from one row to the next. (n, 6)."""
    return np.stack([after[k] - before[k] for k in range(7, 13)], axis=1)
