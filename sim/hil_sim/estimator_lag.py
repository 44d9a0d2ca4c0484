"""The state as it was a while ago: what an estimator that is late reports."""

import math
from collections import deque
from collections.abc import Callable
from typing import Any

from hil.core.types import Quat, State, Vec3
from hil_sim.arithmetic import FLOATS, Arithmetic


class LateState:
    """Position, velocity and attitude `lag_s` old, linear between the states given; before t = 0 the first of them.

    Of one vehicle, or of many: states whose numbers are arrays (n,).
    """

    def __init__(self, lag_s: float, first: State, of: Arithmetic = FLOATS) -> None:
        self._lag_s, self._of = lag_s, of
        self._past: deque[tuple[float, State]] = deque([(0.0, first)])

    def observe(self, state: State, t_s: float) -> tuple[Vec3, Vec3, Quat]:
        """Position (world, m), velocity (world, m/s) and attitude (xyzw) at `t_s` − lag; call in order of time."""
        if self._lag_s == 0.0:
            return state.position, state.velocity, state.attitude
        if t_s > self._past[-1][0]:
            self._past.append((t_s, state))
        wanted_s = t_s - self._lag_s
        while len(self._past) > 1 and self._past[1][0] <= wanted_s:
            self._past.popleft()
        t0_s, older = self._past[0]
        if len(self._past) == 1 or wanted_s <= t0_s:
            return older.position, older.velocity, older.attitude
        t1_s, newer = self._past[1]
        share = (wanted_s - t0_s) / (t1_s - t0_s)
        return (
            _between(older.position, newer.position, share),
            _between(older.velocity, newer.velocity, share),
            _turned(older.attitude, newer.attitude, share, self._of),
        )


def _between(a: Vec3, b: Vec3, share: float) -> Vec3:
    return (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2]))


def _turned(a: Quat, b: Quat, share: float, of: Arithmetic) -> Quat:
    same = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3] >= 0  # q and −q are one attitude
    other = of.choose(same, share, -share)
    x, y, z, w = ((1.0 - share) * p + other * q for p, q in zip(a, b, strict=True))
    return unit((x, y, z, w), of.sqrt)


def unit(quat_xyzw: Quat, sqrt: Callable[[Any], Any] = math.sqrt) -> Quat:
    """The quaternion scaled to length 1."""
    x, y, z, w = quat_xyzw
    scale = 1.0 / sqrt(x * x + y * y + z * z + w * w)
    return (x * scale, y * scale, z * scale, w * scale)
