"""Which force and torque act on the vehicle from outside, as functions of time alone.

Nothing here depends on how the plant is stepped or on what the controller does: the same seed gives the same wind.
Every load is constant between the instants that `next_change_ns` names. The residual noise is drawn on a fixed grid of
10 ms, in order, and held from one grid instant to the next.
"""

import bisect
from collections.abc import Callable, Sequence
from typing import Self

import numpy as np

from hil.core.chance import rng
from hil.core.types import Vec3
from hil.core.vehicle import Residual as OfVehicle
from hil.core.vehicle import Vehicle
from hil.scenario.conditions import Disturbance, Force, Gust, Residual, Torque
from hil_sim.arithmetic import ARRAYS, FLOATS
from hil_sim.dynamics import Scalars
from hil_sim.noise import Chance, Floats, GaussMarkov, beside, correlation_s
from hil_sim.timeline import NEVER_NS, nanoseconds

GRID_NS = 10_000_000


class Loads:
    """Force and torque of the flight of one vehicle; or of many at once, each number an array (n,).

    `vehicles` turn the residual's accelerations into force and torque; those that state no residual have none.
    `chance` gives what draws for a purpose.
    """

    def __init__(
        self,
        disturbances: Sequence[Disturbance],
        vehicles: Vehicle | Sequence[Vehicle],
        chance: Callable[[str], Chance],
    ) -> None:
        self._gusts = [
            (nanoseconds(gust.at_s), nanoseconds(gust.at_s + gust.for_s), np.array(gust.force_world_n))
            for gust in disturbances
            if isinstance(gust, Gust)
        ]
        self._changes_ns = sorted({instant for start, end, _ in self._gusts for instant in (start, end)})
        self._steady = np.zeros(6 if isinstance(vehicles, Vehicle) else (6, len(vehicles)))
        force_chance, torque_chance = chance("force"), chance("torque")
        for disturbance in disturbances:
            if isinstance(disturbance, Force):
                self._steady[:3] += _drawn(disturbance.force_world_n, disturbance.std_n, force_chance)
            elif isinstance(disturbance, Torque):
                self._steady[3:] += _drawn(disturbance.torque_body_n_m, disturbance.std_n_m, torque_chance)
        self._noise = _residual(disturbances, vehicles, chance)
        self._grid_index = 0
        self._components = (FLOATS if isinstance(vehicles, Vehicle) else ARRAYS).components
        self._current = self._components(self._steady)
        self._valid_ns = (0, 0)

    @classmethod
    def of_flight(cls, disturbances: Sequence[Disturbance], vehicle: Vehicle, *, seed: int) -> Self:
        """The loads of the flight with this seed."""
        return cls(disturbances, vehicle, lambda purpose: rng(seed, purpose))

    def next_change_ns(self, now_ns: int) -> int:
        """First instant after `now_ns` at which a load changes."""
        later = bisect.bisect_right(self._changes_ns, now_ns)
        change = self._changes_ns[later] if later < len(self._changes_ns) else NEVER_NS
        if self._noise is None:
            return change
        return min(change, (now_ns // GRID_NS + 1) * GRID_NS)

    def at(self, now_ns: int) -> Scalars:
        """Force (world, N) and torque (body, N m) from `now_ns` on, six numbers; ask in order of time."""
        start, end = self._valid_ns
        if start <= now_ns < end:
            return self._current
        load = self._steady.copy()
        for start, end, force in self._gusts:
            if start <= now_ns < end:
                load[:3] += beside(force, load)
        if self._noise is not None:
            while self._grid_index < now_ns // GRID_NS:
                self._noise.advance(GRID_NS * 1e-9)
                self._grid_index += 1
            load += self._noise.value
        self._current, self._valid_ns = self._components(load), (now_ns, self.next_change_ns(now_ns))
        return self._current


def _drawn(fixed: Vec3, std: float, chance: Chance) -> Floats:
    drawn = std * chance.standard_normal(3)
    return beside(np.array(fixed), drawn) + drawn


def _residual(
    disturbances: Sequence[Disturbance], vehicles: Vehicle | Sequence[Vehicle], chance: Callable[[str], Chance]
) -> GaussMarkov | None:
    scale = sum(disturbance.scale for disturbance in disturbances if isinstance(disturbance, Residual))
    one = isinstance(vehicles, Vehicle)
    listed = [vehicles] if isinstance(vehicles, Vehicle) else vehicles
    residual = listed[0].residual
    if residual is None or not any(isinstance(disturbance, Residual) for disturbance in disturbances):
        return None
    force, torque = correlation_s(residual.force_cutoff_hz), correlation_s(residual.torque_cutoff_hz)
    stds = np.array([_std(vehicle, residual, scale) for vehicle in listed])
    return GaussMarkov(stds[0] if one else stds.T, (force,) * 3 + (torque,) * 3, chance("residual"))


def _std(vehicle: Vehicle, residual: OfVehicle, scale: float) -> Floats:
    """Standard deviations of force, N, and torque, N m, (6,)."""
    force = np.multiply(vehicle.mass_kg * scale, residual.force_std_m_s2)
    return np.concatenate((force, np.multiply(vehicle.inertia_kg_m2, residual.torque_std_rad_s2) * scale))
