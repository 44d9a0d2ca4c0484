"""How hard the vehicle turns for a difference of thrust: torque gain, motor lag and command delay.

Roll and pitch share lag and delay. Per axis X = F[Σ ± t(τ) − s v], with t the specific thrust of a rotor (`motors`) and
s v the part of it that only balances the drag moment (`drag`), at 1 Hz most of it; Y = F[ω̇ + d ω] over what a gyro's
low-pass does, with the base's damping d. The instruments are the errors of the estimated velocity and attitude: what
makes a controller roll that is not there. 1 to 9 Hz: below, disturbances rule; above, recorded commands are noise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hil.scenario.sensor_presets import REAL_2026
from hil_sim.fidelity.attitudes import Array
from hil_sim.identify.flown import Flown
from hil_sim.identify.lift import Lift
from hil_sim.identify.motors import lagged, thrust_per_mass
from hil_sim.identify.resample import Clusters
from hil_sim.identify.response import Fit, Sums, fit, sums, unfit_last
from hil_sim.identify.spectra import Complex, transform, transform_of_derivative

BAND_HZ = np.arange(1.0, 9.01, 0.5)
LAGS_S = np.concatenate(
    [np.arange(0.015, 0.0601, 0.005), [0.07, 0.08, 0.09, 0.105, 0.12, 0.15, 0.19, 0.24, 0.3]]
).round(3)
MIDDLE = 7  # of the lags, for a direct fit and for what share the instruments move
DELAYS_S = np.arange(-20, 31) / 1000.0
ROLL, PITCH, YAW = np.array([[-1, -1, 1, 1], [-1, 1, 1, -1], [-1, 1, -1, 1]], dtype=np.float64)
INSTRUMENTS = ("velocity", "attitude")  # in the order of `errors_seen`
LEAST_SHARE = 0.01  # of the command that instruments must move


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """What one instrument says."""

    lag_s: float
    delay_s: float
    roll: Array  # (lags,) beside each of LAGS_S
    pitch: Array

    def gains(self, lag_s: float) -> tuple[float, float]:
        """Roll and pitch gain beside this lag."""
        return float(np.interp(lag_s, LAGS_S, self.roll)), float(np.interp(lag_s, LAGS_S, self.pitch))


@dataclass(frozen=True, slots=True, eq=False)
class Turning:
    """Draws (r) of lag, delay and gains; the first is that of all flights. Gains are for thrust of exponent `gamma`."""

    lag_s: Array  # (r,)
    delay_s: Array  # (r,)
    roll: Array  # (r,) rad/s² per N/kg
    pitch: Array
    free: tuple[Array, Array, Array]  # delay, roll and pitch gain (r, lags) that fit best beside each of LAGS_S
    offset_s: float  # standard uncertainty of the time of commands against the rest of a row
    around: tuple[tuple[float, ...], ...]  # lag, roll and pitch gain with commands that much earlier, and later (× √3)
    alone: dict[str, "Alone"]  # by the error of this by itself
    unbound_s: float  # the delay that would fit best, free of sign and with the lag that goes with it
    share: float  # of the command, moved by the instruments
    direct: bool  # no estimate was recorded: gains are biased by feedback
    at_bound: bool  # the best delay is 0: the lag holds whatever delay there is

    @property
    def found(self) -> bool:
        """Whether all flights together give numbers at all."""
        return bool(np.isfinite([self.lag_s[0], self.delay_s[0], self.roll[0], self.pitch[0]]).all())

    @property
    def at_edge(self) -> bool:
        """Whether the lag found is the shortest or longest that is looked for, and may be beyond."""
        return not LAGS_S[0] * 1.001 < self.lag_s[0] < LAGS_S[-1] * 0.999

    def offset(self, of: Callable[[float, float, float], float]) -> float:
        """Standard uncertainty of `of(lag, roll, pitch)` from the time of commands within a row, a uniform one."""
        early, late = (of(*each) for each in self.around)
        return abs(early - late) / 2.0 / float(np.sqrt(3.0))

    def disagreement(self, of: Callable[[float, float, float, float], float]) -> float:
        """Standard uncertainty of `of(lag, delay, roll, pitch)`: instruments differ, with the truth between them."""
        values = [of(each.lag_s, each.delay_s, *each.gains(float(self.lag_s[0]))) for each in self.alone.values()]
        return (max(values) - min(values)) / 2.0 / float(np.sqrt(3.0)) if values else 0.0

    @property
    def ridge(self) -> dict[float, tuple[float, float, float]]:
        """Lag → roll gain, pitch gain and delay, free of sign, that fit best beside it."""
        delay, roll, pitch = (each[0].tolist() for each in self.free)
        return dict(zip(LAGS_S.tolist(), zip(roll, pitch, delay, strict=True), strict=True))

    def slope(self, axis: int) -> float:
        """Change of the gain of an axis (0 roll, 1 pitch) along the ridge per second of lag, at the lag found."""
        return float(np.interp(self.lag_s[0], LAGS_S, np.gradient(self.free[1 + axis][0], LAGS_S)))

    def beside(self, lag_s: float) -> "Turning":
        """The same with a lag that is given instead of found."""
        delay, roll, pitch = (np.array([np.interp(lag_s, LAGS_S, each) for each in draws]) for draws in self.free)
        return replace(
            self,
            lag_s=np.full_like(roll, lag_s),
            delay_s=np.maximum(delay, 0.0),
            roll=roll,
            pitch=pitch,
            around=((lag_s, float(roll[0]), float(pitch[0])),) * 2,
            alone={name: replace(each, lag_s=lag_s, delay_s=0.0) for name, each in self.alone.items()},
            at_bound=bool(delay[0] < 0.5e-3),
        )


def turning(
    flights: Sequence[Flown],
    lift: Lift,
    clusters: Clusters,
    weights: Array,
    *,
    stopped: float,
    damping_1_s: float,
    per_velocity: tuple[float, float],
) -> Turning:
    """Lag, delay, roll and pitch gain of all draws; `per_velocity`: thrust that balances drag per v_y and v_x."""
    states = [
        lagged(lift.steady(number, flight), LAGS_S, 1.0 / flight.rate_hz, held=flight.held)
        for number, flight in enumerate(flights)
    ]
    axes = [
        _Axis.of(
            flights, states, lift.gamma, stopped, clusters,
            signs=signs, axis=axis, damping_1_s=damping_1_s, per_velocity=per_velocity[axis],
        )
        for axis, signs in enumerate((ROLL, PITCH))
    ]  # fmt: skip
    fits = [axis.fitted(weights) for axis in axes]
    cost = unfit_last(fits[0][0].cost + fits[1][0].cost)
    gains = [each.gain for each, _ in fits]
    lag, delay, (roll, pitch) = _best(cost, gains, from_s=0.0)
    offset_s = max(_offset_s(flight) for flight in flights)
    around = [_best(cost[:1], [gain[:1] for gain in gains], from_s=bound) for bound in (-offset_s, offset_s)]
    alone = {name: _alone([axis.by(k) for axis in axes], weights[:1]) for k, name in enumerate(INSTRUMENTS)}
    free = np.argmin(cost, axis=2)
    beside = [np.take_along_axis(gain, free[..., None], axis=2)[..., 0] for gain in gains]
    return Turning(
        lag_s=lag,
        delay_s=delay,
        roll=roll,
        pitch=pitch,
        free=(DELAYS_S[free], beside[0], beside[1]),
        offset_s=offset_s / np.sqrt(3.0),
        around=tuple((float(at[0][0]), *(float(gain[0]) for gain in at[2])) for at in around),
        alone={name: each for name, each in alone.items() if each is not None},
        unbound_s=float(DELAYS_S[np.unravel_index(np.argmin(cost[0]), cost[0].shape)[1]]),
        share=min(each.share for each, _ in fits),
        direct=any(direct for _, direct in fits),
        at_bound=bool(delay[0] < 0.5e-3),
    )


def _offset_s(flight: Flown) -> float:
    """How far commands may be off the rest of a row: radio blocks of a recording, samples of a faster loop."""
    rows = 0.5 if not flight.simulated else 0.0 if flight.held else 0.25
    return rows / flight.rate_hz


def _best(cost: Array, gains: list[Array], *, from_s: float) -> tuple[Array, Array, list[Array]]:
    """Lag, delay and gains (r,) of least cost with a delay of at least `from_s`; between lags by a parabola.

    NaN for draws that have no finite cost beside some lag: then nothing is known of where the least is.
    """
    allowed = np.flatnonzero(from_s - 1e-9 <= DELAYS_S)
    at = allowed[np.argmin(cost[:, :, allowed], axis=2)]  # (r, l)
    profile = np.take_along_axis(cost, at[..., None], axis=2)[..., 0]
    unknown = ~np.isfinite(profile).all(axis=1)
    profile[unknown] = 0.0
    place = np.clip(np.argmin(profile, axis=1), 1, profile.shape[1] - 2)
    r = np.arange(len(cost))
    left, mid, right = profile[r, place - 1], profile[r, place], profile[r, place + 1]
    bend = left - 2.0 * mid + right
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.clip(np.where(bend > 0, 0.5 * (left - right) / bend, np.sign(left - right)), -1.0, 1.0)

    def between(values: Array) -> Array:
        """Of (r, l): at the fractional place."""
        other = place + np.sign(shift).astype(int)
        found: Array = (1.0 - np.abs(shift)) * values[r, place] + np.abs(shift) * values[r, other]
        return np.where(unknown, np.nan, found)

    best = [np.take_along_axis(gain, at[..., None], axis=2)[..., 0] for gain in gains]
    return between(np.broadcast_to(LAGS_S, profile.shape)), between(DELAYS_S[at]), [between(gain) for gain in best]


def _alone(axes: list["_Axis | None"], weights: Array) -> Alone | None:
    """What one instrument says; None where it moves too little."""
    fits = [fit(axis.sums(), weights, DELAYS_S, share_at=MIDDLE) for axis in axes if axis is not None]
    if len(fits) < len(axes) or min(each.share for each in fits) < LEAST_SHARE:
        return None
    cost, gains = unfit_last(fits[0].cost + fits[1].cost), [each.gain for each in fits]
    lag, delay, _ = _best(cost, gains, from_s=0.0)
    if not np.isfinite(lag[0]):
        return None
    free = np.argmin(cost[0], axis=1)
    roll, pitch = (gain[0, np.arange(len(LAGS_S)), free] for gain in gains)
    return Alone(float(lag[0]), float(delay[0]), roll, pitch)


@dataclass(frozen=True, slots=True, eq=False)
class _Axis:
    """Transforms of the windows (n) of all flights for one axis."""

    x: Complex  # (lags, n, f) differential thrust
    y: Complex  # (n, f) angular acceleration
    z: Complex  # (instruments, n, f)
    cluster: NDArray[np.intp]  # (n,)
    clusters: int

    @classmethod
    def of(
        cls,
        flights: Sequence[Flown],
        states: Sequence[Array],
        gamma: float,
        stopped: float,
        clusters: Clusters,
        *,
        signs: Array,
        axis: int,
        damping_1_s: float,
        per_velocity: float,
    ) -> Self:
        x = []
        for flight, state in zip(flights, states, strict=True):
            thrust = thrust_per_mass(state, gamma, stopped) @ signs - per_velocity * flight.velocity[:, 1 - axis]
            x.append(transform(thrust, flight.windows, flight.rate_hz, BAND_HZ))
        return cls(
            np.concatenate(x, axis=1),
            np.concatenate([accelerations(flight, axis, damping_1_s) for flight in flights]),
            np.concatenate([errors_seen(flight, axis) for flight in flights], axis=1),
            _clusters(flights, clusters),
            len(clusters),
        )

    def by(self, instrument: int) -> "Self | None":
        """The same with one instrument only; None where it is still."""
        alone = replace(self, z=self.z[[instrument]])
        return alone if len(alone._moving()) else None

    def sums(self) -> Sums:
        return sums(BAND_HZ, self.x, self.y, self._moving(), self.cluster, self.clusters)

    def fitted(self, weights: Array) -> tuple[Fit, bool]:
        """The fit, and whether it had to be a direct one because the instruments move nothing."""
        if len(self._moving()):
            found = fit(self.sums(), weights, DELAYS_S, share_at=MIDDLE)
            if found.share >= LEAST_SHARE:
                return found, False
        middle = self.x[MIDDLE][None]
        return fit(sums(BAND_HZ, self.x, self.y, middle, self.cluster, self.clusters), weights, DELAYS_S), True

    def _moving(self) -> Complex:
        moving: Complex = self.z[np.sqrt(np.mean(np.abs(self.z) ** 2, axis=(1, 2))) > 1e-9]
        return moving


def _clusters(flights: Sequence[Flown], clusters: Clusters) -> NDArray[np.intp]:
    return np.concatenate([clusters.of(k, flight.t_s[flight.windows[:, 0]]) for k, flight in enumerate(flights)])


def yaw_gains(
    flights: Sequence[Flown],
    lift: Lift,
    clusters: Clusters,
    weights: Array,
    *,
    stopped: float,
    lag_s: float,
    delay_s: float,
    zero_s: float,
    damping_1_s: float,
) -> Array:
    """Gain in yaw of all draws (r,), rad/s² per N/kg, beside the rotor-inertia zero that is given; weak."""
    lead = 1.0 + 2j * np.pi * BAND_HZ * zero_s
    x = np.concatenate([
        transform(
            (thrusts_at(lift, number, flight, lag_s, stopped) @ YAW)[None], flight.windows, flight.rate_hz, BAND_HZ
        )
        for number, flight in enumerate(flights)
    ], axis=1)  # fmt: skip
    y = np.concatenate([accelerations(flight, 2, damping_1_s) for flight in flights])
    z = np.concatenate([errors_seen(flight, 2)[:1] for flight in flights], axis=1)
    if np.sqrt(np.mean(np.abs(z) ** 2)) < 1e-9:
        return np.full(len(weights), np.nan)
    cluster = np.concatenate([clusters.of(k, flight.t_s[flight.windows[:, 0]]) for k, flight in enumerate(flights)])
    found: Array = fit(sums(BAND_HZ, x * lead, y, z, cluster, weights.shape[1]), weights, np.array([delay_s])).gain[
        :, 0, 0
    ]
    return found


def thrusts_at(lift: Lift, number: int, flight: Flown, lag_s: float, stopped: float) -> Array:
    """Thrust per mass of the rotors of flight `number` at this lag, (n, 4) N/kg."""
    state = lagged(lift.steady(number, flight), np.array([lag_s]), 1.0 / flight.rate_hz, held=flight.held)[0]
    return thrust_per_mass(state, lift.gamma, stopped)


def accelerations(flight: Flown, axis: int, damping_1_s: float) -> Complex:
    """F[ω̇ + damping ω] of the windows (n, f), without the low-pass that the gyro of a recording has."""
    found = transform_of_derivative(flight.rates[:, axis], flight.windows, flight.rate_hz, BAND_HZ)
    found = found + damping_1_s * transform(flight.rates[:, axis], flight.windows, flight.rate_hz, BAND_HZ)
    if flight.simulated or REAL_2026.gyro_cutoff_hz is None:
        return found
    s = 1j * BAND_HZ / REAL_2026.gyro_cutoff_hz
    whole: Complex = found * (1.0 + np.sqrt(2.0) * s + s * s)
    return whole


def errors_seen(flight: Flown, axis: int) -> Complex:
    """The instruments (2, n, f): error of the velocity across the axis, and of the attitude about it."""
    across = flight.to_body(flight.velocity_error)[:, 1 - axis] if axis < 2 else flight.attitude_error[:, 2]
    return transform(np.stack([across, flight.attitude_error[:, axis]]), flight.windows, flight.rate_hz, BAND_HZ)
