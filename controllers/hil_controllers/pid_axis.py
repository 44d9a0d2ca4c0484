"""One PID, in the form the Crazyflie firmware uses.

    ∫e ← clip(∫e + e Δ, limit)        output = clip(k_p e + k_i ∫e − k_d (y − y_before) / Δ)

The derivative is of the measurement y: a jump of the set-point does not kick.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PidGains:
    """Gains in the units of the loop; a limit of 0 means none."""

    kp: float
    ki: float = 0.0
    kd: float = 0.0
    integral_limit: float = 5000.0
    output_limit: float = 0.0


class PidAxis:
    """The PID of one axis with its memory."""

    def __init__(self, gains: PidGains, dt_s: float, *, output_at_rest: float = 0.0) -> None:
        self._gains, self._dt_s = gains, dt_s
        self._integral_at_rest = output_at_rest / gains.ki if gains.ki else 0.0
        self.reset()

    def reset(self) -> None:
        """The integral that gives the output at rest, no measurement seen yet."""
        self._integral = self._integral_at_rest
        self._before: float | None = None

    def step(self, error: float, measured: float) -> float:
        """Output for this tick."""
        gains, dt_s = self._gains, self._dt_s
        slope = 0.0 if self._before is None else (measured - self._before) / dt_s
        self._before = measured
        self._integral = _clip(self._integral + error * dt_s, gains.integral_limit)
        return _clip(gains.kp * error + gains.ki * self._integral - gains.kd * slope, gains.output_limit)


def _clip(value: float, limit: float) -> float:
    return value if limit == 0.0 else min(limit, max(-limit, value))
