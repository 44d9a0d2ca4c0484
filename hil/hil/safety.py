"""When a flight is cut short: the same limits whatever flies, and what each breach asks for.

A sample tells where the vehicle is, how tilted, how fast and how far from its set-point: `SafetyMonitor`. What only a
vehicle behind a link knows is judged by functions of plain values, which its target calls: `log_silent`,
`battery_low`, `supervisor_breach`.
"""

import math
from collections.abc import Iterator

import numpy as np

from hil.core.arrays import Floats, setpoint_of, state_of
from hil.core.breach import Breach, Reaction
from hil.core.frames import tilt
from hil.core.types import Sample
from hil.core.vehicle_status import Info
from hil.scenario.model import Safety

_AIRBORNE_M = 0.1  # above this the vehicle counts as flying, and a set-point as asking it to


class SafetyMonitor:
    """Watches one flight against a scenario's limits, from its start, or from where it has been."""

    def __init__(self, limits: Safety, *, airborne: bool = False, asked_up: bool = False) -> None:
        self._limits = limits
        self._least_cosine = _least_cosine(limits)
        self._was_airborne = airborne
        self._was_asked_up = asked_up

    def violation(self, sample: Sample, *, already: Reaction | None = None) -> Breach | None:
        """Why the flight must end at this sample, or None; with `already` under way, only what asks for more."""
        for breach in self._breaches(sample):
            if already is None or breach.reaction > already:
                return breach
        return None

    def never_flew(self) -> str | None:
        """Why a flight that broke no limit was none, or None: told to be in the air, it stayed on the ground."""
        return "never took off" if self._was_asked_up and not self._was_airborne else None

    def _breaches(self, sample: Sample) -> Iterator[Breach]:
        """All limits that this sample breaks, the most telling first."""
        position, (qx, qy, qz, qw) = sample.state.position, sample.state.attitude
        if not math.isfinite(sum(position) + qx + qy + qz + qw) and not all(
            map(math.isfinite, (*position, *sample.state.attitude))
        ):
            yield Breach(f"state is not finite at {sample.t_s:.2f} s", Reaction.STOP)
            return
        for axis, value, limit in zip("xy", position, self._limits.geofence_m, strict=False):
            if abs(value) > limit:
                yield Breach(f"left the geofence: {axis} = {value:+.2f} m, allowed ±{limit:g} m", Reaction.HOLD)
        if position[2] > self._limits.geofence_m[2]:
            allowed_m = self._limits.geofence_m[2]
            yield Breach(f"left the geofence: z = {position[2]:.2f} m, allowed up to {allowed_m:g} m", Reaction.HOLD)
        self._was_asked_up = self._was_asked_up or sample.setpoint.position[2] > _AIRBORNE_M
        if position[2] > _AIRBORNE_M:
            self._was_airborne = True
            if 1.0 - 2.0 * (qx * qx + qy * qy) <= self._least_cosine:
                angle_deg = math.degrees(tilt(sample.state.attitude))
                if angle_deg > self._limits.tilt_deg:
                    yield Breach(f"tilted {angle_deg:.0f}°, allowed {self._limits.tilt_deg:g}°", Reaction.STOP)
        elif self._was_airborne and position[2] <= 0.0 and sample.setpoint.position[2] > _AIRBORNE_M:
            yield Breach("hit the ground", Reaction.STOP)
        yield from self._strays(sample)

    def _strays(self, sample: Sample) -> Iterator[Breach]:
        """Too fast, or too far from the set-point; a velocity that is not a number is too fast."""
        limits = self._limits
        if limits.speed_m_s is not None:
            speed_m_s = math.hypot(*sample.state.velocity)
            if not speed_m_s <= limits.speed_m_s:
                yield Breach(f"flew {speed_m_s:.2f} m/s, allowed {limits.speed_m_s:g} m/s", Reaction.LAND)
        if limits.tracking_error_m is not None and sample.t_s >= 0.0:
            error_m = math.dist(sample.state.position, sample.setpoint.position)
            if error_m > limits.tracking_error_m:
                yield Breach(
                    f"{error_m:.2f} m from the set-point, allowed {limits.tracking_error_m:g} m", Reaction.LAND
                )


