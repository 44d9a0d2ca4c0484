"""Where the high-level commander has a vehicle at each instant between two points at rest.

Its planner flies a polynomial of 7th order with velocity, acceleration and jerk zero at both ends, which is
s(τ) = 35τ⁴ − 84τ⁵ + 70τ⁶ − 20τ⁷ along the straight line (crazyflie-firmware, src/modules/src/planner.c).
"""

from typing import NamedTuple

from hil.core.types import Setpoint, Vec3


class Leg(NamedTuple):
    """One flight from rest to rest, on the task's clock."""

    begin_s: float
    duration_s: float
    start: Vec3  # world, m
    end: Vec3
    yaw: float  # rad, at the end

    @property
    def end_s(self) -> float:
        """When it is over."""
        return self.begin_s + self.duration_s

    def at(self, t_s: float) -> Setpoint:
        """Where it should be; before and after, its ends."""
        tau = min(max((t_s - self.begin_s) / self.duration_s, 0.0), 1.0)
        share = tau**4 * (35 + tau * (-84 + tau * (70 - 20 * tau)))
        rate = 140 * (tau * (1 - tau)) ** 3 / self.duration_s
        change = 420 * (tau * (1 - tau)) ** 2 * (1 - 2 * tau) / self.duration_s**2
        dx, dy, dz = (b - a for a, b in zip(self.start, self.end, strict=True))
        x, y, z = self.start
        return Setpoint(
            (x + share * dx, y + share * dy, z + share * dz),
            (rate * dx, rate * dy, rate * dz),
            (change * dx, change * dy, change * dz),
            self.yaw,
        )


def leg_s(distance_m: float, speed_m_s: float, least_s: float) -> float:
    """Time for a leg at this mean speed, and never less than `least_s`; its peak speed is 2.19 times the mean."""
    return max(distance_m / speed_m_s, least_s)
