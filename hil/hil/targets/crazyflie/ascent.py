"""From the floor to the start of the task: arm, take off, go there, settle.

What goes wrong before take-off is a refusal. After it, it ends the flight with the vehicle in the air.
"""

import math
from collections.abc import Iterator, Sequence

from hil.core.breach import Reaction
from hil.core.errors import Refused
from hil.core.types import Sample, Start, Vec3
from hil.core.vehicle_status import Info
from hil.targets.crazyflie import high_level, supervision
from hil.targets.crazyflie.approach_plan import CATCH_UP_S, SETTLE_S, ApproachPlan, plan_approach
from hil.targets.crazyflie.flight_path import FlightPath
from hil.targets.crazyflie.legs import Leg
from hil.targets.crazyflie.link import LinkSilent
from hil.targets.crazyflie.session import Session
from hil.targets.crazyflie.stamps import TaskClock

ARMED_S = 2.5  # a brushless one spins its motors up and checks them first
FLYING_S = 1.5  # after a take-off was accepted
ARRIVED_M = (
    0.5  # a moment after a leg, which is flown from rest to rest: more is no overshoot, but a vehicle that is lost
)
_CLIMBED = 0.5  # share of a take-off's height; less is a vehicle that cannot, or one that hangs on something
SETTLED_S, SETTLED_M, SETTLED_M_S = 1.0, 0.10, 0.10  # means over the last second before the task
_AHEAD_S = 0.1  # from planning to take-off

Flown = Iterator[Sequence[Sample]]


def arm(session: Session) -> None:
    """Armed, by request and by its supervisor's word. Raises Refused."""
    session.rig.phase("arm")
    newest = session.telemetry.newest
    if newest is not None and Info.AUTO_ARM in Info(newest.supervisor):
        session.phase("arm", "the vehicle arms itself")
        return
    session.turning = True  # motors of a brushless one idle once it is armed
    try:
        agreed = supervision.arm(session.link)
    except LinkSilent as silence:
        raise Refused(f"arming was not answered: {silence.message}", hint="check the link") from silence
    if not agreed:
        raise Refused("the vehicle refused to arm", hint="level, still and battery in? its console says why")
    pace = session.link.pace
    begin_s = pace.now_s()
    while not (newest := session.telemetry.newest) or Info.CAN_FLY not in Info(newest.supervisor):
        if pace.now_s() - begin_s > ARMED_S:
            word = f"0x{newest.supervisor:03x}" if newest else "unknown"
            raise Refused(
                f"armed, but not ready to fly within {ARMED_S:g} s (supervisor.info {word})",
                hint="propellers on and free to turn? its console says which motor failed",
            )
        pace.wait_until(pace.now_s() + 0.02)
        session.tend()
        session.samples()
    session.phase("arm", f"armed within {pace.now_s() - begin_s:.2f} s")


def plan_ascent(session: Session, start: Start, yaw: float) -> ApproachPlan:
    """Legs from where it stands to the start, and with them when the task begins on the vehicle's clock."""
    here = session.telemetry.newest
    assert here is not None
    plan = plan_approach(here.estimate.position, start, yaw)
    fix_begin(session, plan.take_off, ahead_s=_AHEAD_S - plan.begin_s)
    assert session.path is not None
    session.path.fly(plan.go_to)
    return plan


def fix_begin(session: Session, first: Leg, *, ahead_s: float) -> None:
    """Let the task begin `ahead_s` from now, on a millisecond at which the log has a row."""
    newest, period_ms = session.telemetry.newest, session.telemetry.period_ms
    assert newest is not None
    session.task = TaskClock(newest.stamp_ms + period_ms * math.ceil(1000 * ahead_s / period_ms), 1000 / period_ms)
    session.path = FlightPath(first)


