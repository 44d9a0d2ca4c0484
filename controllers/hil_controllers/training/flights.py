"""Many vehicles in the trainer, each on its own episode: what they are, what pushes them, what they see, where to be.

Vehicles, starts, noise, latency and disturbances are drawn as the scenario vocabulary says; an episode that is over is
followed by another at the next window. Paths are one sine per axis, p(t) = c + A sin(ω t + φ), with A at most
`REACH_M`. Everything is drawn from one generator, in order, so that a training can stop and go on.
"""

import math
from typing import Any

import numpy as np

from hil.core.chance import rng
from hil.core.types import Start
from hil.core.vehicle import GRAVITY_M_S2, Vehicle
from hil.scenario.conditions import Force, Residual, Torque
from hil.scenario.start import draw_start
from hil_controllers.training.config import Training
from hil_sim.adjoint.compiled import compiled
from hil_sim.adjoint.program import LANES, STATES, VALUES
from hil_sim.adjoint.senses import LATE, MEMORY, OTHER, SHOWN, Senses
from hil_sim.battery import Supply, supply_of
from hil_sim.dynamics import constants
from hil_sim.noise import correlation_s
from hil_sim.variation import varied

DT_S = 0.01
REACH_M = (1.0, 1.0, 0.4)
LOST_M = 2.0  # from the set-point
LOST_COSINE = -0.6  # of the tilt: upside down
LOST_RATE_RAD_S = 40.0


