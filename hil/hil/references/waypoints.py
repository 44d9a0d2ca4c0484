"""Straight legs from rest to rest, each of minimum jerk: waypoints, and the square as a special case."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hil.core.types import ZERO3, Setpoint, Start, Vec3
from hil.references.progress import minimum_jerk
from hil.references.reference import Reference
from hil.references.task import Task
from hil.scenario.fields import Angle, Duration, DurationOrZero, FromList, Length, Point, Speed


class LegsReference(Reference):
    """`points[0]`, a leg to `points[1]` in `legs_s[0]`, a dwell, a leg to `points[2]` …; then the last point."""

    def __init__(self, points: Sequence[Vec3], legs_s: Sequence[float], dwell_s: float, *, yaw: float) -> None:
        self._points, self._legs_s, self._yaw = tuple(points), tuple(legs_s), yaw
        self._leave_s = [0.0]
        for leg_s in legs_s:
            self._leave_s.append(self._leave_s[-1] + leg_s + dwell_s)

    def at(self, t_s: float) -> Setpoint:
        """Set-point at `t_s`."""
        leg = bisect_right(self._leave_s, t_s) - 1
        if leg >= len(self._legs_s):
            return Setpoint(self._points[-1], ZERO3, ZERO3, self._yaw)
        share, rate, change = minimum_jerk(t_s - self._leave_s[leg], self._legs_s[leg])
        (ax, ay, az), (bx, by, bz) = self._points[leg], self._points[leg + 1]
        dx, dy, dz = bx - ax, by - ay, bz - az
        return Setpoint(
            (ax + share * dx, ay + share * dy, az + share * dz),
            (rate * dx, rate * dy, rate * dz),
            (change * dx, change * dy, change * dz),
            self._yaw,
        )


class Waypoints(Task):
    """Straight legs from the start position through points, stopping at each."""

    kind: Literal["waypoints"]
    points_m: Annotated[tuple[Point, ...], FromList, Field(min_length=1, max_length=10_000)] = Field(
        description="points to visit in turn, world; the first leg begins at the start position"
    )
    leg_s: Duration | None = Field(None, description="time of each leg; give this or speed_m_s")
    speed_m_s: Speed | None = Field(None, description="mean speed on each leg (its peak is 1.875 times that)")
    dwell_s: DurationOrZero = Field(1.0, description="rest at each point")
    yaw_deg: Angle = Field(0.0, description="heading about world z")

    @model_validator(mode="after")
    def _one_pace(self) -> Self:
        if (self.leg_s is None) == (self.speed_m_s is None):
            raise ValueError("needs exactly one of leg_s and speed_m_s")
        return self

    def reference(self, start: Start) -> LegsReference:
        """The legs, then the last point."""
        points = [start.state.position, *self.points_m]
        legs_s = [self.leg_s or math.dist(a, b) / (self.speed_m_s or 1.0) for a, b in pairwise(points)]
        return LegsReference(points, legs_s, self.dwell_s, yaw=math.radians(self.yaw_deg))


class Square(Task):
    """A horizontal square from the start position: along +x, +y, −x, −y, stopping at each corner."""

    kind: Literal["square"]
    side_m: Length = Field(description="length of a side")
    leg_s: Duration = Field(description="time of a side")
    dwell_s: DurationOrZero = Field(1.0, description="rest at each corner")
    laps: Annotated[int, Field(ge=1, le=1000)] = Field(1, description="times round, after which it stays at the start")
    yaw_deg: Angle = Field(0.0, description="heading about world z")

    def reference(self, start: Start) -> LegsReference:
        """The sides, then the start position."""
        x, y, z = start.state.position
        side = self.side_m
        lap = [(x + side, y, z), (x + side, y + side, z), (x, y + side, z), (x, y, z)]
        points = [(x, y, z), *lap * self.laps]
        return LegsReference(points, [self.leg_s] * (4 * self.laps), self.dwell_s, yaw=math.radians(self.yaw_deg))
