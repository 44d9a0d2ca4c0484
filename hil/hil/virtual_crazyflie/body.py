"""The physical vehicle inside a virtual Crazyflie: the bench's plant from the floor up, one millisecond at a time.

It is made of the parts of `hil_sim.quadrotor`, with what a vehicle needs that takes off: motors that stand still, a
battery that rests, and faults that may come at any moment. Disturbances and faults begin on the millisecond. It knows
nothing of firmware, and goes on when that reboots.
"""

import math
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from hil.core.frames import quat_from_euler
from hil.core.types import ZERO3, State, Vec3, Vec4
from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil.scenario.conditions import Disturbance, Kick, Randomise
from hil.virtual_crazyflie.cell import Cell
from hil_sim.dynamics import Scalars, constants, derivative, normalised
from hil_sim.ground import Contact, settled
from hil_sim.integrators import rk4
from hil_sim.loads import Loads
from hil_sim.variation import varied

STEP_S = 0.001
REMEMBERED_MS = 2000
TUMBLE_N_M = 0.02  # about twice what four rotors can hold against
TUMBLE_RATE_RAD_S = 20.0
_OFF: Vec4 = (0.0, 0.0, 0.0, 0.0)


class Truth(NamedTuple):
    """What was true at one millisecond of the body's clock."""

    at_ms: int
    state: State
    motors: Vec4  # duty given at that instant, fraction 0..1
    battery_v: float