class Flights:
    """n vehicles (a multiple of 16) flown window after window of `ticks` control steps.

    Arrays are float32, time first: states (lag + ticks + 1, n, 17), of which `states[lag + t]` is that of tick t;
    commands (kept + ticks, n, 4); wanted positions and velocities (ticks + 1, n, 3).
    """

    _KEPT = (
        "states", "commands", "_senses", "_values", "_steady", "_load_scale", "_residual_unit", "_noise_unit",
        "_rates_bias", "_attitude_bias", "_latency", "_center", "_amplitude", "_omega", "_phase", "_push", "age",
    )  # fmt: skip

    def __init__(self, training: Training, vehicle: Vehicle, *, vehicles: int, ticks: int) -> None:
        self.n, self.ticks = vehicles, ticks
        self._training, self._vehicle = training, vehicle
        self._rng = rng(training.seed, "training")
        sensors, observation = training.sensors, training.observation
        integral = observation.integral
        self.program = compiled(
            Senses(
                DT_S, sensors.gyro_cutoff_hz, observation.position_clip_m, observation.velocity_clip_m_s,
                integral.gain_1_s if integral else 0.0, integral.limit_m if integral else 0.0,
            )
        )  # fmt: skip
        self.lag = round(sensors.estimator_lag_s / DT_S)
        early = vehicle.command_delay_s
        self._lengths = np.array([early, DT_S - early] if early else [DT_S], np.float32)
        self._latency_ticks = tuple(round(value / DT_S) for value in training.latency_s)
        self._kept = self._latency_ticks[1] + 2  # commands that may still be waiting
        self._episode_ticks = round(training.episode_s / DT_S)
        self._residual, self._residual_memory = _residual(training, vehicle)
        self._noise_memory = math.exp(-DT_S / sensors.noise_correlation_s) if sensors.noise_correlation_s else 0.0
        self._noise_std = np.array(
            [*sensors.position_noise_m, *sensors.velocity_noise_m_s, *sensors.attitude_noise_rad]
        )
        self._allocate()
        self.reset(np.arange(self.n))
        self.age = self._rng.integers(0, self._episode_ticks, self.n)

    def _allocate(self) -> None:
        n, ticks = self.n, self.ticks
        self.states = np.zeros((self.lag + ticks + 1, n, STATES), np.float32)
        self.commands = np.zeros((self._kept + ticks, n, 4), np.float32)
        self.shown = np.zeros((ticks, n, SHOWN), np.float32)
        self._senses = np.zeros((ticks + 1, n, MEMORY), np.float32)
        self._stages = np.zeros((ticks, len(self._lengths), n, STATES), np.float32)
        self._values = np.zeros((n, len(VALUES)))
        self._steady, self._load_scale, self._residual_unit = (np.zeros((n, 6)) for _ in range(3))
        self._noise_unit = np.zeros((n, 9))
        self._rates_bias, self._attitude_bias = np.zeros((n, 3)), np.zeros((n, 3))
        self._latency = np.zeros(n, np.int64)
        self._center, self._amplitude, self._omega, self._phase = (np.zeros((n, 3)) for _ in range(4))
        self._push = np.zeros((n, 5))
        self.age = np.zeros(n, np.int64)

    def reset(self, which: np.ndarray) -> None:
        """Begin new episodes for these vehicles (k,)."""
        training, draw = self._training, self._rng
        for k in which:
            seed = int(draw.integers(2**31))
            actual, efficiency = varied(self._vehicle, training.randomise, seed=seed)
            supply = supply_of(self._vehicle)
            if self._vehicle.battery is not None:
                supply = supply._replace(rest_v=supply.rest_v + draw.uniform(*training.battery_spread_v))
            self._values[k] = (*constants(actual, efficiency), *supply)
            self._load_scale[k] = [actual.mass_kg] * 3 + list(actual.inertia_kg_m2)
            self._draw_path(k)
            self._place(k, draw_start(training.start, seed), actual, supply)
            self._draw_chance(k, actual)
            self.age[k] = 0
        self._tiles = tiled(self._values)
        late = self._latency
        self._late = np.stack([late + 1, late] if len(self._lengths) == 2 else [late])

    def _place(self, k: int, start: Start, actual: Vehicle, supply: Supply) -> None:
        """Put vehicle k where it starts, on and along with its path."""
        full = self._vehicle.full_motor()
        m1, m2, m3, m4 = (actual.hover_motor,) * 4 if start.motors is None else (m * full for m in start.motors)
        position, velocity, attitude, rates = start.state
        wanted, moving = self._wanted(slice(k, k + 1), np.zeros(1))
        offset = wanted[0] - self._center[k]
        self.states[self.ticks :, k] = [
            *(position + offset), *attitude, *(velocity + moving[0]), *rates, m1, m2, m3, m4,
        ]  # fmt: skip
        self.commands[self.ticks :, k] = supply.command_for((m1, m2, m3, m4))
        self._senses[-1, k] = 0.0
        self._senses[-1, k, 0:3] = self._senses[-1, k, 6:9] = rates

    def _draw_chance(self, k: int, actual: Vehicle) -> None:
        """What pushes vehicle k, how late its commands are, and how its sensors err."""
        training, draw, sensors = self._training, self._rng, self._training.sensors
        self._steady[k] = 0.0
        for one in training.disturbances:
            if isinstance(one, Force):
                self._steady[k, :3] += one.force_world_n + one.std_n * draw.standard_normal(3)
            elif isinstance(one, Torque):
                self._steady[k, 3:] += one.torque_body_n_m + one.std_n_m * draw.standard_normal(3)
        self._residual_unit[k] = draw.standard_normal(6)
        self._noise_unit[k] = draw.standard_normal(9)
        self._rates_bias[k] = draw.standard_normal(3) * sensors.rates_bias_rad_s
        self._attitude_bias[k] = draw.standard_normal(3) * sensors.attitude_bias_rad
        self._latency[k] = draw.integers(self._latency_ticks[0], self._latency_ticks[1] + 1)
        self._push[k] = 0.0
        if draw.uniform() < training.pushes.share:
            begin_s = draw.uniform(0.1, 0.8) * training.episode_s
            force = draw.uniform(-1.0, 1.0, 3) * training.pushes.weight_share * actual.mass_kg * GRAVITY_M_S2
            self._push[k] = (begin_s, begin_s + draw.uniform(0.2, 0.8), *force)

    def _draw_path(self, k: int) -> None:
        """Where vehicle k is to be: a point, or a path around it."""
        paths, draw = self._training.paths, self._rng
        self._center[k], self._amplitude[k] = self._training.start.position_m, 0.0
        self._omega[k], self._phase[k] = 1.0, 0.0
        if draw.uniform() < paths.share:
            omega = 2.0 * np.pi / np.exp(draw.uniform(np.log(paths.period_s[0]), np.log(paths.period_s[1]), 3))
            most = np.minimum(REACH_M, paths.acceleration_m_s2 / omega**2)
            self._omega[k], self._phase[k] = omega, draw.uniform(0.0, 2.0 * np.pi, 3)
            self._amplitude[k] = most * draw.uniform(0.2, 1.0, 3) * (draw.uniform(size=3) < 0.8)

    def _wanted(self, which: Any, t_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        angle = self._omega[which] * t_s[..., None] + self._phase[which]
        return (
            self._center[which] + self._amplitude[which] * np.sin(angle),
            self._amplitude[which] * self._omega[which] * np.cos(angle),
        )

    def _wanted_acceleration(self, t_s: np.ndarray) -> np.ndarray:
        angle = self._omega * t_s[..., None] + self._phase
        return np.asarray(-self._amplitude * self._omega**2 * np.sin(angle))

    def begin(self) -> None:
        """Make this window follow the last one, and draw its chance."""
        ticks, n = self.ticks, self.n
        self.states[: self.lag + 1] = self.states[ticks:].copy()
        self.commands[: self._kept] = self.commands[ticks:].copy()
        self._senses[0] = self._senses[-1]
        t_s = (self.age + np.arange(ticks + 1)[:, None]) * DT_S
        self.time = t_s.astype(np.float32)
        self.wanted, self.wanted_velocity = self._wanted(slice(None), t_s)
        other = np.empty((ticks, n, OTHER), np.float32)
        noise = self._rng.standard_normal((ticks, n, 9))
        a, b = self._noise_memory, self._residual_memory
        fresh, fresh_load = np.sqrt(1 - a * a), np.sqrt(1 - b * b)
        loads = np.empty((ticks, n, 6))
        pushes = self._rng.standard_normal((ticks, n, 6)) if self._residual.any() else None
        for t in range(ticks):
            other[t, :, :9] = self._noise_std * self._noise_unit
            self._noise_unit = a * self._noise_unit + fresh * noise[t]
            loads[t] = self._steady
            if pushes is not None:
                loads[t] += self._residual * self._residual_unit * self._load_scale
                self._residual_unit = b * self._residual_unit + fresh_load * pushes[t]
        other[:, :, 6:9] += self._attitude_bias
        rates_std = self._training.sensors.rates_noise_rad_s
        other[:, :, 9:12] = self._rates_bias + rates_std * self._rng.standard_normal((ticks, n, 3))
        observation, acceleration = self._training.observation, self._wanted_acceleration(t_s[:-1])
        other[:, :, 12:15] = self.wanted[:-1] + observation.position_lead_s * self.wanted_velocity[:-1]
        other[:, :, 15:18] = self.wanted_velocity[:-1] + observation.velocity_lead_s * acceleration
        pushed = (t_s[:-1] >= self._push[:, 0]) & (t_s[:-1] < self._push[:, 1])
        if pushed.any():
            loads[:, :, :3] += np.where(pushed[..., None], self._push[:, 2:], 0.0)
        self._other = other
        self._loads = tiled(loads.reshape(ticks * n, 6)).reshape(ticks, n // LANES, 6 * LANES)
        self.age = self.age + ticks

    def over(self) -> tuple[np.ndarray, np.ndarray]:
        """Which vehicles (n,) are lost after this window, and which are to begin anew: those, and the old."""
        gone = np.asarray(lost(self.states[self.lag + 1 :], self.wanted[1:]).any(axis=0))
        return gone, gone | (self.age >= self._episode_ticks)

    def snapshot(self) -> dict[str, Any]:
        """All that the next window depends on, plain and picklable."""
        kept = {name: getattr(self, name).copy() for name in self._KEPT}
        return kept | {"rng": self._rng.bit_generator.state}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        for name in self._KEPT:
            setattr(self, name, snapshot[name].copy())
        self._rng.bit_generator.state = snapshot["rng"]
        self.reset(np.arange(0))

    def look(self, t: int) -> np.ndarray:
        """What the policies are shown at tick t, (n, 18)."""
        now = self.states[self.lag + t]
        self.program.see(
            self.states[t][:, :LATE], now[:, 10:13], self._senses[t], self._other[t], self.shown[t], self._senses[t + 1]
        )
        return np.asarray(self.shown[t])

    def move(self, t: int, actions: np.ndarray) -> None:
        """Fly tick t under these actions (n, 4) in −1..1."""
        newest = self._kept + t
        self.commands[newest] = (actions + np.float32(1)) * np.float32(0.5)
        now = self.lag + t
        self.program.step(
            self.states[now], self.commands, newest, self._late, self._lengths, self._tiles, self._loads[t],
            self.time[t], self._stages[t], self.states[now + 1],
        )  # fmt: skip

    def begin_back(self, of_states: np.ndarray) -> None:
        """Start back through the window from the gradient of its states (ticks, n, 17), those after each tick."""
        self._of_states = np.zeros_like(self.states)
        self._of_states[self.lag + 1 :] = of_states
        self._of_commands = np.zeros_like(self.commands)
        self._of_senses = np.zeros((self.n, MEMORY), np.float32)
        self._of_state = np.empty((self.n, STATES), np.float32)
        self._of_seen = [np.empty((self.n, size), np.float32) for size in (LATE, 3, MEMORY)]

    def move_back(self, t: int) -> np.ndarray:
        """Gradient (n, 4) of the actions at tick t."""
        newest, now = self._kept + t, self.lag + t
        self.program.step_vjp(
            self._stages[t], self.commands, newest, self._late, self._lengths, self._tiles, self._loads[t],
            self.time[t], self._of_states[now + 1], self._of_state, self._of_commands,
        )  # fmt: skip
        self._of_states[now] += self._of_state
        return np.asarray(self._of_commands[newest] * np.float32(0.5))

    def look_back(self, t: int, of_shown: np.ndarray) -> None:
        """Take the gradient (n, 18) of what was shown at tick t back to the states."""
        now = self.lag + t
        of_late, of_rates, of_memory = self._of_seen
        self.program.see_vjp(
            self.states[t][:, :LATE], self.states[now][:, 10:13], self._senses[t], self._other[t], of_shown,
            self._of_senses, of_late, of_rates, of_memory,
        )  # fmt: skip
        self._of_states[t][:, :LATE] += of_late
        self._of_states[now][:, 10:13] += of_rates
        self._of_senses, self._of_seen[2] = of_memory, self._of_senses

    def fade(self, t: int, left: float) -> None:
        """Leave this share of the gradient of the states before tick t."""
        if left < 1.0:
            self._of_states[self.lag + t] *= np.float32(left)


def tiled(values: np.ndarray) -> np.ndarray:
    """Rows of values (n, k) as tiles (n / 16, k · 16), lanes innermost; n must be a multiple of 16."""
    n, k = values.shape
    return np.ascontiguousarray(values.reshape(n // LANES, LANES, k).transpose(0, 2, 1), np.float32).reshape(
        -1, k * LANES
    )


def lost(states: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Which states (…, 17) are far from what is wanted (…, 3), upside down, spinning, or not finite."""
    with np.errstate(all="ignore"):
        far = ((states[..., 0:3] - wanted) ** 2).sum(-1) > LOST_M**2
        qx, qy = states[..., 3], states[..., 4]
        upside_down = 1.0 - 2.0 * (qx * qx + qy * qy) < LOST_COSINE
        spinning = (states[..., 10:13] ** 2).sum(-1) > LOST_RATE_RAD_S**2
        return np.asarray(far | upside_down | spinning | ~np.isfinite(states).all(-1))


def _residual(training: Training, vehicle: Vehicle) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviations of acceleration, m/s² and rad/s² (6,), and what is left of them after a tick (6,)."""
    scale = sum(one.scale for one in training.disturbances if isinstance(one, Residual))
    if vehicle.residual is None or not scale:
        return np.zeros(6), np.zeros(6)
    force, torque = (correlation_s(hz) for hz in (vehicle.residual.force_cutoff_hz, vehicle.residual.torque_cutoff_hz))
    stds = scale * np.array([*vehicle.residual.force_std_m_s2, *vehicle.residual.torque_std_rad_s2])
    return stds, np.exp(-DT_S / np.array([force] * 3 + [torque] * 3))
