"""The voltage of the battery of a virtual vehicle, in flight as identified from flights, at rest as a real one rests.

    V = V_rest − sag ū − drain t_flown − Δ (1 − ū / ū_k)⁺        ū the mean duty, ū_k half the duty of hover

The first three terms are `hil_sim.battery`, good between hover and full throttle only: with the rotors stopped they
read Δ = 0.25 V too much. The last term takes that off below half of hover, where no flight has been identified: a
straight line, assumed. A full cell then rests at 4.15 V, as measured. Charge is counted while the rotors turn.
"""

import math

from hil.core.vehicle import Vehicle
from hil_sim.battery import Supply, supply_of

EXCESS_AT_REST_V = 0.25
BATTERYLESS_V = 4.1  # what a vehicle without a battery model reports


class Cell:
    """A battery that is flown empty."""

    def __init__(self, vehicle: Vehicle) -> None:
        self.supply: Supply = supply_of(vehicle)
        self._hover = vehicle.hover_command
        self._models_sag = vehicle.battery is not None
        self._told_v = BATTERYLESS_V
        self._drained_v = 0.0

    def volts(self, mean_duty: float) -> float:
        """Terminal voltage at this mean duty, V. A vehicle without a battery model has the voltage it was told."""
        if not self._models_sag:
            return self._told_v
        supply = self.supply
        return supply.rest_v - supply.sag_v * mean_duty - self._drained_v - _excess_v(mean_duty, self._hover)

    def scale(self, mean_duty: float) -> float:
        """Steady motor state over duty: V / V_ref, or 1 for a vehicle without a battery model."""
        return max(0.0, self.volts(mean_duty)) / self.supply.reference_v if self._models_sag else 1.0

    def drain(self, mean_duty: float, dt_s: float) -> None:
        """Use charge: the identified drain is that of hover."""
        self._drained_v += self.supply.drain_v_s * dt_s * mean_duty / self._hover

    def charge(self, resting_v: float) -> None:
        """Rest at this voltage from now on, V."""
        self._told_v = resting_v
        self._drained_v = self.supply.rest_v - EXCESS_AT_REST_V - resting_v


def charged_as(vehicle: Vehicle, volts: float, mean_duty: float) -> Vehicle:
    """The vehicle with a battery that shows this voltage at this mean duty.

    V_hover + sag u_hover = V_rest and u_hover = m_hover V_ref / V_hover: a quadratic in V_hover.
    """
    battery = vehicle.battery
    if battery is None:
        return vehicle
    rest_v = volts + battery.sag_v * mean_duty + _excess_v(mean_duty, vehicle.hover_command)
    loss = 4.0 * battery.sag_v * vehicle.hover_motor * battery.reference_v
    return vehicle.charged((rest_v + math.sqrt(max(0.0, rest_v * rest_v - loss))) / 2.0)


def _excess_v(mean_duty: float, hover_duty: float) -> float:
    """What the law of flight reads too much, V."""
    return EXCESS_AT_REST_V * max(0.0, 1.0 - mean_duty / (0.5 * hover_duty))
