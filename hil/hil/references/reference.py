"""The interface of every task's reference trajectory."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

from hil.core.types import Setpoint, Vec3
from hil.core.vehicle import GRAVITY_M_S2


class Demand(NamedTuple):
    """What a reference asks of a vehicle and of the room, over the whole flight."""

    speed_max_m_s: float
    thrust_to_weight_max: float  # greatest |a − g| / g
    thrust_to_weight_at_s: float  # when
    low_m: Vec3  # corner of the box it stays in, world
    high_m: Vec3


class Reference(ABC):
    """Where the vehicle should be at each instant of a flight."""

    judge_from_s: float = 0.0  # after the ramp: the default start of the metrics' window
    must_be_feasible: bool = True  # False for a jump, which no vehicle can follow

    @abstractmethod
    def at(self, t_s: float) -> Setpoint:
        """Set-point at `t_s` ≥ 0; holds its end afterwards."""

    def demand(self, duration_s: float, *, step_s: float = 0.005) -> Demand:
        """Greatest speed and thrust-to-weight need and the box, found by sampling every `step_s`."""
        low, high = [math.inf] * 3, [-math.inf] * 3
        speed, ratio, when = 0.0, 0.0, 0.0
        for k in range(int(duration_s / step_s) + 1):
            setpoint = self.at(k * step_s)
            vx, vy, vz = setpoint.velocity or (0.0, 0.0, 0.0)
            ax, ay, az = setpoint.acceleration or (0.0, 0.0, 0.0)
            speed = max(speed, math.sqrt(vx * vx + vy * vy + vz * vz))
            need = math.sqrt(ax * ax + ay * ay + (az + GRAVITY_M_S2) ** 2) / GRAVITY_M_S2
            if need > ratio:
                ratio, when = need, k * step_s
            for axis in range(3):
                low[axis] = min(low[axis], setpoint.position[axis])
                high[axis] = max(high[axis], setpoint.position[axis])
        return Demand(speed, ratio, when, (low[0], low[1], low[2]), (high[0], high[1], high[2]))
