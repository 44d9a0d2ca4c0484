"""A unit quaternion in 32 bits: the index of its largest component, then the other three, each a sign and nine bits.

Format: Bitcraze crazyflie-firmware, quatcompress.h. The nine bits are the magnitude over 1/√2; the largest component is
made positive and not sent.
"""

import math

from hil.core.types import Quat

_STEPS = 511
_HALF_ROOT = math.sqrt(0.5)


def packed(quat_xyzw: Quat) -> int:
    """The 32-bit code of a unit quaternion."""
    largest = max(range(4), key=lambda k: abs(quat_xyzw[k]))
    code, turned = largest, quat_xyzw[largest] < 0.0
    for k, component in enumerate(quat_xyzw):
        if k != largest:
            size = min(_STEPS, int(_STEPS * abs(component) / _HALF_ROOT + 0.5))
            code = code << 10 | ((component < 0.0) != turned) << 9 | size
    return code


def unpacked(code: int) -> Quat:
    """The unit quaternion of a code, its largest component positive; right to a thousandth."""
    largest, rest = code >> 30, [0.0, 0.0, 0.0, 0.0]
    for k in (3, 2, 1, 0):
        if k != largest:
            size = (code & _STEPS) / _STEPS * _HALF_ROOT
            rest[k] = -size if code >> 9 & 1 else size
            code >>= 10
    rest[largest] = math.sqrt(max(0.0, 1.0 - sum(component * component for component in rest)))
    x, y, z, w = rest
    return (x, y, z, w)
