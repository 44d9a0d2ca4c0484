"""Hover at a point, as a Gymnasium vector environment: thousands of vehicles a step, no environment object for each."""

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from hil.core.errors import BadInput
from hil.core.vehicle import Vehicle
from hil.scenario.conditions import Randomise, Sensors
from hil_sim.batch.plant import BatchPlant
from hil_sim.batch.terms import DRAWN
from hil_sim.batch.tiles import Tiles
from hil_sim.gym import kernel
from hil_sim.gym.history import History
from hil_sim.gym.presets import CURRICULUM_STEPS, ENDS, REWARDS, STARTS, End, Reward, Starts, chosen, noise_std
from hil_sim.variation import varied
from hil_sim.vehicle_files import load_vehicle

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
DT_S = 0.01
SEEDS = 2**63
NONE = np.zeros(0, np.intp)


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
        threads: int = 1,
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
            threads=threads,
            backend="numba",
        )
        assert isinstance(self.plant.backend, Tiles)
        self._states = self.plant.backend.flat_states
        self._lanes = self._states.size // kernel.STATE_ROWS
        self._starts = _starts_row(starts, self._vehicle)
        self._limits = np.array([end.fence_m, end.steps], np.float32)
        self.set_curriculum(curriculum)

        self._history = History(self._lanes) if privileged else None
        width = kernel.SEEN + (self._history.width if self._history else 0)
        self.single_observation_space = spaces.Box(-np.inf, np.inf, (width,), np.float32)
        self.single_action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

        self._keys = np.zeros((self._lanes // kernel.LANES, 2, kernel.LANES), np.uint32)
        self._flat_keys = self._keys.reshape(-1)
        self._clock = 0
        self._elapsed = np.zeros(self._lanes, np.int32)
        self._ended = NONE  # environments whose episode the last step ended
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
        where = np.flatnonzero(mask)
        self._seed(seed, where)
        self._clock += 1
        self._begin(where)
        self._ended = np.setdiff1d(self._ended, where)
        return self._look(), {}

    def step(self, actions: Floats) -> tuple[Floats, NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Fly all vehicles for 10 ms with these actions (n, 4).

        Raises HilError for an action that is not finite, BadInput for a wrong shape and where, with autoreset disabled,
        an episode that has ended goes on.
        """
        if not self._seeded:
            raise BadInput("step() comes after reset()")
        given = np.asarray(actions, np.float32)
        anew = self._ended
        if len(anew) and self._mode is AutoresetMode.DISABLED:
            raise BadInput(f"episodes of environments {anew[:5].tolist()} have ended; reset them with reset_mask")
        self.plant.step(given, DT_S, centred=True)
        self._clock += 1
        padded = given if self._lanes == self.num_envs else np.resize(given, (self._lanes, 4))
        n, rewards = self.num_envs, np.empty(self._lanes, np.float64)
        terminated, truncated = np.empty(self._lanes, np.bool_), np.empty(self._lanes, np.bool_)
        kernel.judge(
            self._states, padded.reshape(-1), self._weights, self._limits, self._elapsed, rewards, terminated, truncated
        )
        if self._history:
            self._history.add(padded)
        if len(anew):
            rewards[anew], terminated[anew], truncated[anew] = 0.0, False, False
            self._begin(anew)
        self._ended = np.flatnonzero(terminated[:n] | truncated[:n])
        observations = self._look()
        infos = self._renew(observations) if self._mode is AutoresetMode.SAME_STEP and len(self._ended) else {}
        return observations, rewards[:n], terminated[:n], truncated[:n], infos

    def _renew(self, observations: Floats) -> dict[str, Any]:
        """Begin the episodes that ended; their last observations, and the first of the next into `observations`."""
        where, self._ended = self._ended, NONE
        over, last = np.zeros(self.num_envs, np.bool_), np.full(self.num_envs, None, dtype=object)
        over[where] = True
        for index, observation in zip(where.tolist(), observations[where], strict=True):
            last[index] = observation
        self._begin(where)
        clock = np.uint32(self._clock)
        kernel.see_some(self._states, self._flat_keys, clock, kernel.FIRST_SIGHT, self._std, where, observations)
        if self._history:
            self._history.show(observations, where)
        return {"final_obs": last, "_final_obs": over, "final_info": {}, "_final_info": over.copy()}

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
        if len(seeds) == self.num_envs:
            self._clock = 0
        if self._varying:
            vehicles = [varied(self._vehicle, self._randomise, seed=one) for _, one in seeds]
            self.plant.set_vehicles(
                [vehicle for vehicle, _ in vehicles],
                [index for index, _ in seeds],
                efficiency=[efficiency for _, efficiency in vehicles],
            )
        self._seeded = True

    def _begin(self, where: NDArray[np.intp]) -> None:
        """Put the vehicles `where` at the start of an episode, drawn for the present clock."""
        rows, rotors = np.zeros((len(where), 17), np.float32), np.empty((len(where), 4), np.float32)
        kernel.start(self._flat_keys, np.uint32(self._clock), self._starts, where, rows, rotors)
        self.plant.place(rows, where)
        self._elapsed[where] = 0
        if self._history:
            self._history.fill(2.0 * rotors - 1.0, where)

    def _look(self) -> Floats:
        observations = np.empty((self._lanes, self.single_observation_space.shape[0]), np.float32)  # type: ignore[index]
        kernel.see(self._states, self._flat_keys, np.uint32(self._clock), self._std, self._noisy, observations)
        seen = observations[: self.num_envs]
        if self._history:
            self._history.show(seen)
        return seen


def _starts_row(starts: Starts, vehicle: Vehicle) -> Floats:
    """What `kernel.start` needs, in its order."""
    full = vehicle.full_motor()
    low, high = starts.rotors or (vehicle.hover_motor / full,) * 2
    ball = np.sin(np.radians(starts.angle_deg) / 2.0)
    return np.array(
        [
            *(starts.nominal_share, starts.nominal_at_rest),
            *(starts.position_m, starts.velocity_m_s, starts.rates_rad_s, ball, low, high, full),
        ],
        np.float32,
    )


def _mask(given: Any, n: int) -> Flags:
    if given is None:
        return np.ones(n, np.bool_)
    mask = np.asarray(given)
    if mask.shape != (n,) or mask.dtype != np.bool_ or not mask.any():
        raise BadInput(f"reset_mask must be ({n},) of bool with at least one True, not {mask.dtype} {mask.shape}")
    return mask
