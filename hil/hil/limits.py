"""The limits of a flight with a vehicle: the scenario's, the site's, and defaults where neither states one.

The stricter counts. Defaults, for a Crazyflie 2.x on one cell, each for its reason:

    speed_m_s         3.0  braking at 20° of tilt takes 1.3 m from there, which a fence of 2 m still has; faster than
                           that is an estimate that ran away, or will be a wall
    tracking_error_m  1.0  twice the largest step that ships; nothing that flies its task is ever that far from it
    log_age_s         0.5  50 rows at 100 Hz; as long as the firmware itself waits for a set-point before it levels
                           out, and 1.5 s before it cuts the motors
    battery_v         3.2  where firmware warns (3.0 is its critical); thrust is then 1.1 times the weight
"""

from typing import Final

from hil.scenario.fields import Extent, Extents, Span, SpeedLimit, Strict, Tilt, Voltage
from hil.scenario.model import Safety

SPEED_M_S: Final = 3.0
TRACKING_ERROR_M: Final = 1.0
LOG_AGE_S: Final = 0.5
BATTERY_V: Final = 3.2


class SiteLimits(Strict):
    """What a site states for a vehicle or its room: keys and units of a scenario's `safety`, none of them needed."""

    geofence_m: Extents | None = None
    tilt_deg: Tilt | None = None
    speed_m_s: SpeedLimit | None = None
    tracking_error_m: Extent | None = None
    log_age_s: Span | None = None
    battery_v: Voltage | None = None


NO_LIMITS: Final = SiteLimits()


def on_vehicle(scenario: Safety, site: SiteLimits = NO_LIMITS) -> Safety:
    """The limits that count for a flight with a vehicle: none of them is None."""
    fence = zip(scenario.geofence_m, site.geofence_m or scenario.geofence_m, strict=True)
    x, y, z = (min(pair) for pair in fence)
    return Safety(
        geofence_m=(x, y, z),
        tilt_deg=_least(scenario.tilt_deg, site.tilt_deg, scenario.tilt_deg),
        speed_m_s=_least(scenario.speed_m_s, site.speed_m_s, SPEED_M_S),
        tracking_error_m=_least(scenario.tracking_error_m, site.tracking_error_m, TRACKING_ERROR_M),
        log_age_s=_least(scenario.log_age_s, site.log_age_s, LOG_AGE_S),
        battery_v=-_least(_minus(scenario.battery_v), _minus(site.battery_v), -BATTERY_V),
    )


def _least(a: float | None, b: float | None, default: float) -> float:
    return min((value for value in (a, b) if value is not None), default=default)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value
