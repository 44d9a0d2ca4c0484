"""What a controller sees of the true state: late, filtered, offset and noisy, in that order.

    position, velocity, attitude    lag, then bias (attitude only), then noise, white or with a memory
    rates                           low-pass, then bias and gyro faults, then white noise

Noise is what is left after the filter, as logs show it: one draw per call, so its bandwidth is that of the controller.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hil.core.chance import rng
from hil.core.errors import HilError
from hil.core.frames import quat_multiply
from hil.core.types import Quat, State, Vec3
from hil.scenario.conditions import Fault, GyroBias, Sensors
from hil_sim.arithmetic import FLOATS, Arithmetic
from hil_sim.estimator_lag import LateState, unit
from hil_sim.gyro_filter import GyroFilter
from hil_sim.noise import Chance, FlightNoise, GaussMarkov


class Sensing:
    """The senses of one flight. With nothing set, `observe` returns the very state it is given.

    Or of many at once: with `of=ARRAYS` and `begin`, each number of a state is an array (n,).
    """

    def __init__(self, sensors: Sensors, faults: Sequence[Fault] = (), *, of: Arithmetic = FLOATS) -> None:
        self._sensors, self._of = sensors, of
        self._gyro_faults = [(fault.at_s, fault.bias_rad_s) for fault in faults if isinstance(fault, GyroBias)]
        self._perfect = not self._gyro_faults and sensors.model_copy(update={"action_delay_s": 0.0}) == Sensors()
        self._std = (*sensors.position_noise_m, *sensors.velocity_noise_m_s, *sensors.attitude_noise_rad)
        self._turns = any(sensors.attitude_noise_rad) or any(sensors.attitude_bias_rad)
        self._last_s: float | None = None

    def reset(self, state: State, *, seed: int) -> None:
        """Start a flight at `state`, t = 0: draws its biases, settles its filters."""
        self.begin(state, lambda purpose: rng(seed, purpose))

    def begin(self, state: State, chance: Callable[[str], Chance]) -> None:
        """Start at `state`, t = 0, with the draws that `chance` gives for a purpose."""
        sensors, of, bias = self._sensors, self._of, chance("sensor bias")
        self._attitude_bias = _scaled(sensors.attitude_bias_rad, of.components(bias.standard_normal(3)))
        self._rates_bias = _scaled(sensors.rates_bias_rad_s, of.components(bias.standard_normal(3)))
        noise = FlightNoise if of is FLOATS else GaussMarkov
        self._noise = noise(self._std, (sensors.noise_correlation_s,) * 9, chance("estimator noise"))
        self._gyro_noise = noise(sensors.rates_noise_rad_s, (0.0,) * 3, chance("gyro noise"))
        self._late = LateState(sensors.estimator_lag_s, state, of)
        self._filter = None if sensors.gyro_cutoff_hz is None else GyroFilter(sensors.gyro_cutoff_hz, state.rates)
        self._last_s = 0.0

    def observe(self, state: State, t_s: float) -> State:
        """What the controller sees at `t_s`, when `state` is true; once per controller tick, in order of time."""
        if self._perfect:
            return state
        if self._last_s is None or t_s < self._last_s:
            raise HilError(f"observe at {t_s} s: reset() comes first, and time only goes on")
        dt_s, self._last_s = t_s - self._last_s, t_s
        position, velocity, attitude = self._late.observe(state, t_s)
        rates = state.rates
        if dt_s > 0:
            self._noise.advance(dt_s)
            self._gyro_noise.advance(dt_s)
            if self._filter is not None:
                rates = self._filter.advance(rates, dt_s)
        px, py, pz, vx, vy, vz, roll, pitch, yaw = self._noise.components
        if self._turns:
            attitude = _tilted(attitude, _sum((roll, pitch, yaw), self._attitude_bias), self._of)
        gx, gy, gz = self._gyro_noise.components
        rates = _sum(_sum(rates, self._rates_bias), (gx, gy, gz))
        for at_s, bias in self._gyro_faults:
            if t_s >= at_s:
                rates = _sum(rates, bias)
        return State(_sum(position, (px, py, pz)), _sum(velocity, (vx, vy, vz)), attitude, rates)


def _scaled(std: Vec3, normal: Sequence[Any]) -> Vec3:
    return (std[0] * normal[0], std[1] * normal[1], std[2] * normal[2])


def _sum(a: Vec3, b: Vec3) -> Vec3:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def _tilted(attitude: Quat, error: Vec3, of: Arithmetic) -> Quat:
    """Attitude turned by a small body rotation in rad; its angle is right to (angle²/12), 0.1 % at 6°."""
    return unit(quat_multiply(attitude, (error[0] / 2.0, error[1] / 2.0, error[2] / 2.0, 1.0)), of.sqrt)
