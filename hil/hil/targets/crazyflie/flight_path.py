"""Where a flight is told to be at each instant: on its way to the start, at each tick of its task, on its way down."""

from hil.core.types import Setpoint
from hil.targets.crazyflie.legs import Leg


class FlightPath:
    """Legs flown by the high-level commander, and set-points given one by one."""

    def __init__(self, first: Leg) -> None:
        self._legs = [first]
        self._given: dict[int, Setpoint] = {}

    def fly(self, leg: Leg) -> None:
        """From its begin on, this leg; after its end, its end."""
        self._legs.append(leg)

    def give(self, tick: int, setpoint: Setpoint) -> None:
        """This set-point belongs to that tick."""
        self._given[tick] = setpoint

    def at(self, tick: int, t_s: float) -> Setpoint:
        """The set-point of a row."""
        if tick in self._given:
            return self._given[tick]
        leg = next((leg for leg in reversed(self._legs) if leg.begin_s <= t_s), self._legs[0])
        return leg.at(t_s)