class BatchMonitor:
    """Watches many flights at once, each as its own `SafetyMonitor` would.

    Only what a coarse look over all finds suspicious is put to such a monitor, for its verdict and its words.
    """

    def __init__(self, limits: Safety, n: int) -> None:
        self._limits = limits
        self._was_airborne, self._was_asked_up, self._ended = (np.zeros(n, bool) for _ in range(3))
        self._least_cosine = _least_cosine(limits)

    def violations(self, tick: int, t_s: float, setpoints: Floats, states: Floats) -> dict[int, str]:
        """Why flights must end at this tick, by their rows in set-points (n, 11) and states (n, 13); each told once."""
        x, y, z, vx, vy, vz, qx, qy, qz, qw, _, _, _ = states.T
        far_x, far_y, far_z = self._limits.geofence_m
        asked_up, high = setpoints[:, 2] > _AIRBORNE_M, z > _AIRBORNE_M
        suspicious = ~np.isfinite(x + y + z + qx + qy + qz + qw) | (abs(x) > far_x) | (abs(y) > far_y) | (z > far_z)
        suspicious |= high & (1.0 - 2.0 * (qx * qx + qy * qy) <= self._least_cosine)
        suspicious |= self._was_airborne & asked_up & (z <= 0.0)
        if self._limits.speed_m_s is not None:
            suspicious |= ~(vx * vx + vy * vy + vz * vz <= _nearly_squared(self._limits.speed_m_s))
        if self._limits.tracking_error_m is not None and t_s >= 0.0:
            apart = ((states[:, :3] - setpoints[:, :3]) ** 2).sum(axis=1)
            suspicious |= apart > _nearly_squared(self._limits.tracking_error_m)
        found = {}
        for k in (suspicious & ~self._ended).nonzero()[0].tolist():
            state, setpoint = state_of(states[k].tolist()), setpoint_of(setpoints[k].tolist())
            if breach := self._alone(k).violation(Sample(tick, t_s, setpoint, state, None)):
                found[k] = breach.reason
        self._ended[list(found)] = True
        self._was_asked_up |= asked_up
        self._was_airborne |= high
        return found

    def never_flew(self) -> dict[int, str]:
        """Why flights that broke no limit were none, by their rows."""
        reasons = ((k, self._alone(k).never_flew()) for k in (~self._ended).nonzero()[0].tolist())
        return {k: reason for k, reason in reasons if reason}

    @property
    def all_ended(self) -> bool:
        """Whether no flight is left to watch."""
        return bool(self._ended.all())

    def _alone(self, k: int) -> SafetyMonitor:
        return SafetyMonitor(self._limits, airborne=bool(self._was_airborne[k]), asked_up=bool(self._was_asked_up[k]))


def log_silent(limits: Safety, age_s: float) -> Breach | None:
    """A breach where the last log row of a vehicle is older than allowed. `limits` are those of `on_vehicle`."""
    if limits.log_age_s is None or age_s <= limits.log_age_s:
        return None
    return Breach(f"nothing heard for {age_s:.2f} s, allowed {limits.log_age_s:g} s", Reaction.HOLD)


def battery_low(limits: Safety, volts: float) -> Breach | None:
    """A breach where the battery is lower than allowed; `volts` under load, a mean over a second, not a dip."""
    if limits.battery_v is None or volts >= limits.battery_v:
        return None
    return Breach(f"battery at {volts:.2f} V under load, allowed down to {limits.battery_v:g} V", Reaction.LAND)


def supervisor_breach(word: int, airborne: bool) -> Breach | None:
    """A breach where the vehicle has given up by itself; `word` is its `supervisor.info`."""
    info = Info(word)
    for bit, text in _GAVE_UP.items():
        if bit in info:
            return Breach(text, Reaction.STOP)
    if airborne and Info.ARMED not in info:
        return Breach("the vehicle disarmed itself in flight", Reaction.STOP)
    if Info.DECK_FAULT in info:
        return Breach("the vehicle reports a fault of a deck", Reaction.LAND)
    return None


_GAVE_UP = {
    Info.LOCKED: "the vehicle locked itself and must be rebooted",
    Info.CRASHED: "the vehicle crashed, by its own account",
    Info.TUMBLED: "the vehicle tumbled, by its own account",
}


def _least_cosine(limits: Safety) -> float:
    """Cosine of a tilt; above it none is too great, however it is rounded."""
    return math.cos(math.radians(limits.tilt_deg)) + 1e-6


def _nearly_squared(limit: float) -> float:
    """Square of a limit; below it nothing is too great, however it is rounded."""
    return limit * limit * (1.0 - 1e-9)
