"""Hover at a point, as a Gymnasium vector environment: thousands of vehicles a step, no environment object for each."""

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from hil.core.errors import BadInput, HilError, unknown_name
from hil.core.vehicle import Vehicle
from hil.scenario.conditions import Randomise, Sensors
from hil_sim.batch.plant import BatchPlant
from hil_sim.batch.program import LANES
from hil_sim.batch.terms import DRAWN
from hil_sim.batch.tiles import Tiles
from hil_sim.gym.history import History
from hil_sim.gym.kernel import DT_S, SEEN, Environments, Settings
from hil_sim.gym.presets import ENDS, STARTS, End, Starts, chosen, noise_std
from hil_sim.gym.program import EXTENSION
from hil_sim.gym.seeds import fresh_seeds, seeds_of
from hil_sim.reward import CURRICULUM_STEPS, REWARDS, Reward
from hil_sim.variation import varied
from hil_sim.vehicle_files import load_vehicle

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]
NOBODY: Indices = np.zeros(0, np.int64)


class HoverVectorEnv(VectorEnv[Floats, Floats, Any]):
    """n vehicles, each to hold its goal; all in one call, at 100 Hz, one RK4 step of 10 ms a step.

    Observation (18,) float32: position error to the goal (world, m), rotation matrix body to world by rows, velocity
    error (world, m/s), rates (body, rad/s), with white noise; `privileged`: followed by the last 32 actions, oldest
    first, without noise (146,). Action (4,) in −1..1: motor commands u = (a + 1) / 2 of M1..M4, clipped. There is no
    floor.

    An episode is terminated where a coordinate leaves the fence and truncated after `end.steps`. `vehicle` is a name, a
    file or a Vehicle; chance makes a vehicle of its own for each seed by motor mismatch and `randomise`. `reward`,
    `starts`, `end` and `noise` are names of `presets` or objects. `curriculum`: 0 lenient .. 6 strict.

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
        self._mode = _mode(autoreset_mode)
        self.metadata = {**type(self).metadata, "autoreset_mode": self._mode}
        self._vehicle = vehicle if isinstance(vehicle, Vehicle) else load_vehicle(vehicle)
        self._randomise = randomise or Randomise()
        self._reward = chosen("reward", reward, REWARDS)
        end, std = chosen("end", end, ENDS), np.array(noise_std(noise), np.float32)
        self._settings = Settings(
            std=std,
            noisy=bool(std.any()),
            weights=self._weights(curriculum),
            fence_m=np.float32(end.fence_m),
            steps=end.steps,
            ages=self._vehicle.battery is not None,
            starts=_starts(chosen("starts", starts, STARTS), self._vehicle),
            last=num_envs - 1,
        )
        self._varies = self._vehicle.motor_mismatch_std > 0.0 or self._randomise != Randomise()
        self.plant = BatchPlant(
            self._vehicle,
            num_envs,
            nominal=self._vehicle,
            varying=DRAWN if self._varies else (),
            action_delay_s=action_delay_s,
            backend="numba",
            extension=EXTENSION,
        )
        assert isinstance(self.plant.backend, Tiles)
        self._tiles = self.plant.backend
        self._make_spaces(SEEN + (History.width if privileged else 0))
        self._make_arrays(privileged)

    def _make_spaces(self, width: int) -> None:
        self._width = width
        self.single_observation_space = spaces.Box(-np.inf, np.inf, (width,), np.float32)
        self.single_action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def _make_arrays(self, privileged: bool) -> None:
        lanes = self._lanes = len(self._tiles.vehicle_of)
        self._environments = Environments(
            keys=np.zeros(2 * lanes, np.uint32),
            clock=np.zeros(lanes, np.uint32),
            elapsed=np.zeros(lanes, np.int32),
            rotors=np.zeros((lanes, 4), np.float32),
        )
        self._history = History(lanes) if privileged else None
        self._anew = NOBODY  # whose episode has ended and not begun anew, ascending
        self._ended = np.empty(lanes, np.int64)  # filled by the kernel, as is the next
        same_step = self._mode is AutoresetMode.SAME_STEP
        self._final = np.empty((lanes if same_step else 0, SEEN), np.float32)
        self._seeded = False
        self._at_once = 0, np.zeros(1, np.int64), np.array([DT_S, 0.0], np.float32)  # plan of a step without delay
        self._plans: dict[tuple[Any, ...], tuple[Indices, Floats]] = {}

    def set_curriculum(self, step: int) -> None:
        """Weigh the reward as at this step of the curriculum, from the next step on: 0 lenient .. 6 strict."""
        self._settings = self._settings._replace(weights=self._weights(step))

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Start all episodes, or those of `options["reset_mask"]` (n,) bool; observations (n, 18) or (n, 146).

        Without a seed the chance of each environment goes on; at the first reset the system's is taken.
        """
        mask = _mask(options or {}, self.num_envs)
        seeds = seeds_of(seed, self.num_envs)
        super().reset(seed=seed if isinstance(seed, int) else None)
        if not self._seeded:
            if not mask.all():
                raise BadInput("the first reset is of all environments, without reset_mask")
            fresh = fresh_seeds(self.num_envs)
            seeds = [new if given is None else given for given, new in zip(seeds, fresh, strict=True)]
        where = np.flatnonzero(mask)
        self._seed({index: one for index in where.tolist() if (one := seeds[index]) is not None})
        self._anew = np.setdiff1d(self._anew, where)
        observations = np.empty((self._lanes, self._width), np.float32)
        program, states = self._tiles.module, self._tiles.whole[0]
        program.look(states, self._environments, self._settings, observations)
        program.begin(where, states, self._environments, self._settings, observations)
        self._begun(where)
        if self._history:
            self._history.show(observations)
        return observations[: self.num_envs], {}

    def step(self, actions: Floats) -> tuple[Floats, NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Fly all vehicles for 10 ms with these actions (n, 4).

        Raises HilError for an action that is not finite, BadInput for a wrong shape, before the first reset, and where,
        with autoreset disabled, an episode that has ended goes on.
        """
        n, lanes = self.num_envs, self._lanes
        given = np.ascontiguousarray(actions, np.float32)
        self._check(given)
        if n < lanes:
            given = given[self._tiles.vehicle_of]
        slot, slots, pieces = self._sent()
        observations, rewards = np.empty((lanes, self._width), np.float32), np.empty(lanes, np.float64)
        terminated, truncated = np.empty((2, lanes), np.bool_)
        count = self._tiles.module.step(
            *self._tiles.whole, slots, pieces, given.reshape(-1), slot, self._environments, self._settings,
            self._anew, self._ended, self._final, observations, rewards, terminated, truncated,
        )  # fmt: skip
        if count < 0:
            raise HilError(f"the action of environment {_odd(given)} is not finite", hint="the policy has diverged")
        ended = self._ended[:count].copy() if count else NOBODY
        if self._mode is AutoresetMode.SAME_STEP:
            begun, self._anew = ended, NOBODY
        else:
            begun, self._anew = self._anew, ended
        infos: dict[str, Any] = {}
        if self._history:
            self._history.add(given)
            self._history.show(observations)
        if len(begun):
            if self._mode is AutoresetMode.SAME_STEP:
                infos = self._last_of(ended, observations)
            self._begun(begun)
            if self._history:
                self._history.show(observations, begun)
        return observations[:n], rewards[:n], terminated[:n], truncated[:n], infos

    def _check(self, actions: Floats) -> None:
        if not self._seeded:
            raise BadInput("step() comes after reset()")
        if actions.shape != (self.num_envs, 4):
            raise BadInput(f"actions must have shape ({self.num_envs}, 4), not {actions.shape}")
        if len(self._anew) and self._mode is AutoresetMode.DISABLED:
            ended = ", ".join(map(str, self._anew[:5]))
            raise BadInput(f"the episode of environment {ended} has ended", hint="reset it: options reset_mask")

    def _sent(self) -> tuple[int, Indices, Floats]:
        """Where the next commands are kept, which commands are obeyed in this step, and pieces since its beginning."""
        if not self.plant.late:
            return self._at_once
        now_s = self.plant.time_s
        slot = self.plant.free_slot()
        slots, pieces = self.plant.pieces(slot, DT_S)
        # whole nanoseconds, so that a step late in a long training has the bits of the first
        since = tuple((length_s, round((begin_s - now_s) * 1e9) / 1e9) for length_s, begin_s in pieces)
        plan = (*slots, *since)
        if plan not in self._plans:  # they repeat every few steps
            self._plans[plan] = np.array(slots, np.int64), np.array(since, np.float32).reshape(-1)
        return slot, *self._plans[plan]

    def _begun(self, where: Indices) -> None:
        """What the kernel leaves to do for episodes that have begun: commands under way, and past actions."""
        if self.plant.late:
            self.plant.hold(self._environments.rotors[where] * self._vehicle.full_motor(), where)
        if self._history:
            self._history.fill(2.0 * self._environments.rotors[where] - 1.0, where)

    def _last_of(self, where: Indices, observations: Floats) -> dict[str, Any]:
        """What Gymnasium is told of episodes that ended and began again in the same step."""
        over, last = np.zeros(self.num_envs, np.bool_), np.empty(self.num_envs, dtype=object)
        over[where] = True
        rows = self._final[where]
        if self._history:
            rows = np.concatenate([rows, observations[where, SEEN:]], axis=1)
        for index, row in zip(where.tolist(), rows, strict=True):
            last[index] = row
        return {"final_obs": last, "_final_obs": over, "final_info": {}, "_final_info": over}

    def _seed(self, seeds: dict[int, int]) -> None:
        """Give environments these seeds, and the vehicles that come with them."""
        keys = self._environments.keys.reshape(-1, 2, LANES)
        for index, seed in seeds.items():
            keys[index // LANES, :, index % LANES] = seed & 0xFFFFFFFF, seed >> 32
            self._environments.clock[index] = 0
        if self._varies and seeds:
            drawn = [varied(self._vehicle, self._randomise, seed=seed) for seed in seeds.values()]
            self.plant.set_vehicles(
                [vehicle for vehicle, _ in drawn], list(seeds), efficiency=[efficiency for _, efficiency in drawn]
            )
        self._seeded = True

    def _weights(self, step: int) -> Floats:
        if step not in range(CURRICULUM_STEPS + 1):
            raise BadInput(f"curriculum must be 0..{CURRICULUM_STEPS}, not {step!r}")
        hover = 2.0 * self._vehicle.hover_command - 1.0
        return np.array([*self._reward.weights(step), hover], np.float32)


def _mode(given: AutoresetMode | str) -> AutoresetMode:
    known = [mode.value for mode in AutoresetMode]
    if not isinstance(given, AutoresetMode) and given not in known:
        raise BadInput(unknown_name("autoreset_mode", given, known))
    return AutoresetMode(given)


def _starts(starts: Starts, vehicle: Vehicle) -> Floats:
    """The row of `Settings.starts`."""
    full = vehicle.full_motor()
    low, high = starts.rotors or (vehicle.hover_motor / full,) * 2
    ball = np.sin(np.radians(starts.angle_deg) / 2.0)
    widths = starts.position_m, starts.velocity_m_s, starts.rates_rad_s
    return np.array([starts.nominal_share, starts.nominal_at_rest, *widths, ball, low, high, full], np.float32)


def _mask(options: dict[str, Any], n: int) -> Flags:
    if unknown := set(options) - {"reset_mask"}:
        raise BadInput(unknown_name("reset option", min(unknown), ["reset_mask"]))
    if options.get("reset_mask") is None:
        return np.ones(n, np.bool_)
    mask = np.asarray(options["reset_mask"])
    if mask.shape != (n,) or mask.dtype != np.bool_ or not mask.any():
        raise BadInput(f"reset_mask must be ({n},) of bool with at least one True, not {mask.dtype} {mask.shape}")
    return mask


def _odd(actions: Floats) -> int:
    return int(np.isfinite(actions).all(axis=1).argmin())
