"""Which rows of a flight cannot be predicted from or compared with, and why; found in the rows themselves.

Thresholds are those of `hil.flights.findings`, which reports the same faults with their times. What only motion capture
or a radio can do is not looked for in a simulated flight.
"""

import numpy as np
from numpy.typing import NDArray

from hil.flights.findings import (
    BATTERY_RANGE_V,
    BATTERY_STEP_V,
    FROZEN_S,
    POSSIBLE_SPEED_M_S,
    RATE_LIMIT_RAD_S,
    TRACKING_NOISE_M,
    TURN_DISAGREEMENT_RAD_S,
)
from hil.log import Log
from hil_sim.fidelity.attitudes import Array, inverse, product, rotation_vector

LONGEST_INTERPOLATION_S = 0.1  # commands drawn straight across lost packets for longer are no commands

Mask = NDArray[np.bool_]


def faults(log: Log) -> dict[str, Mask]:
    """Rows with each fault, (n,) per reason. A fault between two rows is that of the later one."""
    rate_hz = log.info.rate_hz
    found = {
        "rows missing": _later(np.diff(log["tick"]) != 1),
        "values missing": ~np.isfinite(
            np.concatenate([log.position, log.velocity, log.attitude, log.rates, log.motors], axis=1)
        ).all(axis=1),
        "gyro spike": np.abs(log.rates).max(axis=1) > RATE_LIMIT_RAD_S,
        "battery spike": _battery_spikes(log["battery_v"]),
    }
    if not log.info.simulated:
        step = np.linalg.norm(np.diff(log.position, axis=0), axis=1)
        still = _later(step == 0)
        found |= {
            "motion capture jumps": _later(step > POSSIBLE_SPEED_M_S / rate_hz + TRACKING_NOISE_M),
            "motion capture frozen": _in_runs(still, at_least=round(FROZEN_S * rate_hz)),
            "attitude unlike the gyro": _later(_turn_disagreement(log) > TURN_DISAGREEMENT_RAD_S),
            "commands lost": _in_runs(_straight(log.motors), at_least=round(LONGEST_INTERPOLATION_S * rate_hz)),
        }
    return found


def _battery_spikes(volts: Array) -> Mask:
    if not np.isfinite(volts).any():
        return np.zeros(len(volts), dtype=bool)
    low, high = BATTERY_RANGE_V
    return ~((volts >= low) & (volts <= high)) | _later(np.abs(np.diff(volts)) > BATTERY_STEP_V)


def _turn_disagreement(log: Log) -> Array:
    """|turn rate of motion capture − gyro| between rows, rad/s. (n − 1,)."""
    turned = rotation_vector(product(inverse(log.attitude[:-1]), log.attitude[1:])) * log.info.rate_hz
    apart: Array = np.linalg.norm(turned - 0.5 * (log.rates[:-1] + log.rates[1:]), axis=1)
    return apart


def _straight(motors: Array) -> Mask:
    """Rows at which all commands go on exactly as before: same slope, and a slope at all."""
    slope = np.diff(motors, axis=0)
    bend = np.abs(np.diff(slope, axis=0))
    straight = (bend <= 1e-3 * np.abs(slope[1:]) + 1e-9).all(axis=1) & (slope[1:] != 0).any(axis=1)
    return np.concatenate([[False], straight, [False]])


def _later(between: Mask) -> Mask:
    return np.concatenate([[False], between])


def _in_runs(mask: Mask, *, at_least: int) -> Mask:
    """True where `mask` is True for `at_least` rows on end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    kept = np.zeros_like(mask)
    for first, end in edges.reshape(-1, 2):
        kept[first:end] = end - first >= at_least
    return kept
