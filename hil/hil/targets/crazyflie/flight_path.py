"""Where a flight is told to be at each instant: on its way to the start, at each tick of its task, on its way down."""

from hil.core.types import Setpoint
from hil.targets.crazyflie.legs import Leg


class FlightPath:
    """Legs flown by the high-level commander, and set-points given one by one."""

    def __init__(self, first: Leg) -> None:
        self._legs = [first]
        self._given: dict[int, Setpoint] = {}
        self._legs_before = 0  # the last set-point that was given

    def fly(self, leg: Leg) -> None:
        """From its begin on, this leg; after its end, its end."""
        self._legs.append(leg)

    def give(self, tick: int, setpoint: Setpoint) -> None:
        """This set-point belongs to that tick."""
        self._given[tick] = setpoint
        self._legs_before = len(self._legs)

    def at(self, tick: int, t_s: float) -> Setpoint:
        """The set-point of a row: that of its tick, or of the leg it flies, or the last that was given before it."""
        if tick in self._given:
            return self._given[tick]
        number = next((k for k in reversed(range(len(self._legs))) if self._legs[k].begin_s <= t_s), 0)
        if number < self._legs_before and self._given and tick > (last := next(reversed(self._given))):
            return self._given[last]
        return self._legs[number].at(t_s)
