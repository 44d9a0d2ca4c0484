"""Smooth closed curves flown at constant period after a ramp: figure-eight, circle, helix.

A curve gives position as a function of phase θ = 2π p; progress p(t), in turns, gives velocity and acceleration by the
chain rule: v = x' θ̇, a = x'' θ̇² + x' θ̈.
"""

import math
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from hil.core.types import Setpoint, Start, Vec3
from hil.references.progress import ramped, ramped_to
from hil.references.reference import Reference
from hil.references.task import Task
from hil.scenario.fields import Angle, Coordinate, Duration, DurationOrZero, Length, Point, Speed


class CurvePoint(NamedTuple):
    """A point of a curve and its derivatives by phase."""

    position: Vec3  # world, m
    slope: Vec3  # m/rad
    bend: Vec3  # m/rad²


Curve = Callable[[float], CurvePoint]  # of phase, rad


class CurveReference(Reference):
    """A curve flown with `period_s` per turn, for ever or for `turns`."""

    def __init__(self, curve: Curve, period_s: float, *, ramp_s: float, yaw: float, turns: float | None = None) -> None:
        self.judge_from_s = ramp_s
        self.period_s = period_s
        self._curve, self._ramp_s, self._yaw, self._turns = curve, ramp_s, yaw, turns

    def with_period(self, period_s: float) -> "CurveReference":
        """The same path at another pace."""
        return CurveReference(self._curve, period_s, ramp_s=self._ramp_s, yaw=self._yaw, turns=self._turns)

    def at(self, t_s: float) -> Setpoint:
        """Set-point at `t_s`, with the exact velocity and acceleration of the path, ramp included."""
        if self._turns is None:
            progress = ramped(t_s, 1 / self.period_s, self._ramp_s)
        else:
            progress = ramped_to(t_s, 1 / self.period_s, self._ramp_s, self._turns)
        rate = 2 * math.pi * progress.rate_1_s
        change = 2 * math.pi * progress.acceleration_1_s2
        position, slope, bend = self._curve(2 * math.pi * progress.value)
        return Setpoint(
            position,
            (slope[0] * rate, slope[1] * rate, slope[2] * rate),
            (
                bend[0] * rate * rate + slope[0] * change,
                bend[1] * rate * rate + slope[1] * change,
                bend[2] * rate * rate + slope[2] * change,
            ),
            self._yaw,
        )


class FigureEight(Task):
    """A lying eight in a horizontal plane, x = s cos φ, y = s/2 sin 2φ, begun at its crossing (φ = θ + π/2)."""

    kind: Literal["figure_eight"]
    scale_m: Length = Field(1.0, description="half the length along x; half the width along y is half of it")
    period_s: Duration = Field(5.5, description="time of one full eight")
    ramp_s: DurationOrZero = Field(2.0, description="time in which the pace grows linearly from zero")
    center_m: Point | None = Field(None, description="the crossing, world; null = the start position")
    yaw_deg: Angle = Field(0.0, description="heading about world z")

    def reference(self, start: Start) -> CurveReference:
        """The eight for the rest of the flight."""
        cx, cy, cz = self.center_m or start.state.position
        s = self.scale_m

        def curve(phase: float) -> CurvePoint:
            angle = phase + math.pi / 2
            sin, cos, sin2, cos2 = math.sin(angle), math.cos(angle), math.sin(2 * angle), math.cos(2 * angle)
            return CurvePoint(
                (cx + s * cos, cy + s * sin2 / 2, cz), (-s * sin, s * cos2, 0.0), (-s * cos, -2 * s * sin2, 0.0)
            )

        return CurveReference(curve, self.period_s, ramp_s=self.ramp_s, yaw=math.radians(self.yaw_deg))


class Circle(Task):
    """A horizontal circle, counter-clockwise seen from above, begun at its point nearest to the start."""

    kind: Literal["circle"]
    radius_m: Length = Field(description="radius")
    period_s: Duration | None = Field(None, description="time of one turn; give this or speed_m_s")
    speed_m_s: Speed | None = Field(None, description="speed along the circle; give this or period_s")
    ramp_s: DurationOrZero = Field(2.0, description="time in which the pace grows linearly from zero")
    center_m: Point | None = Field(
        None,
        description="centre, world; null = radius_m along −x of the start position, so that it starts on the circle",
    )
    yaw_deg: Angle = Field(0.0, description="heading about world z")

    @model_validator(mode="after")
    def _one_pace(self) -> Self:
        if (self.period_s is None) == (self.speed_m_s is None):
            raise ValueError("needs exactly one of period_s and speed_m_s")
        return self

    def reference(self, start: Start) -> CurveReference:
        """The circle for the rest of the flight."""
        x, y, z = start.state.position
        r = self.radius_m
        center = self.center_m or (x - r, y, z)
        period_s = self.period_s or 2 * math.pi * r / (self.speed_m_s or 1.0)
        curve = _circle(center, r, math.atan2(y - center[1], x - center[0]), climb_m_rad=0.0)
        return CurveReference(curve, period_s, ramp_s=self.ramp_s, yaw=math.radians(self.yaw_deg))


class Helix(Task):
    """A climbing circle, counter-clockwise seen from above, that starts at the start position and stops at the top."""

    kind: Literal["helix"]
    radius_m: Length = Field(description="radius; the axis is radius_m along −x of the start position")
    period_s: Duration = Field(description="time of one turn")
    climb_m: Coordinate = Field(description="height gained over all turns; negative descends")
    turns: Annotated[float, Field(ge=0.1, le=1000)] = Field(
        description="number of turns, after which the reference stays where it is"
    )
    ramp_s: DurationOrZero = Field(
        2.0, description="time in which the pace grows linearly from zero, and back at the end"
    )
    yaw_deg: Angle = Field(0.0, description="heading about world z")

    @model_validator(mode="after")
    def _room_for_ramps(self) -> Self:
        if self.turns * self.period_s < self.ramp_s:
            raise ValueError(f"ramp_s {self.ramp_s:g} is longer than turns × period_s = {self.turns * self.period_s:g}")
        return self

    def reference(self, start: Start) -> CurveReference:
        """The helix, then its last point."""
        x, y, z = start.state.position
        climb_m_rad = self.climb_m / (2 * math.pi * self.turns)
        curve = _circle((x - self.radius_m, y, z), self.radius_m, 0.0, climb_m_rad=climb_m_rad)
        return CurveReference(
            curve, self.period_s, ramp_s=self.ramp_s, yaw=math.radians(self.yaw_deg), turns=self.turns
        )


def _circle(center: Vec3, radius: float, first_angle: float, *, climb_m_rad: float) -> Curve:
    def curve(phase: float) -> CurvePoint:
        dx, dy = radius * math.cos(first_angle + phase), radius * math.sin(first_angle + phase)
        return CurvePoint(
            (center[0] + dx, center[1] + dy, center[2] + climb_m_rad * phase), (-dy, dx, climb_m_rad), (-dx, -dy, 0.0)
        )

    return curve
