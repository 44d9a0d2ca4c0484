"""Drag, and how high above the centre of gravity it acts; both from slow motion, below 2 Hz.

    a_x = −D_x v_x + b,  the same in y                                 specific force, body
    −t1 − t2 + t3 + t4 = ω̇_x / K − (h_y D_y / arm) v_y + b              the moment that thrust has to balance
    −t1 + t2 + t3 − t4 = ω̇_y / K + (h_x D_x / arm) v_x + b

Drag along z is not looked for: thrust moves the vehicle up and down far more, and an error of its law looks the same.
b is each flight's own: motors, tilt of the markers, centre of gravity. The disturbance is on the side of the thrust,
which a controller uses to balance it, so velocity is the clean side and the slope is not biased by feedback.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hil_sim.fidelity.attitudes import Array
from hil_sim.identify.flown import Flown
from hil_sim.identify.resample import Clusters
from hil_sim.identify.slow import Line, rms, slow
from hil_sim.identify.turning import PITCH, ROLL

STILL_M_S = 0.1  # RMS of a velocity below which nothing is known of its drag


@dataclass(frozen=True, slots=True, eq=False)
class Drag:
    """Draws (r): drag per mass, 1/s, and differential thrust per velocity, N/kg per m/s; NaN where nothing moved."""

    x: Array
    y: Array
    roll_per_vy: Array
    pitch_per_vx: Array


def drag(flights: Sequence[Flown], thrusts: Sequence[Array], clusters: Clusters, weights: Array) -> Drag:
    """Drag of all draws; `thrusts` are those of the rotors per mass, (n, 4) N/kg, at the lag found."""
    along = [Line(len(clusters), 1, trend=True) for _ in range(2)]
    balance = [Line(len(clusters), 2, trend=True) for _ in range(2)]
    speeds = []
    for number, (flight, thrust) in enumerate(zip(flights, thrusts, strict=True)):
        t_s = flight.t_s[flight.rows]
        cluster = clusters.of(number, t_s)
        velocity, force = slow(flight, flight.velocity), slow(flight, flight.force)
        turning = slow(flight, np.gradient(flight.rates, 1.0 / flight.rate_hz, axis=0))
        lift = slow(flight, np.stack([thrust @ ROLL, thrust @ PITCH], axis=1))
        speeds.append(velocity - velocity.mean(axis=0))
        for axis in range(2):
            along[axis].add(t_s, -velocity[:, [axis]], force[:, axis], cluster)
            balance[axis].add(t_s, np.stack([velocity[:, 1 - axis], turning[:, axis]], axis=1), lift[:, axis], cluster)
    moves = rms(speeds) > STILL_M_S

    def where(moving: bool, slopes: Array) -> Array:
        return slopes[:, 0] if moving else np.full(len(slopes), np.nan)

    return Drag(
        x=where(moves[0], along[0].slopes(weights)),
        y=where(moves[1], along[1].slopes(weights)),
        roll_per_vy=where(moves[1], balance[0].slopes(weights)),
        pitch_per_vx=where(moves[0], balance[1].slopes(weights)),
    )
