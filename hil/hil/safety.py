"""When a flight is cut short: the same limits whatever flies."""

import math

from hil.core.frames import tilt
from hil.core.types import Sample
from hil.scenario.model import Safety

_AIRBORNE_M = 0.1  # above this the vehicle counts as flying, and a set-point as asking it to


class SafetyMonitor:
    """Watches one flight against a scenario's limits."""

    def __init__(self, limits: Safety) -> None:
        self._limits = limits
        self._was_airborne = False
        self._was_asked_up = False

    def violation(self, sample: Sample) -> str | None:
        """Why the flight must end at this sample, or None."""
        position = sample.state.position
        if not all(map(math.isfinite, (*position, *sample.state.attitude))):
            return f"state is not finite at {sample.t_s:.2f} s"
        for axis, value, limit in zip("xy", position, self._limits.geofence_m, strict=False):
            if abs(value) > limit:
                return f"left the geofence: {axis} = {value:+.2f} m, allowed ±{limit:g} m"
        if position[2] > self._limits.geofence_m[2]:
            return f"left the geofence: z = {position[2]:.2f} m, allowed up to {self._limits.geofence_m[2]:g} m"
        self._was_asked_up = self._was_asked_up or sample.setpoint.position[2] > _AIRBORNE_M
        if position[2] > _AIRBORNE_M:
            self._was_airborne = True
            angle_deg = math.degrees(tilt(sample.state.attitude))
            if angle_deg > self._limits.tilt_deg:
                return f"tilted {angle_deg:.0f}°, allowed {self._limits.tilt_deg:g}°"
        elif self._was_airborne and position[2] <= 0.0 and sample.setpoint.position[2] > _AIRBORNE_M:
            return "hit the ground"
        return None

    def never_flew(self) -> str | None:
        """Why a flight that broke no limit was none, or None: told to be in the air, it stayed on the ground."""
        return "never took off" if self._was_asked_up and not self._was_airborne else None
