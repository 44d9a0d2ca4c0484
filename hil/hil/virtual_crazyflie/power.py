"""Battery state as the firmware reports it: a warning when the voltage stays low.

Limits and delays: Bitcraze crazyflie-firmware, pm_stm32f4.c and platform_defaults_cf2.h. A low battery is only told:
motors go on.
"""

from enum import IntEnum

LOW_V, CRITICAL_V, FOR_MS = 3.2, 3.0, 5000


class PowerState(IntEnum):
    """The values of `pm.state`."""

    BATTERY = 0
    LOW = 3
    SHUTDOWN = 4


class Power:
    """What `pm.*` says; look every millisecond."""

    def __init__(self) -> None:
        self.volts = 0.0
        self.state = PowerState.BATTERY
        self._well_ms = {LOW_V: 0, CRITICAL_V: 0}  # when it was last above

    def update(self, now_ms: int, volts: float) -> None:
        """The voltage now."""
        self.volts = volts
        for limit in self._well_ms:
            if volts >= limit:
                self._well_ms[limit] = now_ms
        if now_ms - self._well_ms[CRITICAL_V] > FOR_MS:
            self.state = PowerState.SHUTDOWN
        elif now_ms - self._well_ms[LOW_V] > FOR_MS:
            self.state = PowerState.LOW
        else:
            self.state = PowerState.BATTERY
