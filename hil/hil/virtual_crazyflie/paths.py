"""The paths that a planner flies: smooth ones to a point, straight ones, arcs, and those that a client uploads.

A smooth path is one polynomial of 7th order per axis, which meets position, velocity and acceleration at both ends with
zero jerk. With s = t / T, and the path's Taylor part x0 + v0 t + a0 t²/2 taken out,

    k4 = 35 X − 15 V + 5/2 A     k5 = −84 X + 39 V − 7 A     k6 = 70 X − 34 V + 13/2 A     k7 = −20 X + 10 V − 2 A

are the coefficients of s⁴ … s⁷ for the differences X, V T, A T² that are left at s = 1.
"""

import math
from collections.abc import Sequence
from typing import Protocol

from hil.core.frames import wrap_angle
from hil.core.types import ZERO3, Setpoint, Vec3
from hil.references.polynomial import Piece, PolynomialReference

LEAST_DURATION_S = 0.001  # a path of no duration is flown at once


class Path(Protocol):
    """Set-points over time; at the end it stays."""

    @property
    def duration_s(self) -> float:
        """Time until the end."""
        ...

    def at(self, t_s: float) -> Setpoint:
        """Set-point at `t_s` ≥ 0."""
        ...


def path_to(start: Setpoint, end: Setpoint, duration_s: float, *, straight: bool = False) -> Path:
    """From one set-point to another: smooth, or along a straight line at an even speed."""
    piece = smooth(start, end, duration_s)
    if straight:
        first, last = (*start.position, piece.axes[3][0]), (*end.position, _reached(start.yaw, end.yaw))
        lines = ((a, (b - a) / piece.duration_s) + (0.0,) * 6 for a, b in zip(first, last, strict=True))
        piece = Piece(piece.duration_s, tuple(lines))
    return PolynomialReference([piece], shift=ZERO3, time_scale=1.0)


def smooth(start: Setpoint, end: Setpoint, duration_s: float) -> Piece:
    """The 7th-order piece between two set-points; yaw takes the shorter way."""
    duration_s = max(LEAST_DURATION_S, duration_s)
    (vx, vy, vz), (ax, ay, az) = start.velocity or ZERO3, start.acceleration or ZERO3
    begin = [*zip(start.position, (vx, vy, vz), (ax, ay, az), strict=True)]
    finish = [*zip(end.position, end.velocity or ZERO3, end.acceleration or ZERO3, strict=True)]
    axes = [_axis(one, other, duration_s) for one, other in zip(begin, finish, strict=True)]
    axes.append(
        _axis((wrap_angle(start.yaw), start.yaw_rate, 0.0), (_reached(start.yaw, end.yaw), 0.0, 0.0), duration_s)
    )
    return Piece(duration_s, tuple(axes))


def _reached(start: float, end: float) -> float:
    """The end's yaw, counted from the start's within ±π by the shorter way."""
    yaw = wrap_angle(start)
    return yaw + wrap_angle(end - yaw)


def _axis(begin: Vec3, end: Vec3, T: float) -> tuple[float, ...]:
    (x0, v0, a0), (x1, v1, a1) = begin, end
    X = x1 - x0 - (v0 + a0 * T / 2) * T
    V = (v1 - v0 - a0 * T) * T
    A = (a1 - a0) * T * T
    k4, k5 = 35 * X - 15 * V + 2.5 * A, -84 * X + 39 * V - 7 * A
    k6, k7 = 70 * X - 34 * V + 6.5 * A, -20 * X + 10 * V - 2 * A
    return (x0, v0, a0 / 2, 0.0, k4 / T**4, k5 / T**5, k6 / T**6, k7 / T**7)


class Backwards:
    """A path from its end to its beginning."""

    def __init__(self, path: Path, duration_s: float) -> None:
        self._path, self._duration_s = path, duration_s

    @property
    def duration_s(self) -> float:
        """As long as the path."""
        return self._duration_s

    def at(self, t_s: float) -> Setpoint:
        """The path's set-point as long before its end, going the other way."""
        left_s = self._duration_s - t_s
        there = self._path.at(max(0.0, left_s))
        if left_s <= 0.0:
            return Setpoint(there.position, ZERO3, ZERO3, there.yaw)
        vx, vy, vz = there.velocity or ZERO3
        return there._replace(velocity=(-vx, -vy, -vz), yaw_rate=-there.yaw_rate)


