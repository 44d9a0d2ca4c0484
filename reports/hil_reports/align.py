"""Flights of one scenario on one time base, signal by signal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hil.core.errors import BadInput
from hil.log import Log

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A group of columns that part together; its distance is the Euclidean length of the difference."""

    name: str
    unit: str
    columns: tuple[str, ...]
    between: Literal["linear", "hold", "rotation"] = "linear"  # what holds between two rows
    threshold: float  # counts as parted when only single flights are compared and no spread is known
    floor: float  # never counts as parted below this, however small the spread of the repeats


SIGNALS = (
    Signal(
        name="set-point",
        unit="m",
        columns=tuple(f"setpoint_position_{a}_m" for a in "xyz"),
        threshold=0.05,
        floor=0.005,
    ),
    Signal(name="position", unit="m", columns=tuple(f"position_{a}_m" for a in "xyz"), threshold=0.05, floor=0.005),
    Signal(
        name="attitude",
        unit="rad",
        columns=tuple(f"quat_{a}" for a in "xyzw"),
        between="rotation",
        threshold=math.radians(5),
        floor=math.radians(0.5),
    ),
    Signal(name="rates", unit="rad/s", columns=tuple(f"rate_{a}_rad_s" for a in "xyz"), threshold=0.5, floor=0.05),
    Signal(
        name="motors",
        unit="1",
        columns=tuple(f"motor_{i}_fraction" for i in (1, 2, 3, 4)),
        between="hold",
        threshold=0.1,
        floor=0.01,
    ),
)


def common_times(logs: Sequence[Log]) -> Values:
    """Row times, s, of the slowest flight within the span all flights cover. Raises BadInput when there is none."""
    if not all(len(log) for log in logs):
        raise BadInput("a flight without rows cannot be compared")
    begin_s, end_s = max(float(log["t_s"][0]) for log in logs), min(float(log["t_s"][-1]) for log in logs)
    slowest = min(logs, key=lambda log: log.info.rate_hz)["t_s"]
    times = slowest[(slowest >= begin_s - 1e-9) & (slowest <= end_s + 1e-9)]
    if not len(times):
        raise BadInput(f"the flights do not overlap in time: one begins at {begin_s:g} s, another ends at {end_s:g} s")
    return times


def resample(log: Log, signal: Signal, times: Values) -> Values:
    """The signal at `times`, (n, k); exact where the flight has a row, NaN where nothing was recorded."""
    t_s, values = log["t_s"], log.stack(*signal.columns)
    if signal.between == "hold":
        return values[np.maximum(np.searchsorted(t_s, times + 1e-9, side="right") - 1, 0)]
    if signal.between == "rotation":
        turned = np.sum(values[1:] * values[:-1], axis=1) < 0.0  # q and −q are one attitude; interpolate the short way
        values = values * np.where(np.cumsum(np.concatenate([[False], turned])) % 2, -1.0, 1.0)[:, None]
    between = np.stack([np.interp(times, t_s, column) for column in values.T], axis=1)
    return _unit(between) if signal.between == "rotation" else between


def centre(signal: Signal, flights: Values) -> Values:
    """Mean over flights, (r, n, k) to (n, k); of attitudes, the normalised mean of aligned quaternions."""
    if signal.between != "rotation":
        return np.asarray(np.mean(flights, axis=0))
    same_side = np.where(np.sum(flights * flights[:1], axis=2, keepdims=True) < 0.0, -1.0, 1.0)
    return _unit(np.mean(flights * same_side, axis=0))


def difference(signal: Signal, a: Values, b: Values) -> Values:
    """B − A, (…, k); of attitudes, the rotation vector from A to B in A's body frame, rad, (…, 3)."""
    if signal.between != "rotation":
        return b - a
    axis = a[..., 3:] * b[..., :3] - b[..., 3:] * a[..., :3] - np.cross(a[..., :3], b[..., :3])
    cosine = np.sum(a * b, axis=-1, keepdims=True)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, np.abs(cosine))
    return axis * np.where(cosine < 0, -1.0, 1.0) * np.where(sine > 0, angle / np.where(sine > 0, sine, 1.0), 0.0)


def _unit(quats: Values) -> Values:
    with np.errstate(invalid="ignore"):
        return np.asarray(quats / np.linalg.norm(quats, axis=-1, keepdims=True))
