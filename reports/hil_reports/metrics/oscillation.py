"""Whether a hovering vehicle rocks, how fast and how far.

Roll and pitch on an even time grid, linear trend removed, Hann window, zero-padded eightfold; the greatest sum of both
power spectra among frequencies that complete at least three cycles in the window, refined by a parabola through the
logarithms of its neighbours. The amplitude is the long half-axis of the ellipse that the least-squares sine of that
frequency draws in the roll-pitch plane.
"""

import math

import numpy as np
from numpy.typing import NDArray

from hil.log import Log
from hil_reports.metrics.attitude import euler
from hil_reports.metrics.metric import metric
from hil_reports.metrics.windows import HOVER, NotMeasurable

SPAN_MIN_S = 3.0
CYCLES_MIN = 3
PADDING = 8
FLAT_RAD = 1e-9  # below float noise of an attitude


@metric(unit="Hz", window=HOVER)
def limit_cycle_frequency_hz(log: Log) -> float:
    """Frequency at which roll and pitch have most power. It describes a hover; lower is not better in itself."""
    t_s, lean = _lean(log)
    if np.abs(lean).max() < FLAT_RAD:
        raise NotMeasurable("roll and pitch do not oscillate")
    return _dominant_hz(t_s, lean)


@metric(unit="rad", window=HOVER)
def limit_cycle_tilt_rad(log: Log) -> float:
    """Amplitude of roll and pitch together at the frequency where they have most power."""
    t_s, lean = _lean(log)
    if np.abs(lean).max() < FLAT_RAD:
        return 0.0
    angle = 2 * math.pi * _dominant_hz(t_s, lean) * t_s
    basis = np.stack([np.cos(angle), np.sin(angle), np.ones_like(t_s), t_s], axis=1)
    coefficients = np.linalg.lstsq(basis, lean, rcond=None)[0]
    return float(np.linalg.svd(coefficients[:2], compute_uv=False)[0])


def _lean(log: Log) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Even times from 0, (n,) s, and detrended roll and pitch, (n, 2) rad."""
    t_s = log["t_s"] - log["t_s"][0]
    if t_s[-1] < SPAN_MIN_S:
        raise NotMeasurable(f"needs {SPAN_MIN_S:g} s of hover in the window")
    angles = euler(log)[:, :2]
    if not np.isfinite(angles).all():
        raise NotMeasurable("attitude is missing in some rows")
    even_s = np.arange(int(t_s[-1] * log.info.rate_hz + 1e-6) + 1) / log.info.rate_hz
    lean = np.stack([np.interp(even_s, t_s, axis) for axis in angles.T], axis=1)
    trend = np.stack([np.ones_like(even_s), even_s], axis=1)
    return even_s, lean - trend @ np.linalg.lstsq(trend, lean, rcond=None)[0]


def _dominant_hz(t_s: NDArray[np.float64], lean: NDArray[np.float64]) -> float:
    n, step_s = len(t_s), float(t_s[1])
    spectrum = np.fft.rfft(lean * np.hanning(n)[:, None], n=PADDING * n, axis=0)
    power = np.sum(spectrum.real**2 + spectrum.imag**2, axis=1)
    lowest = CYCLES_MIN * PADDING
    if len(power) < lowest + 2:
        raise NotMeasurable(f"needs more than {2 * CYCLES_MIN} rows")
    peak = lowest + int(np.argmax(power[lowest:-1]))
    before, at, after = np.log(power[peak - 1 : peak + 2])
    curvature = before - 2 * at + after
    shift = 0.5 * (before - after) / curvature if curvature < 0 else 0.0
    return float((peak + max(-0.5, min(0.5, shift))) / (PADDING * n * step_s))
