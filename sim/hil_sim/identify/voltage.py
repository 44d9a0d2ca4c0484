"""The battery under load: V = a_flight − sag ū − drain t, with ū the mean command.

A controller raises ū as V falls, so what falls slowly would look like sag: that is taken from 0.2 to 1 Hz, where
manoeuvres move ū. Drain is the trend over a flight of what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hil_sim.fidelity.attitudes import Array
from hil_sim.identify.flown import Flown
from hil_sim.identify.resample import Clusters
from hil_sim.identify.slow import Line, slow

BAND_HZ = (0.2, 1.0)  # voltages are often logged at 10 Hz and held: above, they are late


@dataclass(frozen=True, slots=True, eq=False)
class Voltage:
    """Draws (r) of sag (V per unit mean command) and drain (V/s); hover voltage of each flight at its start."""

    sag_v: Array
    drain_v_s: Array
    hover_v: Array  # (flights,)


def voltage(flights: Sequence[Flown], reference_v: float, clusters: Clusters, weights: Array) -> Voltage | None:
    """The battery of all draws, None where no voltage was recorded."""
    sag, fall, rise = (Line(len(clusters), 1, trend=False) for _ in range(3))
    means = []
    for number, flight in enumerate(flights):
        if flight.volts is None:
            return None
        t_s = flight.t_s[flight.rows]
        cluster = clusters.of(number, t_s)
        both = np.stack([flight.volts, flight.commands.mean(axis=1)], axis=1)
        moved = slow(flight, both, BAND_HZ[1]) - slow(flight, both, BAND_HZ[0])
        sag.add(t_s, -moved[:, [1]], moved[:, 0], cluster)
        fall.add(t_s, -t_s[:, None], both[flight.rows, 0], cluster)
        rise.add(t_s, -t_s[:, None], both[flight.rows, 1], cluster)
        means.append((*both[flight.rows].mean(axis=0), t_s.mean()))
    sags = sag.slopes(weights)[:, 0]
    drains = fall.slopes(weights)[:, 0] + sags * rise.slopes(weights)[:, 0]
    volts, command, mean_s = np.array(means).T
    sag_v, drain_v_s = np.nan_to_num([sags[0], drains[0]])
    rest = volts + sag_v * command + drain_v_s * mean_s
    # at hover u = reference / V, so V² − rest V + sag reference = 0
    hover = 0.5 * (rest + np.sqrt(np.maximum(rest**2 - 4.0 * sag_v * reference_v, 0.0)))
    return Voltage(sags, drains, hover)