class Body:
    """A vehicle at rest on the floor, then wherever its motors take it."""

    def __init__(self, vehicle: Vehicle, *, position: Vec3 = ZERO3, yaw_rad: float = 0.0, seed: int = 0) -> None:
        self.vehicle = vehicle  # nominal: what the firmware was made for
        self.now_ms = 0
        self.motors_fraction: Vec4 = _OFF
        self.motors_off_ms: int | None = 0  # since when; None while they are given anything, 0 if they never were
        self.gyro_bias_rad_s: Vec3 = ZERO3
        self.specific_force: Vec3 = (0.0, 0.0, GRAVITY_M_S2)  # body, m/s²: what an accelerometer feels
        self._cell = Cell(vehicle)
        self._weak: list[float] = [1.0, 1.0, 1.0, 1.0]
        self._on_their_way: deque[Vec4] = deque([_OFF] * round(vehicle.command_delay_s / STEP_S))
        self._pose_back_ms = 0
        self._tumble_until_ms = 0
        self._kicks: list[tuple[int, Kick]] = []  # by ms
        x, y, z = position
        self._contact = Contact(on_ground=z <= 0.0, lies=False)
        self.on_ground_ms: int | None = 0 if z <= 0.0 else None  # since when; None in the air
        attitude = quat_from_euler(0.0, 0.0, yaw_rad)
        self._state: Scalars = (x, y, max(0.0, z), *attitude, *ZERO3, *ZERO3, *_OFF)
        self._past: deque[Truth] = deque(maxlen=REMEMBERED_MS)
        self.conditions(disturbances=(), randomise=Randomise(), seed=seed, task_in_ms=0)

    @property
    def state(self) -> State:
        """The true state now."""
        px, py, pz, qx, qy, qz, qw, vx, vy, vz, wx, wy, wz, *_ = self._state
        return State((px, py, pz), (vx, vy, vz), (qx, qy, qz, qw), (wx, wy, wz))

    @property
    def on_ground(self) -> bool:
        """Whether it touches the floor."""
        return bool(self._contact.on_ground)

    @property
    def battery_v(self) -> float:
        """Terminal voltage now, under the duty that the motors are given."""
        return self._cell.volts(_mean(self.motors_fraction))

    @property
    def pose_is_seen(self) -> bool:
        """Whether positioning of any kind reaches it now."""
        return self.now_ms >= self._pose_back_ms

    def conditions(
        self,
        *,
        disturbances: Sequence[Disturbance],
        randomise: Randomise,
        seed: int,
        task_in_ms: int,
    ) -> None:
        """What a scenario does to this flight; before take-off. Its times count from `task_in_ms` ahead.

        The vehicle varies and the forces act at once, gusts and kicks in their time. Faults come by the methods below.
        """
        start_s = (self.now_ms + task_in_ms) * STEP_S
        shifted = [
            one.model_copy(update={"at_s": one.at_s + start_s}) if hasattr(one, "at_s") else one for one in disturbances
        ]
        self._actual, self._healthy = varied(self.vehicle, randomise, seed=seed)
        self._loads = Loads.of_flight(shifted, self._actual, seed=seed)
        kicks = [one for one in shifted if isinstance(one, Kick)]
        self._kicks = sorted(((round(kick.at_s / STEP_S), kick) for kick in kicks), key=lambda one: one[0])
        self._rotors_changed()

    def give(self, motors: Vec4) -> None:
        """Give the motors this duty from now on, fraction 0..1."""
        self.motors_fraction = motors
        if any(motors):
            self.motors_off_ms = None
        elif self.motors_off_ms is None:
            self.motors_off_ms = self.now_ms

    def step_ms(self, motors: Vec4) -> None:
        """Give the motors this duty and let one millisecond pass."""
        self.give(motors)
        self._past.append(Truth(self.now_ms, self.state, motors, self.battery_v))
        while self._kicks and self._kicks[0][0] <= self.now_ms:
            self._kick(self._kicks.pop(0)[1])
        self._on_their_way.append(motors)
        duty = self._on_their_way.popleft()
        mean = _mean(duty)
        scale = self._cell.scale(mean)
        d1, d2, d3, d4 = duty
        fx, fy, fz, tx, ty, tz = self._loads.at(self.now_ms * 1_000_000)
        before = self._state
        tx += self._tumbling(before)
        inputs = (d1 * scale, d2 * scale, d3 * scale, d4 * scale, fx, fy, fz, tx, ty, tz)
        after = normalised(rk4(derivative, before, inputs, self._constants, STEP_S), math.sqrt)
        if after[2] < 0.0 or self._contact.on_ground:
            after, self._contact = settled(before, after, self._contact, STEP_S)
        self._state = after
        self._cell.drain(mean, STEP_S)
        self._feel(before, after)
        self.now_ms += 1
        if not self._contact.on_ground:
            self.on_ground_ms = None
        elif self.on_ground_ms is None:
            self.on_ground_ms = self.now_ms

    def truth(self, at_ms: Sequence[int]) -> list[Truth | None]:
        """What was true at these milliseconds of its own clock; None where it is forgotten or has not come."""
        now = Truth(self.now_ms, self.state, self.motors_fraction, self.battery_v)
        first = self._past[0].at_ms if self._past else self.now_ms
        return [
            now if ms == self.now_ms else self._past[ms - first] if first <= ms < self.now_ms else None for ms in at_ms
        ]

    def charge(self, volts: float) -> None:
        """The battery rests at this voltage from now on."""
        self._cell.charge(volts)

    def weaken(self, motor: int, factor: float) -> None:
        """Motor 1..4 gives this share of the thrust it gave, from now on."""
        self._weak[motor - 1] *= factor
        self._rotors_changed()

    def bias_gyro(self, bias_rad_s: Vec3) -> None:
        """The gyro reads wrong by this much more, body, from now on."""
        x, y, z = self.gyro_bias_rad_s
        self.gyro_bias_rad_s = (x + bias_rad_s[0], y + bias_rad_s[1], z + bias_rad_s[2])

    def blind(self, for_s: float | None = None) -> None:
        """No positioning reaches it from now on, for a while or for good."""
        self._pose_back_ms = self._until(for_s)

    def tumble(self, for_s: float | None = None) -> None:
        """A torque turns it over, from now on or from when it flies, until it lies on the floor or the time is up."""
        self._tumble_until_ms = self._until(for_s)

    def delay_commands(self, added_s: float) -> None:
        """Commands reach the motors this much later, from now on."""
        added = round(added_s / STEP_S)
        newest = self._on_their_way[-1] if self._on_their_way else self.motors_fraction
        self._on_their_way.extend([newest] * added)

    def _until(self, for_s: float | None) -> int:
        return self.now_ms + round(for_s / STEP_S) if for_s is not None else 2**62

    def _rotors_changed(self) -> None:
        e1, e2, e3, e4 = (healthy * weak for healthy, weak in zip(self._healthy, self._weak, strict=True))
        self._constants = constants(self._actual, (e1, e2, e3, e4))

    def _kick(self, kick: Kick) -> None:
        s, (vx, vy, vz), (wx, wy, wz) = self._state, kick.velocity_world_m_s, kick.rates_body_rad_s
        self._state = (*s[:7], s[7] + vx, s[8] + vy, s[9] + vz, s[10] + wx, s[11] + wy, s[12] + wz, *s[13:])

    def _tumbling(self, state: Scalars) -> float:
        if self.now_ms >= self._tumble_until_ms or self._contact.on_ground:
            if self._contact.lies:
                self._tumble_until_ms = 0
            return 0.0
        return TUMBLE_N_M if state[10] < TUMBLE_RATE_RAD_S else 0.0

    def _feel(self, before: Scalars, after: Scalars) -> None:
        """Specific force over the last millisecond, body: Rᵀ (Δv / Δt + g ẑ)."""
        ax, ay, az = ((after[k] - before[k]) / STEP_S for k in (7, 8, 9))
        az += GRAVITY_M_S2
        x, y, z, w = after[3:7]
        self.specific_force = (
            (1 - 2 * (y * y + z * z)) * ax + 2 * (x * y + w * z) * ay + 2 * (x * z - w * y) * az,
            2 * (x * y - w * z) * ax + (1 - 2 * (x * x + z * z)) * ay + 2 * (y * z + w * x) * az,
            2 * (x * z + w * y) * ax + 2 * (y * z - w * x) * ay + (1 - 2 * (x * x + y * y)) * az,
        )


def _mean(duty: Vec4) -> float:
    d1, d2, d3, d4 = duty
    return (d1 + d2 + d3 + d4) / 4.0
