"""What a recorded flight shows of a vehicle, row by row and in body axes, without knowing the vehicle."""

from dataclasses import dataclass, replace

import numpy as np

from hil.core.vehicle import GRAVITY_M_S2
from hil.flights.reader import Flight
from hil.log import Log
from hil_sim.fidelity.attitudes import Array, inverse, product, rotation_vector, to_world
from hil_sim.fidelity.windows import sound_rows
from hil_sim.identify.spectra import Rows, transform

APART_S = 1.0  # between windows that are transformed: they overlap by half, as a Hann taper wants
LAGS_S = np.arange(-0.04, 0.1001, 0.002)
LAG_BAND_HZ = np.arange(1.0, 5.01, 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Flown:
    """One flight. Arrays have a row per log row (n); only `rows` and what `windows` number are free of faults."""

    name: str
    simulated: bool
    held: bool  # the command of a row was in force until the next, rather than a sample of a faster loop
    rate_hz: float
    t_s: Array
    windows: Rows  # (windows, rows of one)
    rows: Rows  # sorted, all rows of sound windows
    commands: Array  # (n, 4) 0..1
    volts: Array | None  # at which each command was obeyed
    attitude: Array  # xyzw
    velocity: Array  # (n, 3) body, m/s
    force: Array  # (n, 3) body, specific force without gravity, m/s², from motion capture's velocity
    rates: Array  # (n, 3) body, rad/s
    setpoint: Array  # (n, 3) world, m
    estimate_lag_s: float  # by which the estimated attitude is behind the truth
    position_error: Array  # (n, 3) world, m: estimate − truth of that long ago
    velocity_error: Array  # (n, 3) world, m/s
    attitude_error: Array  # (n, 3) body, rad
    rates_noise: Array  # (n, 3) body, rad/s: estimate − truth, or the gyro itself where that is the truth

    def to_body(self, world: Array) -> Array:
        """A vector (n, 3) in world axes, in body axes."""
        return to_world(inverse(self.attitude), world)


def flown(flight: Flight, *, held: bool) -> Flown:
    """What a flight shows."""
    log, rate_hz = flight.log, flight.log.info.rate_hz
    sound, _ = sound_rows(log, from_s=0.0, to_s=flight.task_duration_s)
    back = inverse(log.attitude)
    gained = np.zeros_like(log.velocity)
    gained[1:-1] = 0.5 * rate_hz * (log.velocity[2:] - log.velocity[:-2])
    volts = log["battery_v"]
    seen = np.isfinite(volts[sound]).all()
    plain = Flown(
        name=flight.name,
        simulated=log.info.simulated,
        held=held,
        rate_hz=rate_hz,
        t_s=log["t_s"],
        windows=_thinned(sound, rate_hz),
        rows=_inner(np.unique(sound), len(log)),
        commands=np.clip(log.motors, 0.0, 1.0),
        # a simulated row has the voltage that the command of the row before left
        volts=None if not seen else np.append(volts[1:], volts[-1]) if log.info.simulated else volts,
        attitude=log.attitude,
        velocity=to_world(back, log.velocity),
        force=to_world(back, gained + np.array([0.0, 0.0, GRAVITY_M_S2])),
        rates=log.rates,
        setpoint=log.reference,
        estimate_lag_s=0.0,
        position_error=np.zeros_like(log.position),
        velocity_error=np.zeros_like(log.position),
        attitude_error=np.zeros_like(log.position),
        rates_noise=_rates_noise(log),
    )
    return _with_errors(plain, log)


def _thinned(sound: Rows, rate_hz: float) -> Rows:
    kept, last = [], -(10**9)
    for number, first in enumerate(sound[:, 0].tolist()):
        if first >= last + APART_S * rate_hz:
            kept.append(number)
            last = first
    return sound[kept]


def _inner(rows: Rows, length: int) -> Rows:
    """Without the rows that have no neighbour to difference with."""
    return rows[(rows > 0) & (rows < length - 1)]


def _rates_noise(log: Log) -> Array:
    apart = log.stack(*(f"estimate_rate_{a}_rad_s" for a in "xyz")) - log.rates
    return apart if np.isfinite(apart).any() and np.nanmax(np.abs(apart)) > 0 else log.rates


def _with_errors(plain: Flown, log: Log) -> Flown:
    """The same with the estimator's errors, zero where a flight has no estimate."""
    position = log.stack(*(f"estimate_position_{a}_m" for a in "xyz"))
    velocity = log.stack(*(f"estimate_velocity_{a}_m_s" for a in "xyz"))
    attitude = log.stack(*(f"estimate_quat_{a}" for a in "xyzw"))
    if not np.isfinite(np.concatenate([position, velocity, attitude], axis=1)[plain.rows]).all():
        return plain
    attitude = np.where(np.sum(attitude * log.attitude, axis=1, keepdims=True) < 0, -attitude, attitude)
    lag_s = _lag(attitude, log.attitude, plain)
    true_attitude = _late(log.attitude, lag_s * plain.rate_hz)
    true_attitude /= np.linalg.norm(true_attitude, axis=1, keepdims=True)
    return replace(
        plain,
        estimate_lag_s=lag_s,
        position_error=position - _late(log.position, lag_s * plain.rate_hz),
        velocity_error=velocity - _late(log.velocity, lag_s * plain.rate_hz),
        attitude_error=rotation_vector(product(inverse(true_attitude), attitude)),
    )


def _lag(estimate: Array, truth: Array, plain: Flown) -> float:
    """Lag that leaves least of the difference at 1 to 5 Hz, weighted by frequency: errors of estimators are slow."""
    seen, true = (transform(each.T, plain.windows, plain.rate_hz, LAG_BAND_HZ) for each in (estimate, truth))
    turned = np.exp(-2j * np.pi * np.outer(LAGS_S, LAG_BAND_HZ))
    left = [np.sum(np.abs(LAG_BAND_HZ * (seen - true * turn)) ** 2) for turn in turned]
    return float(LAGS_S[int(np.argmin(left))]) if max(left) > 0 else 0.0


def _late(values: Array, rows: float) -> Array:
    at = np.arange(len(values)) - rows
    return np.stack([np.interp(at, np.arange(len(values)), column) for column in values.T], axis=1)
