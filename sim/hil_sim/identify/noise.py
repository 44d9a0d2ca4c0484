"""What is left over: noise of the senses, and slow forces and torques that no term explains."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hil_sim.fidelity.attitudes import Array, to_world
from hil_sim.fidelity.windows import smoothed
from hil_sim.identify.flown import Flown
from hil_sim.identify.slow import slow

GYRO_ABOVE_HZ = 15.0  # below, a gyro shows motion
FORCE_BELOW_HZ = 2.0
TORQUE_BELOW_HZ = 1.0


@dataclass(frozen=True, slots=True)
class Level:
    """A noise: its value per axis, and the standard uncertainty of each, None for a single flight."""

    values: tuple[float, ...]
    stds: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Senses:
    """Standard deviations, medians over flights; None for what the flights do not record."""

    gyro_rad_s: Level  # white, of which as much is above 15 Hz as was seen there
    position_m: Level | None  # world, after the lag is taken out, each flight's mean removed
    velocity_m_s: Level | None  # world
    attitude_rad: Level | None  # body
    correlation_s: Level | None  # of the velocity's, until 1/e
    lag_s: Level | None  # of the attitude


def median(each: Sequence[Array]) -> Level:
    """Median over flights per column; a median spreads 1.25 times as much as a mean."""
    table = np.array(each)
    stds = 1.25 * table.std(axis=0, ddof=1) / np.sqrt(len(table)) if len(table) > 1 else None
    return Level(tuple(np.median(table, axis=0).tolist()), None if stds is None else tuple(stds.tolist()))


def root_mean_square(each: Sequence[Array]) -> Level:
    """Of the RMS of every flight, per column."""
    square = np.array(each) ** 2
    root = np.sqrt(square.mean(axis=0))
    if len(square) < 2:
        return Level(tuple(root.tolist()), None)
    stds = square.std(axis=0, ddof=1) / np.sqrt(len(square)) / (2.0 * root + 1e-300)
    return Level(tuple(root.tolist()), tuple(stds.tolist()))


def senses(flights: Sequence[Flown]) -> Senses:
    """What the controller's senses add to the truth."""
    gyro = median([_fast(flight) for flight in flights])
    seeing = [flight for flight in flights if np.abs(flight.attitude_error[flight.rows]).max() > 1e-6]
    if not seeing:
        return Senses(gyro, None, None, None, None, None)

    def std(name: str) -> Level:
        return median([np.std(getattr(flight, name)[flight.rows], axis=0) for flight in seeing])

    return Senses(
        gyro_rad_s=gyro,
        position_m=std("position_error"),
        velocity_m_s=std("velocity_error"),
        attitude_rad=std("attitude_error"),
        correlation_s=median([np.array([_forgets_after_s(flight)]) for flight in seeing]),
        lag_s=median([np.array([flight.estimate_lag_s]) for flight in seeing]),
    )


def _fast(flight: Flown) -> Array:
    fast = flight.rates_noise - smoothed(flight.rates_noise, flight.rate_hz, GYRO_ABOVE_HZ)
    spread: Array = np.std(fast[flight.rows], axis=0) / np.sqrt(share_above(GYRO_ABOVE_HZ, flight.rate_hz))
    return spread


def _forgets_after_s(flight: Flown) -> float:
    """Until the autocorrelation of the velocity's error (x and y, longest sound stretch) falls below 1/e."""
    stretch = max(np.split(flight.rows, np.flatnonzero(np.diff(flight.rows) != 1) + 1), key=len)
    error = flight.velocity_error[stretch, :2]
    error = error - error.mean(axis=0)
    for lag in range(1, len(error) // 2):
        if np.sum(error[lag:] * error[:-lag]) < np.exp(-1.0) * np.sum(error * error):
            return lag / flight.rate_hz
    return len(error) / 2 / flight.rate_hz


def residual_force(flights: Sequence[Flown], thrusts: Sequence[Array], drag_1_s: Array, cutoff_hz: float) -> Level:
    """RMS, world, m/s², of first-order noise of this cutoff that leaves what is seen below 2 Hz."""
    left = []
    for flight, thrust in zip(flights, thrusts, strict=True):
        force = flight.force + drag_1_s * flight.velocity
        force[:, 2] -= thrust.sum(axis=1)
        force = to_world(flight.attitude, force - force[flight.rows].mean(axis=0))
        left.append(_spread(slow(flight, force, FORCE_BELOW_HZ)) / np.sqrt(share_below(FORCE_BELOW_HZ, cutoff_hz)))
    return root_mean_square(left)


def residual_torque(
    flights: Sequence[Flown], turning: Sequence[Array], gains: Array, per_velocity: Array, cutoff_hz: float
) -> Level:
    """RMS, roll and pitch, rad/s², of first-order noise of this cutoff that leaves what is seen below 1 Hz.

    `turning` is the differential thrust (n, 2), N/kg; `per_velocity` (2,) what of it balances drag per v_y and v_x.
    A parabola over each flight is removed: motors that warm up, a battery that drains.
    """
    left = []
    for flight, differential in zip(flights, turning, strict=True):
        turned = np.gradient(flight.rates[:, :2], 1.0 / flight.rate_hz, axis=0)
        unexplained = turned - gains * (differential - per_velocity * flight.velocity[:, 1::-1])
        share = share_below(TORQUE_BELOW_HZ, cutoff_hz)
        drift = np.vander(flight.t_s[flight.rows] - flight.t_s[flight.rows].mean(), 3)
        unexplained = slow(flight, unexplained, TORQUE_BELOW_HZ)
        unexplained = unexplained - drift @ np.linalg.lstsq(drift, unexplained, rcond=None)[0]
        left.append(_spread(unexplained) / np.sqrt(share))
    return root_mean_square(left)


def share_below(gaussian_hz: float, cutoff_hz: float) -> float:
    """Power of first-order noise that a Gaussian low-pass, half at `gaussian_hz`, leaves."""
    # with f = cutoff tan θ the spectrum is flat in θ; mid-points of 2000 equal parts
    angle = (np.arange(2000) + 0.5) / 2000 * (np.pi / 2)
    return float(np.mean(0.5 ** ((cutoff_hz * np.tan(angle) / gaussian_hz) ** 2)))


def share_above(gaussian_hz: float, rate_hz: float) -> float:
    """Power of noise that is white from row to row which is left when a Gaussian low-pass is taken away."""
    impulse = np.zeros((int(rate_hz) | 1, 1))
    impulse[len(impulse) // 2] = 1.0
    return float(np.sum((impulse - smoothed(impulse, rate_hz, gaussian_hz)) ** 2))


def _spread(values: Array) -> Array:
    spread: Array = np.std(values, axis=0)
    return spread