class Moved:
    """A path that is turned about its first point, then shifted so that it begins somewhere else."""

    def __init__(self, path: Path, duration_s: float, *, begin: Vec3, turned: float) -> None:
        self._path, self._duration_s, self._begin, self._turned = path, duration_s, begin, turned
        self._cos, self._sin = math.cos(turned), math.sin(turned)
        self._first = path.at(0.0).position

    @property
    def duration_s(self) -> float:
        """As long as the path."""
        return self._duration_s

    def at(self, t_s: float) -> Setpoint:
        """The path's set-point, moved."""
        there = self._path.at(t_s)
        off = (there.position[k] - self._first[k] for k in range(3))
        px, py, pz = self._turn(*off)
        x, y, z = self._begin
        return there._replace(
            position=(x + px, y + py, z + pz),
            velocity=self._turn(*(there.velocity or ZERO3)),
            acceleration=self._turn(*(there.acceleration or ZERO3)),
            yaw=there.yaw + self._turned,
        )

    def _turn(self, x: float, y: float, z: float) -> Vec3:
        return (self._cos * x - self._sin * y, self._sin * x + self._cos * y, z)


class Spiral:
    """An arc about a centre beside (or, sideways, ahead of) the start, whose radius and height change evenly.

    The angle follows the 7th-order path from rest to rest, and the heading turns with it. A model: the firmware fits
    a spline to the arc.
    """

    def __init__(
        self, start: Setpoint, *, angle: float, radius_from_m: float, radius_to_m: float, climb_m: float,
        duration_s: float, sideways: bool, clockwise: bool,
    ) -> None:  # fmt: skip
        self._start, self._climb_m = start, climb_m
        self._angle = -abs(angle) if clockwise else abs(angle)
        self._from_m, self._to_m = radius_from_m, radius_to_m
        ahead = start.yaw if sideways else start.yaw + math.copysign(math.pi / 2, -1.0 if clockwise else 1.0)
        x, y, _ = start.position
        self._centre = (x + radius_from_m * math.cos(ahead), y + radius_from_m * math.sin(ahead))
        self._phase = ahead + math.pi
        self._piece = smooth(Setpoint(ZERO3), Setpoint((1.0, 0.0, 0.0)), duration_s)

    @property
    def duration_s(self) -> float:
        """Time until it stands."""
        return self._piece.duration_s

    def at(self, t_s: float) -> Setpoint:
        """Set-point at `t_s`."""
        share, speed, acceleration = _share(self._piece, min(t_s, self._piece.duration_s))
        radius, slope = self._from_m + (self._to_m - self._from_m) * share, self._to_m - self._from_m
        angle = self._phase + self._angle * share
        cos, sin, turn = math.cos(angle), math.sin(angle), self._angle
        x, y, z = self._centre[0] + radius * cos, self._centre[1] + radius * sin, self._start.position[2]
        dx, dy = slope * cos - radius * turn * sin, slope * sin + radius * turn * cos  # per share
        ddx = -2 * slope * turn * sin - radius * turn * turn * cos
        ddy = 2 * slope * turn * cos - radius * turn * turn * sin
        return Setpoint(
            (x, y, z + self._climb_m * share),
            (dx * speed, dy * speed, self._climb_m * speed),
            (
                ddx * speed * speed + dx * acceleration,
                ddy * speed * speed + dy * acceleration,
                self._climb_m * acceleration,
            ),
            self._start.yaw + turn * share,
            turn * speed,
        )


def _share(piece: Piece, t_s: float) -> Vec3:
    point = PolynomialReference([piece], shift=ZERO3, time_scale=1.0).at(t_s)
    return (point.position[0], (point.velocity or ZERO3)[0], (point.acceleration or ZERO3)[0])


def uploaded(
    pieces: Sequence[Piece], *, time_scale: float, backwards: bool, begin: Vec3 | None, yaw: float | None
) -> Path:  # fmt: skip
    """An uploaded path as it is to be flown: from `begin`, turned so that it starts with `yaw`; None: as it is."""
    plain = PolynomialReference(pieces, shift=ZERO3, time_scale=time_scale)
    duration_s = plain.duration_s
    path: Path = Backwards(plain, duration_s) if backwards else plain
    if begin is None:
        return path
    turned = 0.0 if yaw is None else wrap_angle(yaw - path.at(0.0).yaw)
    return Moved(path, duration_s, begin=begin, turned=turned)
