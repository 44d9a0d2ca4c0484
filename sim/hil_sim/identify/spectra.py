"""Tapered Fourier transforms of the windows of a flight, at a few frequencies.

With w the Hann taper and ⟨·⟩ the mean over the rows of a window:

    F[x](f) = ⟨w (x − ⟨x⟩) e^(−jωt)⟩        F[ẋ](f) = ⟨(jω w − ẇ) (x − ⟨x⟩) e^(−jωt)⟩

The second is the first of the derivative, integrated by parts: w vanishes at both ends, so nothing is differentiated
(the method of modulating functions, Shinbrot 1957).
"""

import numpy as np
from numpy.typing import NDArray

from hil_sim.fidelity.attitudes import Array

Complex = NDArray[np.complex128]
Rows = NDArray[np.intp]


def transform(values: Array, rows: Rows, rate_hz: float, frequency_hz: Array) -> Complex:
    """F[x] per window, (…, n, f), of a column (…, all rows); `rows` (n, length)."""
    return _sum(values, rows, np.hanning(rows.shape[1]), rate_hz, frequency_hz)


def transform_of_derivative(values: Array, rows: Rows, rate_hz: float, frequency_hz: Array) -> Complex:
    """F[ẋ] per window, (…, n, f), of a column (…, all rows)."""
    last = rows.shape[1] - 1
    slope = np.pi / last * np.sin(2.0 * np.pi * np.arange(last + 1) / last) * rate_hz
    plain = transform(values, rows, rate_hz, frequency_hz)
    whole: Complex = 2j * np.pi * frequency_hz * plain - _sum(values, rows, slope, rate_hz, frequency_hz)
    return whole


def _sum(values: Array, rows: Rows, taper: Array, rate_hz: float, frequency_hz: Array) -> Complex:
    windows = values[..., rows]
    windows = windows - windows.mean(axis=-1, keepdims=True)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(rows.shape[1]) / rate_hz, frequency_hz))
    found: Complex = (windows * taper) @ waves / rows.shape[1]
    return found
