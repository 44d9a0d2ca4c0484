"""The state machine of the high-level commander: idle, flying or landing, and what each of them refuses.

As in Bitcraze crazyflie-firmware, planner.c: a take-off begins from idle only, a landing from anything but a landing,
and a go-to or an uploaded path from anything.
"""

from enum import Enum

from hil.core.types import ZERO3, Setpoint, Vec3
from hil.virtual_crazyflie.paths import Path, path_to


class PlannerState(Enum):
    """What it is doing; idle wants the motors off."""

    IDLE = "idle"
    FLYING = "flying"
    LANDING = "landing"


class Refusal(Exception):
    """The planner does not do that now."""


class Planner:
    """The path being flown, in seconds of the firmware's clock."""

    def __init__(self) -> None:
        self.state = PlannerState.IDLE
        self._path: Path | None = None
        self._begin_s = 0.0

    def stop(self) -> None:
        """Want the motors off."""
        self.state = PlannerState.IDLE

    def is_finished(self, now_s: float) -> bool:
        """Whether the last path is over; true before the first."""
        return self._path is None or now_s - self._begin_s >= self._path.duration_s

    def goal(self, now_s: float) -> Setpoint | None:
        """Where to be now; None when idle. A landing that is over makes it idle."""
        if self.state is PlannerState.IDLE or self._path is None:
            return None
        if self.state is PlannerState.LANDING and self.is_finished(now_s):
            self.state = PlannerState.IDLE
        return self._path.at(max(0.0, now_s - self._begin_s))

    def take_off(self, start: Setpoint, height_m: float, yaw: float, duration_s: float, now_s: float) -> None:
        """Rise to a height. Raises Refusal unless idle."""
        if self.state is not PlannerState.IDLE:
            raise Refusal
        self._vertical(start, height_m, yaw, duration_s, now_s, PlannerState.FLYING)

    def land(self, start: Setpoint, height_m: float, yaw: float, duration_s: float, now_s: float) -> None:
        """Come down to a height, then motors off. Raises Refusal while landing."""
        if self.state is PlannerState.LANDING:
            raise Refusal
        self._vertical(start, height_m, yaw, duration_s, now_s, PlannerState.LANDING)

    def go_to(
        self, start: Setpoint, position: Vec3, yaw: float, duration_s: float, straight: bool, now_s: float
    ) -> None:
        """Go there and stay."""
        self.follow(path_to(start, Setpoint(position, ZERO3, ZERO3, yaw), duration_s, straight=straight), now_s)

    def follow(self, path: Path, now_s: float, state: PlannerState = PlannerState.FLYING) -> None:
        """Fly any path from now on."""
        self._path, self._begin_s, self.state = path, now_s, state

    def _vertical(
        self, start: Setpoint, height_m: float, yaw: float, duration_s: float, now_s: float, state: PlannerState
    ) -> None:  # fmt: skip
        (x, y, _), still = start.position, start._replace(velocity=ZERO3, acceleration=ZERO3, yaw_rate=0.0)
        self.follow(path_to(still, Setpoint((x, y, height_m), ZERO3, ZERO3, yaw), duration_s), now_s, state)