def take_off(session: Session, leg: Leg) -> Flown:
    """Up. Raises Refused where the vehicle says no."""
    yield from session.until(leg.begin_s)
    session.rig.phase("take-off")
    session.turning = True
    try:
        error = session.order(high_level.take_off(leg.end[2], leg.duration_s))
    except LinkSilent as silence:
        session.airborne = True
        session.keep_alive.begin()
        session.phase("take-off", f"not answered: {silence.message}")
        session.give_up("take-off was not answered", Reaction.LAND)
        yield ()
        return
    newest = session.telemetry.newest
    if error == high_level.NOT_ALLOWED:
        word = f"0x{newest.supervisor:03x}" if newest else "unknown"
        raise Refused(
            f"take-off refused: {high_level.words(error)} (supervisor.info {word})", hint="its console says why"
        )
    session.airborne = True
    session.keep_alive.begin()
    deadline_s = session.now_s + FLYING_S
    while not _flies(session) and session.now_s < deadline_s:
        yield from session.until(session.now_s + 0.02)
    if not _flies(session):
        session.phase("take-off", "accepted, but the vehicle does not fly")
        session.give_up("did not take off", Reaction.LAND)
        yield ()
        return
    yield from session.until(leg.end_s + CATCH_UP_S)
    row = session.fresh()
    if row is not None and row.estimate.position[2] - leg.start[2] < _CLIMBED * (leg.end[2] - leg.start[2]):
        session.phase("take-off", "accepted, but the vehicle did not climb")
        session.give_up("did not leave the floor", Reaction.LAND)
        yield ()
        return
    yield from _arrived(session, "take-off", leg.end)


def go_to_start(session: Session, leg: Leg) -> Flown:
    """Over to the start."""
    yield from session.until(leg.begin_s)
    session.rig.phase("go-to-start")
    try:
        error = session.order(high_level.go_to(leg.end, leg.yaw, leg.duration_s))
    except LinkSilent as silence:
        session.phase("go-to-start", f"not answered: {silence.message}")
        session.give_up("the way to the start was not answered", Reaction.LAND)
        yield ()
        return
    if error:
        session.phase("go-to-start", f"refused: {high_level.words(error)}")
        session.give_up("the way to the start was refused", Reaction.LAND)
        yield ()
        return
    yield from session.until(leg.end_s)
    yield from _arrived(session, "go-to-start", leg.end)


def settle(session: Session, goal: Vec3) -> Flown:
    """Wait there for what is left of the way to die out, and see that it does."""
    session.rig.phase("settle")
    near: list[tuple[Vec3, Vec3]] = []
    for samples in session.until_task():
        late = (one.estimate for one in samples if one.t_s >= -SETTLED_S)
        near += [(estimate.position, estimate.velocity) for estimate in late if estimate]
        yield samples
    if not near:
        session.give_up("nothing was heard while it settled", Reaction.LAND)
        yield ()
        return
    away_m = math.dist(_mean([position for position, _ in near]), goal)
    speed_m_s = math.hypot(*_mean([velocity for _, velocity in near]))
    found = f"{100 * away_m:.1f} cm from the start, {speed_m_s:.2f} m/s"
    if away_m > SETTLED_M or speed_m_s > SETTLED_M_S:
        session.phase("settle", f"not settled: {found}")
        session.give_up(
            f"did not settle within {SETTLE_S:g} s: {found}; allowed {100 * SETTLED_M:g} cm, {SETTLED_M_S:g} m/s",
            Reaction.LAND,
        )
        yield ()
        return
    session.phase("settle", found)


def _arrived(session: Session, phase: str, goal: Vec3) -> Flown:
    row = session.fresh()
    if row is None:
        return  # silent: the alarm says so
    away_m = math.dist(row.estimate.position, goal)
    session.phase(phase, f"{100 * away_m:.0f} cm from its end")
    if away_m > ARRIVED_M:
        session.give_up(f"{phase} ended {away_m:.2f} m from where it should, allowed {ARRIVED_M:g} m", Reaction.LAND)
        yield ()


def _flies(session: Session) -> bool:
    newest = session.telemetry.newest
    return newest is not None and Info.FLYING in Info(newest.supervisor)


def _mean(points: list[Vec3]) -> Vec3:
    x, y, z = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    return (x, y, z)
