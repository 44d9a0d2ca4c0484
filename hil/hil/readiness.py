"""May this vehicle take off? What it says of itself on the floor, against the limits, before anything turns."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from hil.core.types import Vec3
from hil.core.vehicle_status import Info
from hil.scenario.model import Safety

# From rest to hover a Crazyflie's cell falls from 4.15 to 3.55 V, and then by 2.9 mV/s (NanoBench's flights).
TAKE_OFF_SAG_V = 0.6
DRAIN_V_S = 0.0029
# A filter that has converged stays below a variance of 1e-3 m² on every axis: what cflib's own reset waits for.
POSITION_STD_M = math.sqrt(1e-3)
MOVED_M = 0.05  # over a second, on the floor: more is an estimate that drifts, or a hand
LEVEL_DEG = 10.0  # a leg on a cable is 5°; more is a vehicle on its side or a gyro that was moved while it calibrated
LATENCY_S = 0.1  # there and back; set-points older than this lag behind the task by more than estimators do
LOSS_SHARE = 0.2  # of packets; one second of set-points still gets forty of fifty through


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What a vehicle on the floor was found to be. None: it was asked and did not say, which counts against it."""

    self_test_passed: bool | None
    supervisor: int | None  # the word `supervisor.info`
    battery_v: float | None  # at rest
    position_m: Vec3 | None  # estimate, world
    tilt_deg: float | None  # of the estimate
    position_std_m: float | None  # the filter's own, of its worst axis
    moved_m: float | None  # how far the estimate went within the last second
    latency_s: float | None  # of the link, there and back, median
    loss_share: float | None  # of packets that were to come back


class Finding(NamedTuple):
    """Why a vehicle must not take off, and what to do about it."""

    text: str
    hint: str
    may_settle: bool = False  # waiting may be all it takes: the vehicle was switched on, or put down, just now


def preflight_findings(ready: Readiness, limits: Safety, *, duration_s: float) -> list[Finding]:
    """Every reason not to take off for a flight of `duration_s`, the most telling first; none: it may."""
    return [*_by_its_own_account(ready), *_battery(ready, limits, duration_s), *_estimate(ready, limits), *_link(ready)]


def _by_its_own_account(ready: Readiness) -> Iterator[Finding]:
    if not ready.self_test_passed:
        said = "failed" if ready.self_test_passed is False else "was not reported"
        yield Finding(f"the vehicle's self-test {said}", "see its console for the part that failed, then restart it")
    if ready.supervisor is None:
        yield Finding("the vehicle does not say whether it may fly", "firmware of 2024 or later has supervisor.info")
        return
    info = Info(ready.supervisor)
    for bit, text, hint in _REFUSALS:
        if bit in info:
            yield Finding(text, hint)
            return
    if not info & (Info.CAN_BE_ARMED | Info.ARMED):
        yield Finding("the vehicle cannot be armed", "level and still? battery in? see its console")


_REFUSALS = (
    (Info.LOCKED, "the vehicle is locked after an emergency stop or a lost link", "look it over, then restart it"),
    (Info.CRASHED, "the vehicle counts as crashed", "put it upright, look it over, then restart it"),
    (Info.TUMBLED, "the vehicle lies on its side or back", "put it upright on level ground"),
    (Info.FLYING, "the vehicle is flying already", "land it, or stop it with hil stop"),
    (Info.DECK_FAULT, "the vehicle reports a fault of a deck", "reseat its decks, then restart it"),
)


def _battery(ready: Readiness, limits: Safety, duration_s: float) -> Iterator[Finding]:
    if limits.battery_v is None:
        return
    needed_v = limits.battery_v + TAKE_OFF_SAG_V + DRAIN_V_S * duration_s
    if ready.battery_v is None:
        yield Finding("the battery's voltage is not known", "is the battery plugged in, and pm.vbat in the log table?")
    elif not ready.battery_v >= needed_v:
        text = f"battery at {ready.battery_v:.2f} V, {needed_v:.2f} V needed to end {duration_s:g} s of flight above "
        yield Finding(f"{text}{limits.battery_v:g} V", "charge it, or fly for a shorter time")


def _estimate(ready: Readiness, limits: Safety) -> Iterator[Finding]:
    if ready.position_m is None or not all(map(math.isfinite, ready.position_m)):
        yield Finding("the vehicle does not know where it is", "is its positioning on, and in view?")
        return
    x, y, z = ready.position_m
    far_x, far_y, far_z = limits.geofence_m
    if abs(x) > far_x or abs(y) > far_y or z > far_z:
        text = f"the vehicle stands at ({x:.2f}, {y:.2f}, {z:.2f}) m, outside the geofence of ±{far_x:g}, ±{far_y:g}, "
        yield Finding(f"{text}{far_z:g} m", "carry it inside, or check the origin of its positioning")
    if ready.tilt_deg is None or not ready.tilt_deg <= LEVEL_DEG:
        text = "not known" if ready.tilt_deg is None else f"{ready.tilt_deg:.0f}°, {LEVEL_DEG:g}° allowed"
        yield Finding(f"the vehicle's tilt on the floor is {text}", "put it on level ground and restart it")
    if ready.position_std_m is None or not ready.position_std_m <= POSITION_STD_M:
        text = "not known" if ready.position_std_m is None else f"{1000 * ready.position_std_m:.0f} mm"
        yield Finding(
            f"the position estimate's own doubt is {text}, {1000 * POSITION_STD_M:.0f} mm allowed",
            "wait for it to settle; if it does not, check the positioning",
            may_settle=True,
        )
    if ready.moved_m is None or not ready.moved_m <= MOVED_M:
        far = "nobody knows how far" if ready.moved_m is None else f"{1000 * ready.moved_m:.0f} mm"
        yield Finding(
            f"within a second the position estimate moved {far}, {1000 * MOVED_M:.0f} mm allowed",
            "leave it still on the floor; if it still drifts, check the positioning",
            may_settle=True,
        )


def _link(ready: Readiness) -> Iterator[Finding]:
    if ready.latency_s is None or not ready.latency_s <= LATENCY_S:
        text = "not known" if ready.latency_s is None else f"{1000 * ready.latency_s:.0f} ms"
        yield Finding(
            f"the link's latency is {text}, {1000 * LATENCY_S:.0f} ms allowed", "move closer, or change the channel"
        )
    if ready.loss_share is None or not ready.loss_share <= LOSS_SHARE:
        text = "an unknown share" if ready.loss_share is None else f"{100 * ready.loss_share:.0f} %"
        yield Finding(f"the link loses {text}, {100 * LOSS_SHARE:.0f} % allowed", "move closer, or change the channel")
