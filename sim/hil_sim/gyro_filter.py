"""Second-order Butterworth low-pass, exact between samples for any sample time.

    ÿ = ω_c² (u − y) − √2 ω_c ẏ,   u linear between samples

Solved in closed form, so it is stable and has gain 1 at rest however coarse the samples are (80 Hz sampled at 100 Hz
too), and delays a ramp by √2 / ω_c and by nothing else: a bilinear filter cannot be built above half the sample rate,
and holding u instead would add half a sample of delay. What the vehicle did between two samples is not seen.
"""

import math

from hil.core.types import Vec3


class GyroFilter:
    """The filter on three rates, floats or arrays; settled on the first value it is given."""

    def __init__(self, cutoff_hz: float, first: Vec3) -> None:
        self._decay_1_s = math.sqrt(2.0) * math.pi * cutoff_hz  # poles at −a ± j a, a = ω_c / √2
        self._input = self._output = first
        self._slope: Vec3 = (0.0, 0.0, 0.0)
        self._dt_s, self._cos, self._sin = math.nan, 1.0, 0.0

    def advance(self, rates: Vec3, dt_s: float) -> Vec3:
        """Filtered rates `dt_s` after the last sample, in the unit given."""
        if dt_s != self._dt_s:
            angle = self._decay_1_s * dt_s
            self._dt_s = dt_s
            self._cos, self._sin = math.exp(-angle) * math.cos(angle), math.exp(-angle) * math.sin(angle)
        (x, dx), (y, dy), (z, dz) = (
            self._axis(*axis) for axis in zip(self._output, self._slope, self._input, rates, strict=True)
        )
        self._input, self._output, self._slope = rates, (x, y, z), (dx, dy, dz)
        return self._output

    def _axis(self, y0: float, dy0: float, u0: float, u1: float) -> tuple[float, float]:
        ramp = (u1 - u0) / self._dt_s
        behind = ramp / self._decay_1_s
        e0, de0 = y0 - (u0 - behind), dy0 - ramp
        e1 = e0 * (self._cos + self._sin) + de0 / self._decay_1_s * self._sin
        de1 = de0 * (self._cos - self._sin) - 2.0 * self._decay_1_s * e0 * self._sin
        return u1 - behind + e1, ramp + de1
