"""The simulated vehicle: one plant, in Python floats, the same bits on every run and machine."""

import math
from collections.abc import Sequence

from hil.core.errors import HilError
from hil.core.interfaces import Plant
from hil.core.types import LEVEL, ZERO3, Command, Start, State, Vec4
from hil.core.vehicle import Vehicle
from hil.scenario.conditions import Disturbance, Fault, Randomise
from hil_sim.battery import steady_motors, supply_of
from hil_sim.compiled_step import compiled_step
from hil_sim.dynamics import Scalars, constants, derivative, normalised
from hil_sim.ground import AIRBORNE, Contact, settled
from hil_sim.integrators import rk4
from hil_sim.loads import Loads
from hil_sim.timeline import Events, LateCommands, clipped, nanoseconds
from hil_sim.variation import varied

LONGEST_STEP_NS = 10_000_000  # RK4 at 10 ms errs by 0.01 mm after 1 s of tumbling
_AT_REST = Start(State((0.0, 0.0, 1.0), ZERO3, LEVEL, ZERO3))


class Quadrotor(Plant):
    """A vehicle, what is done to it, and its state.

    `step` is cut where a command takes effect, a gust begins or ends, a kick or fault happens, or the residual noise
    moves on, so nothing is rounded to ticks; no piece is longer than 10 ms. Until the first command arrives the motors
    hold what they did at the start. `ground=False` removes the floor at z = 0; with it, a start below is lifted to it.
    `compiled` steps by numba, with the same bits.
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
        compiled: bool = False,
    ) -> None:
        self._vehicle = vehicle
        self._disturbances, self._faults = tuple(disturbances), tuple(faults)
        self._randomise = randomise or Randomise()
        self._delay_s = vehicle.command_delay_s + action_delay_s
        self._floor = ground
        self._supply = supply_of(vehicle)
        self._events = Events(self._disturbances, self._faults)
        self._free_step = compiled_step() if compiled else _free_step
        self.reset(_AT_REST, seed=0)

    def reset(self, start: Start, *, seed: int) -> State:
        """Put the vehicle at `start` at t = 0; this flight's vehicle and disturbances come from `seed` only."""
        self._now_ns = 0
        self._actual, self._healthy = varied(self._vehicle, self._randomise, seed=seed)
        self._constants = constants(self._actual, self._healthy)
        self._loads = Loads.of_flight(self._disturbances, self._actual, seed=seed)
        if start.motors is None:
            motors: Vec4 = (self._actual.hover_motor,) * 4
        else:
            full = self._vehicle.full_motor()
            m1, m2, m3, m4 = start.motors
            motors = (m1 * full, m2 * full, m3 * full, m4 * full)
        self._commands = LateCommands(self._supply.command_for(motors), delay_s=self._delay_s, faults=self._faults)
        position, velocity, attitude, rates = start.state
        self._contact = AIRBORNE
        if self._floor and position[2] <= 0.0:
            position = (position[0], position[1], 0.0)
            self._contact = Contact(on_ground=velocity[2] <= 0.0, lies=False)
        self._state = normalised(tuple(map(float, (*position, *attitude, *velocity, *rates, *motors))), math.sqrt)
        return self.state

    def step(self, command: Command, dt_s: float) -> State:
        """Hold `command` for `dt_s`; the true state after it. Raises HilError for a command that is not finite."""
        length_ns = nanoseconds(dt_s)
        if length_ns <= 0:
            raise HilError(f"a step must last at least 1 ns, not {dt_s!r} s")
        now, end = self._now_ns, self._now_ns + length_ns
        self._commands.issue(now, clipped(command))
        while now < end:
            if self._events.happens_at(now):
                self._happen(now)
            active = self._commands.active(now)
            until = min(
                end,
                self._commands.next_change_ns(),
                self._events.next_change_ns(now),
                self._loads.next_change_ns(now),
            )
            self._fly(active, now, until)
            self._now_ns = now = until
        return self.state

    @property
    def state(self) -> State:
        """The true state now."""
        px, py, pz, qx, qy, qz, qw, vx, vy, vz, wx, wy, wz, *_ = self._state
        return State((px, py, pz), (vx, vy, vz), (qx, qy, qz, qw), (wx, wy, wz))

    @property
    def motors(self) -> Vec4:
        """Motor states now, M1..M4, unitless: 1 is where full command settles at the reference voltage."""
        m1, m2, m3, m4 = self._state[13:]
        return (m1, m2, m3, m4)

    @property
    def battery_v(self) -> float | None:
        """Terminal voltage now, under the command the motors obey; None for a vehicle without a battery."""
        if self._vehicle.battery is None:
            return None
        return self._supply.volts(self._commands.active(self._now_ns), self._now_ns / 1e9)

    @property
    def actual(self) -> Vehicle:
        """This flight's vehicle, after randomisation; what the rotors differ by is `efficiency`."""
        return self._actual

    @property
    def efficiency(self) -> Vec4:
        """Thrust of each rotor now over that of `actual`: mismatch and faults."""
        m1, m2, m3, m4 = self._events.efficiency(self._now_ns, self._healthy)
        return (m1, m2, m3, m4)

    @property
    def on_ground(self) -> bool:
        """Whether the vehicle touches the floor."""
        return bool(self._contact.on_ground)

    def _happen(self, now_ns: int) -> None:
        self._constants = constants(self._actual, self.efficiency)
        for (vx, vy, vz), (wx, wy, wz) in self._events.kicks_at(now_ns):
            s = self._state
            self._state = (*s[:7], s[7] + vx, s[8] + vy, s[9] + vz, s[10] + wx, s[11] + wy, s[12] + wz, *s[13:])

    def _fly(self, command: Vec4, now_ns: int, until_ns: int) -> None:
        steady = steady_motors(command, now_ns / 1e9, self._supply)
        inputs: Scalars = (*steady, *self._loads.at(now_ns))
        pieces = -((now_ns - until_ns) // LONGEST_STEP_NS)
        h = (until_ns - now_ns) / pieces / 1e9
        for _ in range(pieces):
            before = self._state
            self._state = self._free_step(before, inputs, self._constants, h)
            if self._floor and (self._state[2] < 0.0 or self._contact.on_ground):
                self._state, self._contact = settled(before, self._state, self._contact, h)


def _free_step(state: Scalars, inputs: Scalars, constants: Scalars, h: float) -> Scalars:
    return normalised(rk4(derivative, state, inputs, constants, h), math.sqrt)
