"""Stay at a point, or jump to one: references that do not move, except at one instant."""

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from hil.core.types import ZERO3, Setpoint, Start, Vec3
from hil.references.reference import Reference
from hil.references.task import Task
from hil.scenario.fields import Angle, DurationOrZero, Point

SETTLE_S = 5.0


class HoldReference(Reference):
    """One point, at rest."""

    judge_from_s = SETTLE_S

    def __init__(self, point: Vec3, *, yaw: float) -> None:
        self._setpoint = Setpoint(point, ZERO3, ZERO3, yaw)

    def at(self, t_s: float) -> Setpoint:
        """The same at any time."""
        return self._setpoint


class JumpReference(Reference):
    """One point until `at_s`, another from then on, both at rest."""

    must_be_feasible = False

    def __init__(self, before: Vec3, after: Vec3, at_s: float, *, yaw: float, judge_from_s: float) -> None:
        self.judge_from_s = judge_from_s
        self._at_s = at_s
        self._before = Setpoint(before, ZERO3, ZERO3, yaw)
        self._after = Setpoint(after, ZERO3, ZERO3, yaw)

    def at(self, t_s: float) -> Setpoint:
        """Set-point at `t_s`; the jump itself belongs to what follows it."""
        return self._before if t_s < self._at_s else self._after


class Hold(Task):
    """Stay at a point; a vehicle that starts elsewhere has to get there first."""

    kind: Literal["hold"]
    position_m: Point = Field(description="where to be, world")
    yaw_deg: Angle = Field(0.0, description="heading about world z")

    def reference(self, start: Start) -> Reference:
        """The point, from t = 0 on, wherever the vehicle starts."""
        return HoldReference(self.position_m, yaw=math.radians(self.yaw_deg))


class Step(Task):
    """Hold a point, then jump to another: the classical step response."""

    kind: Literal["step"]
    from_m: Point | None = Field(None, description="point before the step, world; null = the start position")
    to_m: Point | None = Field(None, description="point after the step, world; give this or offset_m")
    offset_m: Point | None = Field(None, description="size of the step, world; give this or to_m")
    at_s: DurationOrZero = Field(1.0, description="instant of the step; metrics look from here on")
    yaw_deg: Angle = Field(0.0, description="heading about world z")

    @model_validator(mode="after")
    def _one_goal(self) -> Self:
        if (self.to_m is None) == (self.offset_m is None):
            raise ValueError("needs exactly one of to_m and offset_m")
        return self

    def reference(self, start: Start) -> Reference:
        """Jump at `at_s`."""
        before = self.from_m or start.state.position
        offset = self.offset_m or ZERO3
        after = self.to_m or (before[0] + offset[0], before[1] + offset[1], before[2] + offset[2])
        return JumpReference(before, after, self.at_s, yaw=math.radians(self.yaw_deg), judge_from_s=self.at_s)
