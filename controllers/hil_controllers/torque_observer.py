"""The angular acceleration nobody ordered, from rates and the torques the rotors should have given.

    ω̂ ← ω̂ + (α + d̂) Δ        e = ω − ω̂        ω̂ ← ω̂ + (1 − ρ²) e        d̂ ← d̂ + (1 − ρ)² e / Δ

a Luenberger observer of (ω, d) with both poles at ρ = exp(−λ Δ) (Ogata, "Discrete-time control systems", ch. 6).
Motors that differ by 5 % are the largest part of d.
"""

import math

from hil.core.types import ZERO3, Vec3


class TorqueObserver:
    """Estimated angular acceleration, rad/s², that the model does not explain."""

    def __init__(self, *, dt_s: float, bandwidth_rad_s: float, limit: Vec3) -> None:
        pole = math.exp(-bandwidth_rad_s * dt_s)
        self._dt_s, self._limit = dt_s, limit
        self._rate_gain, self._gain = 1.0 - pole * pole, (1.0 - pole) ** 2 / dt_s
        self.reset()

    def reset(self) -> None:
        """Nothing unexplained, and no rates seen yet."""
        self.acceleration: Vec3 = ZERO3
        self._rates: Vec3 | None = None

    def update(self, rates: Vec3, explained: Vec3) -> None:
        """One tick: `rates` now, rad/s, and the mean angular acceleration since the last, rad/s²."""
        if self._rates is None:
            self._rates = rates
            return
        x, dx = self._axis(rates, explained, 0)
        y, dy = self._axis(rates, explained, 1)
        z, dz = self._axis(rates, explained, 2)
        self._rates, self.acceleration = (x, y, z), (dx, dy, dz)

    def _axis(self, rates: Vec3, explained: Vec3, axis: int) -> tuple[float, float]:
        assert self._rates is not None
        extra, limit = self.acceleration[axis], self._limit[axis]
        expected = self._rates[axis] + (explained[axis] + extra) * self._dt_s
        error = rates[axis] - expected
        extra = min(limit, max(-limit, extra + self._gain * error))
        return expected + self._rate_gain * error, extra
