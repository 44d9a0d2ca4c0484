"""Which force and torque act on the vehicle from outside, as functions of time alone.

Nothing here depends on how the plant is stepped or on what the controller does: the same seed gives the same wind.
Every load is constant between the instants that `next_change_ns` names. The residual noise is drawn on a fixed grid of
10 ms, in order, and held from one grid instant to the next.
"""

import bisect
from collections.abc import Sequence

import numpy as np

from hil.core.chance import rng
from hil.core.vehicle import Vehicle
from hil.scenario.conditions import Disturbance, Force, Gust, Residual, Torque
from hil_sim.noise import Floats, GaussMarkov, correlation_s
from hil_sim.timeline import NEVER_NS, nanoseconds

GRID_NS = 10_000_000
Load = tuple[float, float, float, float, float, float]  # force world N, torque body N m


class Loads:
    """Force and torque of one flight.

    `vehicle` turns the residual's accelerations into force and torque; one that states no residual has none.
    """

    def __init__(self, disturbances: Sequence[Disturbance], vehicle: Vehicle, *, seed: int) -> None:
        self._gusts = [
            (nanoseconds(gust.at_s), nanoseconds(gust.at_s + gust.for_s), gust.force_world_n)
            for gust in disturbances
            if isinstance(gust, Gust)
        ]
        self._changes_ns = sorted({instant for start, end, _ in self._gusts for instant in (start, end)})
        force, torque = np.zeros(3), np.zeros(3)
        force_chance, torque_chance = rng(seed, "force"), rng(seed, "torque")
        for disturbance in disturbances:
            if isinstance(disturbance, Force):
                force += np.add(disturbance.force_world_n, disturbance.std_n * force_chance.standard_normal(3))
            elif isinstance(disturbance, Torque):
                torque += np.add(disturbance.torque_body_n_m, disturbance.std_n_m * torque_chance.standard_normal(3))
        self._steady = np.concatenate((force, torque))
        self._noise = _residual(disturbances, vehicle, seed=seed)
        self._grid_index = 0
        self._current: Load = _as_load(self._steady)
        self._valid_ns = (0, 0)

    def next_change_ns(self, now_ns: int) -> int:
        """First instant after `now_ns` at which a load changes."""
        later = bisect.bisect_right(self._changes_ns, now_ns)
        change = self._changes_ns[later] if later < len(self._changes_ns) else NEVER_NS
        if self._noise is None:
            return change
        return min(change, (now_ns // GRID_NS + 1) * GRID_NS)

    def at(self, now_ns: int) -> Load:
        """Load from `now_ns` on; ask in order of time."""
        start, end = self._valid_ns
        if start <= now_ns < end:
            return self._current
        load = self._steady.copy()
        for start, end, force in self._gusts:
            if start <= now_ns < end:
                load[:3] += force
        if self._noise is not None:
            while self._grid_index < now_ns // GRID_NS:
                self._noise.advance(GRID_NS * 1e-9)
                self._grid_index += 1
            load += self._noise.value
        self._current, self._valid_ns = _as_load(load), (now_ns, self.next_change_ns(now_ns))
        return self._current


def _residual(disturbances: Sequence[Disturbance], vehicle: Vehicle, *, seed: int) -> GaussMarkov | None:
    scale = sum(disturbance.scale for disturbance in disturbances if isinstance(disturbance, Residual))
    residual = vehicle.residual
    if residual is None or not any(isinstance(disturbance, Residual) for disturbance in disturbances):
        return None
    force, torque = correlation_s(residual.force_cutoff_hz), correlation_s(residual.torque_cutoff_hz)
    std = np.concatenate(
        (
            np.multiply(vehicle.mass_kg * scale, residual.force_std_m_s2),
            np.multiply(vehicle.inertia_kg_m2, residual.torque_std_rad_s2) * scale,
        )
    ).tolist()
    return GaussMarkov(std, (force,) * 3 + (torque,) * 3, rng(seed, "residual"))


def _as_load(load: Floats) -> Load:
    fx, fy, fz, tx, ty, tz = load.tolist()
    return (fx, fy, fz, tx, ty, tz)
