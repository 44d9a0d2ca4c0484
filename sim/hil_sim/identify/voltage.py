"""The battery under load: V = a_flight − sag ū − drain t, below 2 Hz, ū the mean command."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hil_sim.fidelity.attitudes import Array
from hil_sim.identify.flown import Flown
from hil_sim.identify.resample import Clusters
from hil_sim.identify.slow import Line, slow


@dataclass(frozen=True, slots=True, eq=False)
class Voltage:
    """Draws (r) of sag (V per unit mean command) and drain (V/s); hover voltage of each flight at its start."""

    sag_v: Array
    drain_v_s: Array
    hover_v: Array  # (flights,)


def voltage(flights: Sequence[Flown], reference_v: float, clusters: Clusters, weights: Array) -> Voltage | None:
    """The battery of all draws, None where no voltage was recorded."""
    line = Line(len(clusters), 2, trend=False)
    means = []
    for number, flight in enumerate(flights):
        if flight.volts is None:
            return None
        t_s = flight.t_s[flight.rows]
        both = slow(flight, np.stack([flight.volts, flight.commands.mean(axis=1)], axis=1))
        line.add(t_s, np.stack([-both[:, 1], -t_s], axis=1), both[:, 0], clusters.of(number, t_s))
        means.append((*both.mean(axis=0), t_s.mean()))
    slopes = line.slopes(weights)
    volts, command, t_s = np.array(means).T
    sag_v, drain_v_s = slopes[0] if np.isfinite(slopes[0]).all() else (0.0, 0.0)
    rest = volts + sag_v * command + drain_v_s * t_s
    # at hover u = reference / V, so V² − rest V + sag reference = 0
    hover = 0.5 * (rest + np.sqrt(np.maximum(rest**2 - 4.0 * sag_v * reference_v, 0.0)))
    return Voltage(slopes[:, 0], slopes[:, 1], hover)
