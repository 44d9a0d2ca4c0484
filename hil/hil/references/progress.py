"""How far along a path at each instant: laws of progress with their rate and its derivative."""

from typing import NamedTuple


class Progress(NamedTuple):
    """Distance along a path in its own unit (turns, share of a leg), its rate per second, and that rate's."""

    value: float
    rate_1_s: float
    acceleration_1_s2: float


def ramped(t_s: float, rate_1_s: float, ramp_s: float) -> Progress:
    """Rate grows linearly from 0 to `rate_1_s` over `ramp_s`, then stays."""
    if t_s < ramp_s:
        slope = rate_1_s / ramp_s
        return Progress(slope * t_s * t_s / 2, slope * t_s, slope)
    return Progress(rate_1_s * (t_s - ramp_s / 2), rate_1_s, 0.0)


def ramped_to(t_s: float, rate_1_s: float, ramp_s: float, total: float) -> Progress:
    """Like `ramped`, with the mirror image of the ramp before stopping at `total` ≥ rate_1_s · ramp_s."""
    end_s = total / rate_1_s + ramp_s
    if t_s >= end_s:
        return Progress(total, 0.0, 0.0)
    if t_s <= end_s / 2:
        return ramped(t_s, rate_1_s, ramp_s)
    mirror = ramped(end_s - t_s, rate_1_s, ramp_s)
    return Progress(total - mirror.value, mirror.rate_1_s, -mirror.acceleration_1_s2)


def minimum_jerk(t_s: float, duration_s: float) -> Progress:
    """Share 0..1 of a straight leg from rest to rest, s = 10τ³ − 15τ⁴ + 6τ⁵ with τ = t / duration.

    The law of least integrated squared jerk (Flash & Hogan, J. Neurosci. 5(7), 1985).
    """
    if t_s <= 0.0:
        return Progress(0.0, 0.0, 0.0)
    if t_s >= duration_s:
        return Progress(1.0, 0.0, 0.0)
    tau = t_s / duration_s
    return Progress(
        tau**3 * (10 + tau * (-15 + 6 * tau)),
        30 * (tau * (1 - tau)) ** 2 / duration_s,
        60 * tau * (1 - tau) * (1 - 2 * tau) / duration_s**2,
    )
