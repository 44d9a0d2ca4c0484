"""The voltage of the battery of a virtual vehicle, in flight as identified from flights, at rest as a real one rests.

    V = V_rest − sag ū − drain t_flown − Δ (1 − ū / ū_k)⁺        ū the mean duty, ū_k half the duty of hover

The first three terms are `hil_sim.battery`, good between hover and full throttle only: with the rotors stopped they
read Δ = 0.25 V too much. The last term takes that off below half of hover, where no flight has been identified: a
straight line, assumed. A full cell then rests at 4.15 V, as measured. Charge is counted while the rotors turn.
"""

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
        light = max(0.0, 1.0 - mean_duty / (0.5 * self._hover))
        supply = self.supply
        return supply.rest_v - supply.sag_v * mean_duty - self._drained_v - EXCESS_AT_REST_V * light

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
