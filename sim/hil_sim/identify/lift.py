"""At which motor state the vehicle hovers, how thrust grows there, and how much flights and motors differ in it.

Over the rows of a flight the power law T / M = g (x / x_h)^γ has to carry the mean specific force along body z:

    x_h^γ = ⟨x_i^γ⟩ g / ⟨a_z + D_z v_z⟩        over rows and motors; for one motor, over its own x_i

x = u V where a voltage is recorded, u where none is. γ comes from the response of a_z to thrust at 0.5 to 3 Hz, with
the estimator's vertical errors and what the set-point asks for as instruments (`response`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hil.core.vehicle import GRAVITY_M_S2
from hil_sim.fidelity.attitudes import Array
from hil_sim.identify.flown import Flown
from hil_sim.identify.motors import lagged, thrust_per_mass
from hil_sim.identify.resample import Clusters
from hil_sim.identify.response import fit, sums
from hil_sim.identify.spectra import Complex, transform

BAND_HZ = np.arange(0.5, 3.01, 0.5)  # above, too little moves it in recorded flights


@dataclass(frozen=True, slots=True, eq=False)
class Lift:
    """Motor states at hover, V or unitless, for thrust of exponent `gamma`."""

    gamma: float
    hover: Array  # (flights,) of all motors together
    hover_of_motor: Array  # (flights, 4) where each gives a quarter of the weight

    def steady(self, number: int, flight: Flown) -> Array:
        """Where the motors of flight `number` would settle, over hover, (n, 4)."""
        ratio: Array = inputs(flight) / self.hover_of_motor[number]
        return ratio

    @property
    def mismatch(self) -> float:
        """Standard deviation of thrust over nominal, over motors and flights."""
        mean = float(np.mean(self.hover))
        return float(np.std((mean / self.hover_of_motor) ** self.gamma, ddof=1))

    @property
    def mismatches(self) -> Array:
        """The same of each flight by itself, (flights,)."""
        spreads: Array = np.std((self.hover[:, None] / self.hover_of_motor) ** self.gamma, axis=1, ddof=1)
        return spreads


def inputs(flight: Flown) -> Array:
    """U V, or u without a voltage, (n, 4)."""
    return flight.commands if flight.volts is None else flight.commands * flight.volts[:, None]


def lift(flights: Sequence[Flown], *, gamma: float, drag_z_1_s: float) -> Lift:
    """Hover of each flight and motor."""
    whole, single = [], []
    for flight in flights:
        force = np.mean(flight.force[flight.rows, 2] + drag_z_1_s * flight.velocity[flight.rows, 2])
        power = np.mean(inputs(flight)[flight.rows] ** gamma, axis=0) * GRAVITY_M_S2 / force
        whole.append(np.mean(power) ** (1.0 / gamma))
        single.append(power ** (1.0 / gamma))
    return Lift(gamma, np.array(whole), np.array(single))


def exponents(
    flights: Sequence[Flown],
    of: Lift,
    clusters: Clusters,
    weights: Array,
    *,
    lag_s: float,
    delay_s: float,
    stopped: float,
    drag_z_1_s: float,
) -> Array:
    """γ of all draws (r,), at this lag and delay."""
    x, y, z, cluster = [], [], [], []
    for number, flight in enumerate(flights):
        state = lagged(of.steady(number, flight), np.array([lag_s]), 1.0 / flight.rate_hz, held=flight.held)[0]
        thrust = thrust_per_mass(state, of.gamma, stopped).sum(axis=-1)
        x.append(transform(thrust[None], flight.windows, flight.rate_hz, BAND_HZ))
        y.append(_vertical(flight, drag_z_1_s))
        z.append(_instruments(flight))
        cluster.append(clusters.of(number, flight.t_s[flight.windows[:, 0]]))
    asked = np.concatenate(z, axis=1)
    asked = asked[np.sqrt(np.mean(np.abs(asked) ** 2, axis=(1, 2))) > 1e-9]
    if len(asked) == 0:
        return np.full(len(weights), np.nan)
    of_all = sums(
        BAND_HZ, np.concatenate(x, axis=1), np.concatenate(y), asked, np.concatenate(cluster), weights.shape[1]
    )
    found: Array = of.gamma * fit(of_all, weights, np.array([delay_s])).gain[:, 0, 0]
    return found


def _vertical(flight: Flown, drag_z_1_s: float) -> Complex:
    """F of the specific force that thrust must have given, (n, f), as central differences would have left it."""
    turn = 2.0 * np.pi * BAND_HZ / flight.rate_hz
    force = flight.force[:, 2] + drag_z_1_s * flight.velocity[:, 2]
    found: Complex = transform(force, flight.windows, flight.rate_hz, BAND_HZ) / (np.sin(turn) / turn)
    return found


def _instruments(flight: Flown) -> Complex:
    """Estimator's vertical errors, the set-point's height, and the size of the acceleration it asks for, (4, n, f)."""
    asked = np.zeros_like(flight.setpoint)
    asked[1:-1] = np.diff(flight.setpoint, n=2, axis=0) * flight.rate_hz**2
    size = np.linalg.norm(asked + np.array([0.0, 0.0, GRAVITY_M_S2]), axis=1)
    all_of = np.stack([
        flight.velocity_error[:, 2], flight.position_error[:, 2], flight.setpoint[:, 2], size
    ])  # fmt: skip
    return transform(np.nan_to_num(all_of), flight.windows, flight.rate_hz, BAND_HZ)
