"""How far the body is from where it should point, split into tilt and heading.

The error rotation q_e = q⁻¹ ⊗ q_d is split into a twist about body z and a swing that carries body z to where the
thrust should point: q_e = q_swing ⊗ q_twist. The swing is the shortest turn of the thrust axis, of any angle up to π;
the twist is heading only (Brescianini, D'Andrea 2018, "Tilt-prioritized quadrocopter attitude control", IEEE TCST).
"""

import math

from hil.core.frames import quat_from_euler, quat_multiply
from hil.core.types import Quat, Vec3


def attitude_for_thrust(direction: Vec3, yaw: float) -> Quat:
    """Attitude, `xyzw`, with body z along `direction` (world, any length > 0) and ZYX Euler yaw, rad."""
    x, y, z = direction
    cos, sin = math.cos(yaw), math.sin(yaw)
    forward, left = cos * x + sin * y, cos * y - sin * x
    return quat_from_euler(math.atan2(-left, math.hypot(forward, z)), math.atan2(forward, z), yaw)


def attitude_error(attitude: Quat, wanted: Quat) -> Vec3:
    """Rotation vector of the tilt error in body x and y, and the heading error about body z, rad."""
    x, y, z, w = attitude
    x, y, z, w = quat_multiply((-x, -y, -z, w), wanted)
    if w < 0.0:
        x, y, z, w = -x, -y, -z, -w
    twist = math.hypot(z, w)
    if twist < 1e-9:  # upside down: every way up is equally short
        return (math.pi, 0.0, 0.0)
    swing_x, swing_y = (x * w - y * z) / twist, (x * z + y * w) / twist
    swing = math.hypot(swing_x, swing_y)
    per_swing = 2.0 * math.atan2(swing, twist) / swing if swing > 1e-9 else 2.0
    return (per_swing * swing_x, per_swing * swing_y, 2.0 * math.atan2(z, w))


def turned(attitude: Quat, rates: Vec3, for_s: float) -> Quat:
    """Attitude after turning at these body rates, rad/s, for a short while; unit to second order."""
    half = 0.5 * for_s
    x, y, z, w = quat_multiply(attitude, (rates[0] * half, rates[1] * half, rates[2] * half, 1.0))
    scale = 1.0 / math.sqrt(x * x + y * y + z * z + w * w)
    return (x * scale, y * scale, z * scale, w * scale)
