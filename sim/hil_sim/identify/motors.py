"""Motor states and thrust of a recorded flight, for many motor lags at once.

x = u V / V_hover (or u / u_hover without a voltage), per motor: its mean gives a quarter of the weight, so motors that
differ do not matter. The state m follows x with a first-order lag, exactly, for a command that is held from row to row;
for a sample of a faster loop, it goes half way between held and straight to the next. With s0 the share of the weight
that stopped rotors give and γ = d ln T / d ln m at hover, the thrust per mass of one rotor is

    t = g / 4 (s0 + s1 m + s2 m²),   s1 = 2 (1 − s0) − γ,   s2 = γ − (1 − s0)
"""

import numpy as np

from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil_sim.fidelity.attitudes import Array

SMALLEST_CURVATURE = 0.02  # a vehicle's thrust has to grow as c2 m²


def stopped_share(vehicle: Vehicle) -> float:
    """Thrust of stopped rotors over the weight."""
    return 4.0 * vehicle.thrust_n[0] / (vehicle.mass_kg * GRAVITY_M_S2)


def exponent(vehicle: Vehicle) -> float:
    """Exponent of the power law that thrust follows near hover: d ln T / d ln m there."""
    m = vehicle.hover_motor
    _, c1, c2 = vehicle.thrust_n
    return (c1 + 2.0 * c2 * m) * m / vehicle.thrust(m)


def shares(gamma: float, stopped: float) -> tuple[float, float, float]:
    """s0, s1, s2 of the law with this exponent, which is raised where thrust would not grow as m²."""
    gamma = max(gamma, 1.0 - stopped + SMALLEST_CURVATURE)
    return stopped, 2.0 * (1.0 - stopped) - gamma, gamma - (1.0 - stopped)


def thrust_per_mass(motors: Array, gamma: float, stopped: float) -> Array:
    """Thrust per mass of single rotors, N/kg; 1 is the state at hover."""
    s0, s1, s2 = shares(gamma, stopped)
    thrust: Array = 0.25 * GRAVITY_M_S2 * (s0 + (s1 + s2 * motors) * motors)
    return thrust


def lagged(steady: Array, lags_s: Array, dt_s: float, *, held: bool) -> Array:
    """States (lags, rows, 4) behind steady states (rows, 4), settled at the first row."""
    memory = np.exp(-dt_s / lags_s)[:, None]
    ramp = lags_s[:, None] / dt_s * (1.0 - memory)
    before, now = 1.0 - memory, 0.0 * memory
    if not held:
        before, now = 0.5 * (before + ramp - memory), 0.5 * (1.0 - ramp)
    states = np.empty((len(lags_s), *steady.shape))
    states[:, 0] = state = np.repeat(steady[:1], len(lags_s), axis=0)
    for row in range(1, len(steady)):
        state = memory * state + before * steady[row - 1] + now * steady[row]
        states[:, row] = state
    return states
