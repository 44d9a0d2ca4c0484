"""Where predictions start in a flight, and the rows each may see.

├── HISTORY_S before ──┤ start ├── LONGEST_S after ──┤
   trim: these rows only      prediction: commands and voltage only, truth to compare with
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.log import Log
from hil_sim.fidelity.attitudes import Array
from hil_sim.fidelity.faults import faults

HORIZONS_S = (0.1, 0.25, 0.5)
LONGEST_S = max(HORIZONS_S)
HISTORY_S = 1.5  # the longest trim of 1 s, after 0.5 s in which the motor lag forgets where it began
STRIDE_S = 0.25
LOWPASS_HZ = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows of one flight or of several of one rate. Axis 0: window; axis 1: row, `at` the one it starts from."""

    rate_hz: float
    at: int
    flight: NDArray[np.intp]  # (n,) which of the flights
    position: Array  # (n, rows, 3) world, m
    velocity: Array  # (n, rows, 3) world, m/s
    attitude: Array  # (n, rows, 4) xyzw
    rates: Array  # (n, rows, 3) body, rad/s, as recorded
    smooth_rates: Array  # (n, rows, 3) the same below 20 Hz, zero phase: three rows to each side
    motors: Array  # (n, rows, 4) commands 0..1
    battery_v: Array  # (n, rows) NaN where none is recorded

    def __len__(self) -> int:
        return len(self.flight)

    def horizon_rows(self) -> list[int]:
        """Rows after the start at which errors are taken."""
        return [round(horizon_s * self.rate_hz) for horizon_s in HORIZONS_S]


def cut(log: Log, *, from_s: float, to_s: float, flight: int = 0) -> tuple[Windows, Counter[str]]:
    """All windows of a flight that lie within [from_s, to_s] and have no fault, and how many were left out, by reason.

    A window with several faults counts once. A start every 0.25 s.
    """
    rate_hz = log.info.rate_hz
    rows, left_out = sound_rows(log, from_s=from_s, to_s=to_s)
    windows = Windows(
        rate_hz=rate_hz,
        at=round(HISTORY_S * rate_hz),
        flight=np.full(len(rows), flight, dtype=np.intp),
        position=log.position[rows],
        velocity=log.velocity[rows],
        attitude=log.attitude[rows],
        rates=log.rates[rows],
        smooth_rates=smoothed(log.rates, rate_hz)[rows],
        motors=np.clip(log.motors[rows], 0.0, 1.0),
        battery_v=log["battery_v"][rows],
    )
    return windows, left_out


def sound_rows(log: Log, *, from_s: float, to_s: float) -> tuple[NDArray[np.intp], Counter[str]]:
    """Row numbers (n, rows) of the windows of `cut`, and how many were left out, by reason."""
    rate_hz = log.info.rate_hz
    before, after = round(HISTORY_S * rate_hz), round(LONGEST_S * rate_hz)
    t_s = log["t_s"]
    first, last = np.searchsorted(t_s, [from_s - 1e-9, to_s + 1e-9])
    starts = np.arange(first + before, last - after, max(1, round(STRIDE_S * rate_hz)), dtype=np.intp)
    rows = starts[:, None] + np.arange(-before, after + 1)
    left_out: Counter[str] = Counter()
    usable = np.ones(len(starts), dtype=bool)
    for reason, bad in faults(log).items():
        hit = usable & bad[rows].any(axis=1)
        usable &= ~hit
        if hit.any():
            left_out[reason] = int(np.count_nonzero(hit))
    return rows[usable], left_out


def together(parts: list[Windows]) -> Windows:
    """The windows of several flights of one rate as one batch."""

    def joined(name: str) -> Array:
        return np.concatenate([getattr(part, name) for part in parts])

    return Windows(
        rate_hz=parts[0].rate_hz,
        at=parts[0].at,
        flight=np.concatenate([part.flight for part in parts]),
        position=joined("position"),
        velocity=joined("velocity"),
        attitude=joined("attitude"),
        rates=joined("rates"),
        smooth_rates=joined("smooth_rates"),
        motors=joined("motors"),
        battery_v=joined("battery_v"),
    )


def smoothed(values: Array, rate_hz: float, cutoff_hz: float = LOWPASS_HZ) -> Array:
    """Columns (n, k) low-passed without delay by a Gaussian that halves the power at `cutoff_hz`; ends see one side."""
    width_s = np.sqrt(np.log(2.0)) / (2.0 * np.pi * cutoff_hz)
    reach = max(1, int(np.ceil(4.0 * width_s * rate_hz)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (width_s * rate_hz)) ** 2)
    inside = slice(reach, reach + len(values))  # of the full convolution; "same" is the longer of the two
    weight = np.convolve(np.ones(len(values)), kernel)[inside]
    columns = [np.convolve(column, kernel)[inside] / weight for column in values.T]
    return np.stack(columns, axis=1)
