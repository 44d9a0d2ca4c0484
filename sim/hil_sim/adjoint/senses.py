"""What a network is shown of a vehicle, as a straight-line function of what is true: for taking gradients through.

The same senses as `hil_sim.sensing` at one sample rate (late, filtered, offset, noisy, in that order) and the same 18
entries as the observation of `hil_controllers.network`: position error, R_world_body by rows, velocity error, rates.
"""

import math
from typing import NamedTuple

from hil.core.frames import quat_multiply, rotation_matrix
from hil_sim.adjoint.tape import Argument, Source, clip, sources, sqrt
from hil_sim.dynamics import Scalars
from hil_sim.estimator_lag import unit

SHOWN = 18
MEMORY = 12  # of the gyro filter: output, slope, input (3 each); integral of the position error (3)
OTHER = 18  # noise of position, velocity, attitude (9), offset of the rates (3), set-point position and velocity (6)
LATE, NOW = 10, 3  # position, attitude, velocity as the estimator has them; the true rates


class Senses(NamedTuple):
    """What the function depends on besides its arguments."""

    dt_s: float
    gyro_cutoff_hz: float | None
    position_clip_m: float
    velocity_clip_m_s: float
    integral_gain_1_s: float
    integral_limit_m: float


def seen(senses: Senses) -> Source:
    """Source of (late, now, memory, other) -> (18 entries shown, memory), and of its gradient."""

    def function(late: Scalars, now: Scalars, memory: Scalars, other: Scalars) -> Scalars:
        noise, offset, wanted = other[:9], other[9:12], other[12:]
        rates, filtered = _filtered(senses, now, memory[:9])
        roll, pitch, yaw = (half / 2.0 for half in noise[6:])
        attitude = unit(quat_multiply(late[3:7], (roll, pitch, yaw, 1.0)), sqrt)
        near, slow = senses.position_clip_m, senses.velocity_clip_m_s
        errors = [clip(late[k] + noise[k] - wanted[k], -near, near) for k in range(3)]
        velocity = [clip(late[7 + k] + noise[3 + k] - wanted[3 + k], -slow, slow) for k in range(3)]
        if senses.integral_gain_1_s:
            gain, limit = senses.integral_gain_1_s * senses.dt_s, senses.integral_limit_m
            sums = [clip(memory[9 + k] + gain * errors[k], -limit, limit) for k in range(3)]
            errors = [clip(error + total, -near, near) for error, total in zip(errors, sums, strict=True)]
        else:
            sums = [memory[9 + k] * 1.0 for k in range(3)]
        rotation = [entry for row in rotation_matrix(attitude) for entry in row]
        shown = [rate + shift for rate, shift in zip(rates, offset, strict=True)]
        return (*errors, *rotation, *velocity, *shown, *filtered, *sums)

    return sources(
        "seen",
        function,
        [
            Argument("late", LATE),
            Argument("now", NOW),
            Argument("memory", MEMORY),
            Argument("other", OTHER, active=False),
        ],
    )


def _filtered(senses: Senses, rates: Scalars, memory: Scalars) -> tuple[Scalars, Scalars]:
    """Rates after the low-pass of `hil_sim.gyro_filter`, and its memory."""
    if senses.gyro_cutoff_hz is None:
        return rates, tuple(value * 1.0 for value in memory)
    decay = math.sqrt(2.0) * math.pi * senses.gyro_cutoff_hz
    angle = decay * senses.dt_s
    cos, sin = math.exp(-angle) * math.cos(angle), math.exp(-angle) * math.sin(angle)
    output, slope = [], []
    for k in range(3):
        before, steep, given = memory[k], memory[3 + k], memory[6 + k]
        ramp = (rates[k] - given) / senses.dt_s
        behind = ramp / decay
        error, rising = before - (given - behind), steep - ramp
        output.append(rates[k] - behind + (error * (cos + sin) + rising * (sin / decay)))
        slope.append(ramp + (rising * (cos - sin) - error * (2.0 * decay * sin)))
    return tuple(output), (*output, *slope, *(rate * 1.0 for rate in rates))
