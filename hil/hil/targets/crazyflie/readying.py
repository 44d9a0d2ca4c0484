"""What a vehicle on the floor is found to be, for the verdict on whether it may take off."""

import math

from hil.core.frames import tilt
from hil.core.types import Vec3
from hil.readiness import Readiness
from hil.targets.crazyflie import parameters
from hil.targets.crazyflie.link import Link
from hil.targets.crazyflie.link_quality import PING_S, LinkQuality
from hil.targets.crazyflie.pace import is_past
from hil.targets.crazyflie.rows import Row
from hil.targets.crazyflie.telemetry import Telemetry

SELF_TEST = "system.selftestPassed"
LOOK_S = 1.5  # the echoes of its first second have had their time to come back
STILL_S = 1.0
_PING_S = 0.02  # fifty a second: a share of lost ones that means something


def look(link: Link, telemetry: Telemetry, quality: LinkQuality) -> Readiness:
    """Watch it for `LOOK_S`. Raises TargetUnavailable where the link breaks."""
    self_test = parameters.read(link, SELF_TEST)
    quality.every_s = _PING_S
    end_s = link.pace.now_s() + LOOK_S
    rows: list[Row] = []
    while not is_past(link.pace, end_s):
        quality.tend(link.pace.now_s())
        link.pace.wait_until(link.pace.now_s() + telemetry.period_ms / 1000)
        rows.extend(paired.row for paired in telemetry.collect())
    quality.every_s = PING_S
    newest = telemetry.newest
    return Readiness(
        self_test_passed=bool(self_test),
        supervisor=newest.supervisor if newest else None,
        battery_v=telemetry.battery_v,
        position_m=newest.estimate.position if newest else None,
        tilt_deg=math.degrees(tilt(newest.estimate.attitude)) if newest else None,
        position_std_m=telemetry.position_std_m,
        moved_m=moved_m(rows, telemetry.period_ms),
        latency_s=quality.latency_s,
        loss_share=quality.loss_share,
    )


def moved_m(rows: list[Row], period_ms: int) -> float | None:
    """How far the estimate drifted within `STILL_S`, from the mean of its first half to that of the second, m.

    Means, so that noise does not count. None where there are no rows.
    """
    span = [row.estimate.position for row in rows[-round(1000 * STILL_S / period_ms) :]]
    half = len(span) // 2
    return math.dist(_mean(span[:half]), _mean(span[half:])) if half else None


def _mean(points: list[Vec3]) -> Vec3:
    x, y, z = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    return (x, y, z)
