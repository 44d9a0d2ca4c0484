"""The simulated plant over many vehicles: for training and Monte Carlo, with the bits of `hil_sim.quadrotor`.

At float64 each vehicle moves bit for bit as a `Quadrotor` of the same parameters without floor, wind and faults; at
float32 both backends agree bit for bit. Neither the size of the batch, nor a vehicle's place in it, nor the number of
threads, nor the CPU changes a bit; which terms the rest of the batch needs can change the sign of a zero, no more.
"""

from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.core.errors import BadInput, HilError, unknown_name
from hil.core.types import LEVEL, ZERO3, Start, State
from hil.core.vehicle import Vehicle
from hil.scenario.conditions import Delay
from hil_sim.batch.backend import Array, Backend
from hil_sim.batch.compiled import NOTHING, Extension, numba_is_here
from hil_sim.batch.program import VALUES
from hil_sim.batch.rows import Rows
from hil_sim.batch.terms import LOADS, PARAMETERS, SUPPLY, needed, ones, zeros
from hil_sim.batch.tiles import Tiles
from hil_sim.batch.waiting import Pieces, Waiting
from hil_sim.battery import holding_command, supply_of
from hil_sim.dynamics import constants, normalised
from hil_sim.timeline import nanoseconds


class BatchPlant:
    """n vehicles in free air, stepped together.

    `vehicles` is one for all or one for each. Those that chance made of a `nominal` one have its battery, and their
    starts mean its full speed, as a `Quadrotor` does; None: each has its own. `efficiency` is the thrust of each
    rotor over nominal, (4,) or (n, 4). All share one command delay. `action_delay_s` adds to it; a delay that is no
    whole number of steps cuts a step in two, as for one vehicle, and so costs a second RK4 piece: 0.0 or a multiple
    of the step is fastest. `delays` are faults that make commands later still from their instants on. With
    `loads=True`, `set_loads` puts forces and torques on the vehicles. `varying` names
    what `set_vehicles` may change later, of `terms.PARAMETERS` and `terms.SUPPLY`; `terms.DRAWN` are those that
    chance draws for each flight. Threads pay from about 1 ms of work a step on; they need the numba backend.
    `backend` None: numba where it is installed.
    """

    def __init__(
        self,
        vehicles: Vehicle | Sequence[Vehicle],
        n: int | None = None,
        *,
        dtype: Literal["float32", "float64"] = "float32",
        nominal: Vehicle | None = None,
        efficiency: ArrayLike = (1.0, 1.0, 1.0, 1.0),
        action_delay_s: float = 0.0,
        delays: Sequence[Delay] = (),
        loads: bool = False,
        varying: Collection[str] = (),
        backend: Literal["numba", "numpy"] | None = None,
        threads: int = 1,
        extension: Extension = NOTHING,
    ) -> None:
        listed = [vehicles] if isinstance(vehicles, Vehicle) else list(vehicles)
        self._n = len(listed) if n is None else n
        if self._n < 1 or len(listed) not in (1, self._n):
            raise BadInput(f"a batch needs one vehicle, or one for each of its n ≥ 1: {len(listed)} for n = {n}")
        if dtype not in ("float32", "float64"):
            raise BadInput(f"dtype {dtype!r} must be 'float32' or 'float64'")
        if unknown := set(varying) - {*PARAMETERS, *SUPPLY}:
            raise BadInput(unknown_name("parameter", min(unknown), [*PARAMETERS, *SUPPLY]))
        self._dtype, self._with_loads, self._nominal = np.dtype(dtype), loads, nominal
        self._values = _values(listed, nominal, np.asarray(efficiency, np.float64), self._n)
        late_s = {vehicle.command_delay_s + action_delay_s for vehicle in listed}
        if len(late_s) > 1 or min(late_s) < 0:
            raise BadInput(f"the vehicles of a batch share one command delay ≥ 0, not {sorted(late_s)} s")
        (self._delay_s,), self._delays = late_s, tuple(delays)
        self._full = np.array([(nominal or vehicle).full_motor() for vehicle in listed])
        self._hover = np.array([vehicle.hover_motor for vehicle in listed])
        terms = needed(self._values[:, : len(PARAMETERS)], varying)
        terms |= {"battery"} if any(vehicle.battery for vehicle in listed) else set()
        terms |= {"loads"} if loads else set()
        differing = (self._values != self._values[0]).any(axis=0)
        left_out = zeros(terms) | ones(terms) | (set() if "battery" in terms else {*SUPPLY})
        self._varying = tuple(
            name
            for name, differs in zip(VALUES, differing, strict=True)
            if (differs or name in varying or (loads and name in LOADS)) and name not in left_out
        )
        self.backend = _backend(self._values, self._n, self._varying, terms, dtype, backend, threads, extension)
        self._slots = 1
        self.reset(self.states_at(Start(State((0.0, 0.0, 1.0), ZERO3, LEVEL, ZERO3))))

    @property
    def n(self) -> int:
        """Number of vehicles."""
        return self._n

    @property
    def late(self) -> bool:
        """Whether commands may be under way: there is a delay, or a fault that makes one."""
        return self._waiting.late

    @property
    def time_s(self) -> float:
        """Time since the last reset of all vehicles."""
        return self._now_ns / 1e9

    @property
    def states(self) -> Array:
        """Copy of the states (n, 17): position m, attitude xyzw, velocity m/s, body rates rad/s, motor states."""
        return self.backend.states()

    def states_at(self, start: Start) -> NDArray[np.float64]:
        """States (n, 17) of all vehicles at this start."""
        position, velocity, attitude, rates = start.state
        rows = np.empty((self._n, 17))
        rows[:, :13] = (*position, *attitude, *velocity, *rates)
        fractions = np.asarray(start.motors, np.float64) if start.motors else None
        rows[:, 13:] = self._hover[:, None] if fractions is None else fractions * self._full[:, None]
        return rows

    def reset(self, states: ArrayLike, where: ArrayLike | None = None) -> None:
        """Put all vehicles at t = 0 in these states (n, 17); or only the vehicles `where` (k,), states (k, 17).

        Commands under way to a vehicle that is reset are lost; until the next one arrives it holds its motors.
        """
        everyone = where is None
        chosen = np.arange(self._n) if where is None else np.asarray(where, np.int64)
        rows = np.asarray(states, np.float64)
        if rows.shape != (len(chosen), 17):
            raise BadInput(f"states must have shape ({len(chosen)}, 17), not {rows.shape}")
        if everyone:
            self._now_ns = 0
            self._waiting = Waiting(self._delay_s, self._delays)
        self.backend.put_states(np.stack(normalised(tuple(rows.T), np.sqrt), axis=1), self.time_s, chosen)
        self.hold(rows[:, 13:], chosen)

    def hold(self, motors: ArrayLike, where: ArrayLike) -> None:
        """Lose the commands under way to the vehicles `where` (k,): until one arrives they hold these motors (k, 4)."""
        if not self._waiting.late and self._now_ns > 0:
            return
        chosen, states = np.asarray(where, np.int64), np.asarray(motors, np.float64)
        supply = self._values[:, len(PARAMETERS) : -len(LOADS)]
        of_chosen = supply[chosen] if len(supply) > 1 else supply
        held = holding_command(tuple(states.T), tuple(of_chosen.T), np.sqrt, np.maximum, np.minimum)
        self.backend.put_held(np.stack(held, axis=1).astype(self._dtype), chosen)

    def step(self, commands: ArrayLike, dt_s: float, *, steps: int = 1) -> None:
        """Hold commands (n, 4), fractions 0..1 of M1..M4, for `steps` steps of `dt_s`; see `states` for the outcome.

        Raises HilError for a command that is not finite, BadInput for a wrong shape or length of step.
        """
        if nanoseconds(dt_s) <= 0 or steps < 1:
            raise BadInput(f"steps must be at least 1, and each at least 1 ns, not {steps} × {dt_s!r} s")
        self.backend.fly(*self.pieces(self._kept(commands), dt_s, steps=steps))

    def free_slot(self) -> int:
        """Where the backend can keep the next commands."""
        slot = self._waiting.free_slot()
        if slot >= self._slots:
            self._slots = slot + 1
            self.backend.grow(self._slots)
        return slot

    def pieces(self, slot: int, dt_s: float, *, steps: int = 1) -> Pieces:
        """What `backend.fly` is to fly when the commands in `slot` are sent now; the clock is set to then."""
        length_ns = nanoseconds(dt_s)
        slots: list[int] = []
        pieces: list[tuple[float, float]] = []
        for _ in range(steps):
            self._waiting.issue(slot, self._now_ns)
            more_slots, more_pieces = self.pieces_until(self._now_ns + length_ns)
            slots += more_slots
            pieces += more_pieces
        return slots, pieces

    def issue(self, commands: ArrayLike) -> None:
        """Send commands (n, 4), fractions 0..1 of M1..M4, now: they are obeyed after the delay. Raises as `step`."""
        self._waiting.issue(self._kept(commands), self._now_ns)

    def pieces_until(self, until_ns: int) -> Pieces:
        """What `backend.fly` is to fly from now until then, at once or piece by piece; the clock is set to then."""
        pieces = self._waiting.pieces(self._now_ns, until_ns)
        self._now_ns = until_ns
        return pieces

    @property
    def obeyed(self) -> Array:
        """Copy of the commands (n, 4) that the motors obey now, clipped to 0..1."""
        return self.backend.commands(self._waiting.active(self._now_ns))

    def move(self, states: ArrayLike, where: ArrayLike | None = None) -> None:
        """Move vehicles in flight: states (k, 17), as they are, of `where` (k,), None: all. Commands go on."""
        chosen = np.arange(self._n) if where is None else np.asarray(where, np.int64)
        rows = np.asarray(states)
        if rows.shape != (len(chosen), 17):
            raise BadInput(f"states must have shape ({len(chosen)}, 17), not {rows.shape}")
        self.backend.move(rows, chosen)

    def _kept(self, commands: ArrayLike) -> int:
        """The slot that these commands are put into."""
        given = np.asarray(commands)
        if given.shape != (self._n, 4):
            raise BadInput(f"commands must have shape ({self._n}, 4), not {given.shape}")
        slot = self.free_slot()
        if not self.backend.put_commands(slot, given):
            raise HilError("a motor command is not finite", hint="a controller has diverged")
        return slot

    def set_loads(self, loads: ArrayLike) -> None:
        """External force (world, N) and torque (body, N m), (n, 6), from now until the next call."""
        given = np.asarray(loads, np.float64)
        if not self._with_loads:
            raise BadInput("this batch was built without loads; build it with loads=True")
        if given.shape != (self._n, len(LOADS)):
            raise BadInput(f"loads must have shape ({self._n}, {len(LOADS)}), not {given.shape}")
        self.backend.put_loads(given)

    def set_vehicles(
        self,
        vehicles: Vehicle | Sequence[Vehicle],
        where: ArrayLike | None = None,
        *,
        efficiency: ArrayLike = (1.0, 1.0, 1.0, 1.0),
    ) -> None:
        """From now on other vehicles fly: one for all of `where` (k,), None for all, or one for each.

        States and loads stay.

        `efficiency` (4,) or (k, 4). Raises BadInput where a parameter changes that is not `varying`.
        """
        chosen = np.arange(self._n) if where is None else np.asarray(where, np.int64)
        listed = [vehicles] if isinstance(vehicles, Vehicle) else list(vehicles)
        if len(listed) not in (1, len(chosen)):
            raise BadInput(f"{len(listed)} vehicles for {len(chosen)} places; give one, or one for each")
        rows = np.broadcast_to(
            _values(listed, self._nominal, np.asarray(efficiency, np.float64), len(chosen)), (len(chosen), len(VALUES))
        )
        changed = [name for name, differs in zip(VALUES, (rows != self._values[0]).any(axis=0), strict=True) if differs]
        if fixed := [name for name in changed if name not in self._varying]:
            raise BadInput(
                f"{', '.join(fixed)} of these vehicles differ from what all of this batch have",
                hint=f"build the batch with varying={tuple(changed)!r}",
            )
        self._values, self._full, self._hover = (
            np.array(np.broadcast_to(one, (self._n, *one.shape[1:]))) for one in (self._values, self._full, self._hover)
        )
        self._values[chosen] = rows
        self._full[chosen] = [(self._nominal or vehicle).full_motor() for vehicle in listed]
        self._hover[chosen] = [vehicle.hover_motor for vehicle in listed]
        self.backend.put_values(rows, chosen)


