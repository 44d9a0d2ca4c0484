"""Many flights of one vehicle at once, under one scenario's conditions: each has the bits of a `Quadrotor` alone.

Flights of one scenario share every instant: delays, faults, gusts, kicks, the grid of the residual. So all are cut
where one would be (`hil_sim.timeline`, `hil_sim.loads`), and only values differ. The floor is seen to after each piece,
for those that touch it.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hil.core.arrays import Floats
from hil.core.errors import BadInput
from hil.core.types import Start
from hil.core.vehicle import Vehicle
from hil.scenario.conditions import Delay, Disturbance, Fault, Kick, MotorEfficiency, Randomise
from hil_sim.arithmetic import ARRAYS
from hil_sim.batch.chances import Chances
from hil_sim.batch.plant import BatchPlant
from hil_sim.batch.terms import DRAWN, OPTIONAL
from hil_sim.battery import supply_of
from hil_sim.dynamics import Scalars
from hil_sim.ground import Contact, settled
from hil_sim.loads import Loads
from hil_sim.timeline import Events, nanoseconds
from hil_sim.variation import varied

AHEAD = 60  # draws of the residual kept: 10 grid instants
_STATE_ROWS = (0, 1, 2, 7, 8, 9, 3, 4, 5, 6, 10, 11, 12)  # of a plant's states: position, velocity, attitude, rates
_HEIGHT, _MOVING = 2, slice(7, 13)


class Flights:
    """What `hil_sim.quadrotor.Quadrotor` is to one flight, with the same conditions; states are rows (13, n).

    A flight that is over has a state of NaN: it costs, and does nothing any more.
    """

    def __init__(
        self,
        vehicle: Vehicle,
        *,
        disturbances: Sequence[Disturbance] = (),
        faults: Sequence[Fault] = (),
        randomise: Randomise | None = None,
        action_delay_s: float = 0.0,
        ground: bool = True,
        backend: Literal["numba", "numpy"] | None = None,
        threads: int = 1,
    ) -> None:
        self._vehicle = vehicle
        self._disturbances, self._faults = tuple(disturbances), tuple(faults)
        self._randomise = randomise or Randomise()
        self._action_delay_s, self._floor = action_delay_s, ground
        self._supply = supply_of(vehicle)
        self._events = Events(self._disturbances, self._faults)
        self._pushed = any(not isinstance(disturbance, Kick) for disturbance in disturbances)
        self._weaken = any(isinstance(fault, MotorEfficiency) for fault in faults)
        self._backend, self._threads = backend, threads

    def reset(self, starts: Sequence[Start], seeds: Sequence[int]) -> Floats:
        """Begin n flights at t = 0, each at its start and with its own seed; their states (13, n)."""
        if len(starts) != len(seeds) or not starts:
            raise BadInput(f"{len(starts)} starts for {len(seeds)} seeds; flights need one of each")
        drawn = [varied(self._vehicle, self._randomise, seed=seed) for seed in seeds]
        self._actual, self._healthy = [actual for actual, _ in drawn], np.array([rotors for _, rotors in drawn])
        self._plant = BatchPlant(
            self._actual,
            dtype="float64",
            nominal=self._vehicle,
            efficiency=self._healthy,
            action_delay_s=self._action_delay_s,
            delays=[fault for fault in self._faults if isinstance(fault, Delay)],
            loads=self._pushed,
            varying=self._varying(),
            backend=self._backend,
            threads=self._threads,
        )
        self._loads = Loads(self._disturbances, self._actual, lambda purpose: Chances(seeds, purpose, ahead=AHEAD))
        self._load: Scalars | None = None
        self._over = np.zeros(len(seeds), bool)
        states = self._started(starts)
        self._contact = Contact(np.zeros(len(seeds), bool), np.zeros(len(seeds), bool))
        if self._floor:
            low = states[:, _HEIGHT] <= 0.0
            states[low, _HEIGHT] = 0.0
            self._contact = self._contact._replace(on_ground=low & (states[:, 9] <= 0.0))
        self._plant.reset(states)
        self._now_ns = 0
        return self.states

    def step(self, commands: Floats, dt_s: float) -> Floats:
        """Hold commands (n, 4) for `dt_s`; the true states (13, n) after it. Those of flights that are over: unread."""
        if self._over.any():
            commands = np.where(self._over[:, None], 0.0, commands)
        now, end = self._now_ns, self._now_ns + nanoseconds(dt_s)
        with np.errstate(all="ignore"):  # a flight that leaves the range of floats is told by its state
            self._plant.issue(commands)
            while now < end:
                if self._events.happens_at(now):
                    self._happen(now)
                if self._pushed:
                    self._push(now)
                until = min(end, self._events.next_change_ns(now), self._loads.next_change_ns(now))
                self._fly(until)
                self._now_ns = now = until
        return self.states

    @property
    def states(self) -> Floats:
        """Copy of the true states now, (13, n): a row each for position, velocity, attitude and rates."""
        return self._plant.backend.rows(_STATE_ROWS)

    @property
    def battery_v(self) -> Floats | None:
        """Terminal voltages now (n,); None for a vehicle without a battery."""
        if self._vehicle.battery is None:
            return None
        u1, u2, u3, u4 = self._plant.obeyed.T
        return np.asarray(self._supply.volts((u1, u2, u3, u4), self._now_ns / 1e9))

    def end(self, where: NDArray[np.int64]) -> None:
        """Let these flights (k,) be over."""
        self._over[where] = True
        self._plant.move(np.full((len(where), 17), np.nan), where)
        self._contact.on_ground[where] = False

    def _varying(self) -> tuple[str, ...]:
        """What differs between flights or changes in flight; the same for any seeds, so that one program serves."""
        drawn = DRAWN if self._randomise != Randomise() else ()
        return (*drawn, *(OPTIONAL["mismatch"] if self._weaken or self._vehicle.motor_mismatch_std > 0.0 else ()))

    def _started(self, starts: Sequence[Start]) -> Floats:
        """States of the plant (n, 17) at these starts, as they are given."""
        full = self._vehicle.full_motor()
        rows = []
        for (state, motors), actual in zip(starts, self._actual, strict=True):
            turning = (actual.hover_motor,) * 4 if motors is None else [motor * full for motor in motors]
            rows.append((*state.position, *state.attitude, *state.velocity, *state.rates, *turning))
        return np.array(rows)

    def _happen(self, now_ns: int) -> None:
        if self._weaken:
            efficiency = np.stack(self._events.efficiency(now_ns, tuple(self._healthy.T)), axis=1)
            self._plant.set_vehicles(self._actual, efficiency=efficiency)
        if kicks := self._events.kicks_at(now_ns):
            states = self._plant.states
            for velocity, rates in kicks:
                states[:, _MOVING] += (*velocity, *rates)
            self._plant.move(states)

    def _push(self, now_ns: int) -> None:
        load = self._loads.at(now_ns)
        if load is not self._load:
            self._load = load
            self._plant.set_loads(np.stack(load, axis=1))

    def _fly(self, until_ns: int) -> None:
        slots, pieces = self._plant.pieces_until(until_ns)
        if not self._floor:
            self._plant.backend.fly(slots, pieces)
            return
        for slot, piece in zip(slots, pieces, strict=True):
            before = self._plant.states if self._contact.on_ground.any() else None
            self._plant.backend.fly([slot], [piece])
            touching = self._contact.on_ground | (self._plant.backend.rows([_HEIGHT])[0] < 0.0)
            if touching.any():
                self._settle(np.flatnonzero(touching), before, piece[0])

    def _settle(self, where: NDArray[np.int64], before: Floats | None, h: float) -> None:
        """Let the floor see to the flights `where`; `before` (n, 17) is None where none was on it."""
        after = self._plant.states[where]
        earlier = after if before is None else before[where]
        on_ground, lies = self._contact
        state, contact = settled(tuple(earlier.T), tuple(after.T), Contact(on_ground[where], lies[where]), h, ARRAYS)
        self._plant.move(np.stack(state, axis=1), where)
        on_ground[where], lies[where] = contact
