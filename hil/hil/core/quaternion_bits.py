"""A unit quaternion in 32 bits, as log variable `stateEstimateZ.quat` and full-state set-points carry it.

Bits 31 and 30 say which of x, y, z, w is the largest; it is positive and left out. The other three follow in that
order, from the highest bits down, each as a sign and nine bits of its magnitude, full scale being 1/√2. The greatest
error is about 0.1°. Source: crazyflie-firmware, src/utils/interface/quatcompress.h.
"""

import math

from hil.core.types import Quat

_STEPS = (1 << 9) - 1
_FULL_SCALE = math.sqrt(0.5)


def compress(quat_xyzw: Quat) -> int:
    """The 32 bits of a quaternion that is not zero; its length does not matter."""
    length = math.sqrt(sum(part * part for part in quat_xyzw))
    largest = max(range(4), key=lambda i: abs(quat_xyzw[i]))
    sign = 1.0 if quat_xyzw[largest] >= 0 else -1.0
    bits = largest
    for i, part in enumerate(quat_xyzw):
        if i != largest:
            value = sign * part / length
            magnitude = min(int(_STEPS * abs(value) / _FULL_SCALE + 0.5), _STEPS)
            bits = bits << 10 | (value < 0) << 9 | magnitude
    return bits


def decompress(bits: int) -> Quat:
    """The quaternion `xyzw`, of length 1, that 32 bits stand for."""
    largest = bits >> 30
    parts = [0.0] * 4
    rest = 1.0
    for i in (3, 2, 1, 0):
        if i != largest:
            value = (bits & _STEPS) / _STEPS * _FULL_SCALE
            parts[i] = -value if bits >> 9 & 1 else value
            rest -= value * value
            bits >>= 10
    parts[largest] = math.sqrt(max(rest, 0.0))
    x, y, z, w = parts
    return (x, y, z, w)