def _values(
    vehicles: Sequence[Vehicle], nominal: Vehicle | None, efficiency: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """Parameters, battery and no loads of each vehicle (n, 50), or of the one that stands for all (1, 50)."""
    if efficiency.shape not in ((4,), (n, 4)):
        raise BadInput(f"efficiency must have shape (4,) or ({n}, 4), not {efficiency.shape}")
    rows = np.array([(*constants(v), *supply_of(nominal or v), *(0.0,) * len(LOADS)) for v in vehicles])
    if efficiency.ndim == 2:
        rows = np.broadcast_to(rows, (n, rows.shape[1])).copy()
    first = PARAMETERS.index("n1")
    rows[:, first : first + 4] = efficiency
    return rows


def _backend(
    values: NDArray[np.float64],
    n: int,
    varying: tuple[str, ...],
    terms: frozenset[str],
    dtype: str,
    name: str | None,
    threads: int,
    extension: Extension,
) -> Backend:
    if name not in (None, "numba", "numpy"):
        raise BadInput(f"unknown backend {name!r}; there are 'numba' and 'numpy'")
    if threads < 1:
        raise BadInput(f"threads must be at least 1, not {threads}")
    if name == "numpy" or (name is None and not numba_is_here()):
        return Rows(values, n, varying=varying, terms=terms, dtype=dtype)
    if not numba_is_here():
        raise BadInput("backend 'numba' needs numba, which is not installed", hint="pip install 'hil-bench[fast]'")
    return Tiles(values, n, varying=varying, terms=terms, dtype=dtype, threads=threads, extension=extension)
