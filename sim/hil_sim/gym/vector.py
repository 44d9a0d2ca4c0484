"""Hover at a point, as a Gymnasium vector environment: thousands of vehicles a step, no environment object for each."""

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from hil.core.errors import BadInput, HilError
from hil.core.vehicle import Vehicle
from hil.scenario.conditions import Randomise, Sensors
from hil_sim.batch.plant import BatchPlant
from hil_sim.batch.terms import DRAWN
from hil_sim.batch.tiles import Tiles
from hil_sim.gym import kernel
from hil_sim.gym.history import History
from hil_sim.gym.presets import CURRICULUM_STEPS, ENDS, REWARDS, STARTS, End, Reward, Starts, chosen, noise_std
from hil_sim.gym.program import EXTENSION
from hil_sim.variation import varied
from hil_sim.vehicle_files import load_vehicle

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
DT_S = 0.01
SEEDS = 2**63
NONE = np.zeros(0, np.int64)


class HoverVectorEnv(VectorEnv[Floats, Floats, Any]):
    """n vehicles, each to hold its goal; all in one call, at 100 Hz, one RK4 step of 10 ms a step.

    Observation (18,) float32: position error to the goal (world, m), rotation matrix body to world by rows, velocity
    error (world, m/s), rates (body, rad/s), with white noise; `privileged`: followed by the last 32 actions, oldest
    first (146,). Action (4,) in −1..1: motor commands u = (a + 1) / 2 of M1..M4, clipped. There is no floor.

    An episode is terminated where a coordinate leaves the fence and truncated after `end.steps`. `vehicle` is a name, a
    file or a Vehicle; chance makes a vehicle of its own for each environment by its motor mismatch and `randomise`.
    `reward`, `starts`, `end` and `noise` are names of `presets` or objects. `curriculum`: 0 lenient .. 6 strict.

    Environment i of `reset(seed=s)` is the environment of seed s + i, bit for bit, whatever the number of them.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012  Gymnasium's

    def __init__(
        self,
        num_envs: int = 1,
        *,
        vehicle: str | Vehicle = "cf-l2f-package",
        privileged: bool = False,
        reward: str | Reward = "paper",
        curriculum: int = CURRICULUM_STEPS,
        starts: str | Starts = "paper",
        end: str | End = "training",
        noise: str | Sensors = "l2f-package",
        randomise: Randomise | None = None,
        action_delay_s: float = 0.0,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: None = None,
    ) -> None:
        if num_envs < 1:
            raise BadInput(f"num_envs must be at least 1, not {num_envs}")
        self.num_envs = num_envs
        self.render_mode = render_mode
        self._mode = AutoresetMode(autoreset_mode)
        self.metadata = {**type(self).metadata, "autoreset_mode": self._mode}
        self._vehicle = load_vehicle(vehicle) if isinstance(vehicle, str) else vehicle
        self._randomise = randomise or Randomise()
        self._reward = chosen("reward", reward, REWARDS)
        starts, end = chosen("starts", starts, STARTS), chosen("end", end, ENDS)
        self._std = np.array(noise_std(noise), np.float32)
        self._noisy = bool(self._std.any())

        drawn = self._vehicle.motor_mismatch_std > 0.0 or self._randomise != Randomise()
        self._varying = DRAWN if drawn else ()
        self.plant = BatchPlant(
            self._vehicle,
            num_envs,
            nominal=self._vehicle,
            varying=self._varying,
            action_delay_s=action_delay_s,
            backend="numba",
            extension=EXTENSION,
        )
        assert isinstance(self.plant.backend, Tiles)
        self._tiles = self.plant.backend
        self._states = self._tiles.whole[0]
        self._lanes = self._states.size // kernel.STATE_ROWS
        self._starts = _starts(starts, self._vehicle)
        self._limits = np.array([end.fence_m, end.steps], np.float32)
        self.set_curriculum(curriculum)

        self._history = History(self._lanes) if privileged else None
        self._width = kernel.SEEN + (self._history.width if self._history else 0)
        self.single_observation_space = spaces.Box(-np.inf, np.inf, (self._width,), np.float32)
        self.single_action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

        self._keys = np.zeros((self._lanes // kernel.LANES, 2, kernel.LANES), np.uint32)
        self._flat_keys = self._keys.reshape(-1)
        self._clock = np.zeros(self._lanes, np.uint32)  # steps and resets since the seed, of each environment
        self._elapsed = np.zeros(self._lanes, np.int32)
        self._anew = NONE  # environments whose episode has ended and not begun anew, ascending
        self._ended = np.empty(self._lanes, np.int64)  # filled by the kernel, as are the next two
        self._final = np.empty((self._lanes, kernel.SEEN), np.float32)
        self._rotors = np.empty((self._lanes, 4), np.float32)
        self._vehicle_of = np.minimum(np.arange(self._lanes), num_envs - 1)
        self._seeded = False

    def set_curriculum(self, step: int) -> None:
        """Weigh the reward as at this step of the curriculum, from the next step on: 0 lenient .. 6 strict."""
        if step not in range(CURRICULUM_STEPS + 1):
            raise BadInput(f"curriculum must be 0..{CURRICULUM_STEPS}, not {step!r}")
        hover = 2.0 * self._vehicle.hover_command - 1.0
        self._weights = tuple(np.float32(w) for w in (*self._reward.weights(step), hover))

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Start all episodes, or those of `options["reset_mask"]` (n,) bool; observations (n, 18) or (n, 146)."""
        mask = _mask((options or {}).get("reset_mask"), self.num_envs)
        if not self._seeded and not mask.all():
            raise BadInput("the first reset is of all environments, without reset_mask")
        where = np.flatnonzero(mask)
        self._seed(seed, where)
        self._anew = np.setdiff1d(self._anew, where)
        observations = np.empty((self._lanes, self._width), np.float32)
        self._tiles.module.look(self._states, self._flat_keys, self._clock, self._std, self._noisy, observations)
        self._tiles.module.begin(where, observations, *self._beginning())
        self._begun(where, observations)
        return observations[: self.num_envs], {}

    def step(self, actions: Floats) -> tuple[Floats, NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Fly all vehicles for 10 ms with these actions (n, 4).

        Raises HilError for an action that is not finite, BadInput for a wrong shape and where, with autoreset disabled,
        an episode that has ended goes on.
        """
        n, lanes = self.num_envs, self._lanes
        given = np.ascontiguousarray(actions, np.float32)
        if given.shape != (n, 4) or not self._seeded:
            raise BadInput(f"actions must have shape ({n}, 4), not {given.shape}, and step() comes after reset()")
        if len(self._anew) and self._mode is AutoresetMode.DISABLED:
            ended = self._anew[:5].tolist()
            raise BadInput(f"episodes of environments {ended} have ended; reset them with options reset_mask")
        if n < lanes:
            given = given[self._vehicle_of]
        slot = self.plant.free_slot()
        slots, pieces = self.plant.pieces(slot, DT_S)
        observations, rewards = np.empty((lanes, self._width), np.float32), np.empty(lanes, np.float64)
        terminated, truncated = np.empty(lanes, np.bool_), np.empty(lanes, np.bool_)
        same_step = self._mode is AutoresetMode.SAME_STEP
        _, keys, clock, elapsed, starts, std, time, last, rotors = self._beginning()
        count = self._tiles.module.step(
            *self._tiles.whole, np.array(slots, np.int64), np.array(pieces, np.float32).reshape(-1),
            given.reshape(-1), slot, keys, clock, std, self._noisy, self._weights, self._limits, starts, same_step,
            self._anew, time, last, elapsed, rotors, self._ended, self._final,
            observations, rewards, terminated, truncated,
        )  # fmt: skip
        if count < 0:
            raise HilError("an action is not finite", hint="the policy has diverged")
        now = self._ended[:count].copy() if count else NONE
        begun, self._anew = (now, NONE) if same_step else (self._anew, now)
        if self._history:
            self._history.add(given)
            self._history.show(observations)
        infos = self._last_of(now, observations) if same_step and count else {}
        if len(begun):
            self._begun(begun, observations)
        return observations[:n], rewards[:n], terminated[:n], truncated[:n], infos

    def _beginning(self) -> tuple[Any, ...]:
        """What the kernel needs to begin episodes, in its order."""
        time = np.float32(self.plant.time_s)
        return (
            *(self._states, self._flat_keys, self._clock, self._elapsed),
            *(self._starts, self._std, time, self.num_envs - 1, self._rotors),
        )

    def _begun(self, where: NDArray[np.intp], observations: Floats) -> None:
        """What the kernel leaves to do for episodes that have begun: commands on their way, and past actions."""
        rotors = self._rotors[where]
        self.plant.hold(rotors * self._starts[-1], where)
        if self._history:
            self._history.fill(2.0 * rotors - 1.0, where)
            self._history.show(observations, where)

    def _last_of(self, where: NDArray[np.intp], observations: Floats) -> dict[str, Any]:
        """What Gymnasium is told of episodes that ended and began again in the same step."""
        over, last = np.zeros(self.num_envs, np.bool_), np.empty(self.num_envs, dtype=object)
        over[where] = True
        rows = self._final[where]
        if self._history:
            rows = np.concatenate([rows, observations[where, kernel.SEEN :]], axis=1)
        for index, row in zip(where.tolist(), rows, strict=True):
            last[index] = row
        return {"final_obs": last, "_final_obs": over, "final_info": {}, "_final_info": over}

    def _seed(self, seed: int | list[int | None] | None, where: NDArray[np.intp]) -> None:
        if seed is None and not self._seeded:
            seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 2)
        if seed is None:
            return
        given = [seed + i for i in range(self.num_envs)] if isinstance(seed, int | np.integer) else list(seed)
        if len(given) != self.num_envs:
            raise BadInput(f"{len(given)} seeds for {self.num_envs} environments")
        seeds = [(index, given[index]) for index in where.tolist() if given[index] is not None]
        for index, one in seeds:
            if not 0 <= one < SEEDS:
                raise BadInput(f"a seed must be 0..2^63 − 1, not {one!r}")
            self._keys[index // kernel.LANES, :, index % kernel.LANES] = one & 0xFFFFFFFF, one >> 32
            self._clock[index] = 0
        if self._varying:
            vehicles = [varied(self._vehicle, self._randomise, seed=one) for _, one in seeds]
            self.plant.set_vehicles(
                [vehicle for vehicle, _ in vehicles],
                [index for index, _ in seeds],
                efficiency=[efficiency for _, efficiency in vehicles],
            )
        self._seeded = True


def _starts(starts: Starts, vehicle: Vehicle) -> tuple[np.float32, ...]:
    """What `kernel.begin_one` needs, in its order."""
    full = vehicle.full_motor()
    low, high = starts.rotors or (vehicle.hover_motor / full,) * 2
    ball = np.sin(np.radians(starts.angle_deg) / 2.0)
    spreads = starts.position_m, starts.velocity_m_s, starts.rates_rad_s, ball, low, high, full
    return tuple(np.float32(x) for x in (starts.nominal_share, starts.nominal_at_rest, *spreads))


def _mask(given: Any, n: int) -> Flags:
    if given is None:
        return np.ones(n, np.bool_)
    mask = np.asarray(given)
    if mask.shape != (n,) or mask.dtype != np.bool_ or not mask.any():
        raise BadInput(f"reset_mask must be ({n},) of bool with at least one True, not {mask.dtype} {mask.shape}")
    return mask
