"""How a vehicle gets to the start of its task, planned before it takes off: which leg when, on the task's clock."""

import math
from typing import NamedTuple

from hil.core.types import Start, Vec3
from hil.targets.crazyflie.legs import Leg, leg_s

CLIMB_M_S, CRUISE_M_S, DESCENT_M_S = 0.3, 0.5, 0.3  # mean; peaks are 2.2 times that
LEAST_S = 2.0
SETTLE_S = 3.0  # what is left of the way there dies out, and one second of that is judged
CATCH_UP_S = 1.5  # after take-off: twice the lag of a position-only controller, whose integrals still wind up
ON_THE_GROUND_M = 0.1  # a start below this is the floor


class ApproachPlan(NamedTuple):
    """Legs that end at rest at the start, `SETTLE_S` before t = 0."""

    take_off: Leg
    go_to: Leg

    @property
    def begin_s(self) -> float:
        """When it takes off; negative."""
        return self.take_off.begin_s


def plan_approach(here: Vec3, start: Start, yaw: float) -> ApproachPlan:
    """Straight up to the height of the start, then straight there."""
    above: Vec3 = (here[0], here[1], start.state.position[2])
    there = start.state.position
    up_s = leg_s(abs(above[2] - here[2]), CLIMB_M_S, LEAST_S)
    over_s = leg_s(math.dist(above, there), CRUISE_M_S, LEAST_S)
    go_to = Leg(-SETTLE_S - over_s, over_s, above, there, yaw)
    return ApproachPlan(Leg(go_to.begin_s - CATCH_UP_S - up_s, up_s, here, above, yaw), go_to)
