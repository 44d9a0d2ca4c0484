"""From wherever the vehicle is to the floor: hold, land, motors off, disarm. It is tried whatever the link is like."""

from collections.abc import Iterator, Sequence

from hil.core.breach import Reaction
from hil.core.types import Sample, Vec3
from hil.core.vehicle_status import Info
from hil.targets.crazyflie import high_level, setpoint_packets, supervision
from hil.targets.crazyflie.approach_plan import DESCENT_M_S, LEAST_S
from hil.targets.crazyflie.legs import Leg, leg_s
from hil.targets.crazyflie.link import LinkSilent
from hil.targets.crazyflie.session import Session

HOLD_S = 1.0
DOWN_S = 4.0  # after the landing's end: firmware looks at low thrust for 2 s before it counts as landed
_TRIES = 3
_HAND_OVERS = 3  # of a link that loses one packet in five, 99 % get one through
_LATE_MAX_S = 0.3  # that is waited for set-points under way: one after the hand-over undoes it
_ASKED_S = 0.3  # for the supervisor's word, where no rows come
_UNKNOWN_HEIGHT_M = 1.0  # of a vehicle that is not heard any more

Flown = Iterator[Sequence[Sample]]


def descend(session: Session, reaction: Reaction, *, floor_m: float) -> Flown:
    """Down to the height that it took off from."""
    if session.fresh() is None:
        word = supervision.word(session.link, _ASKED_S)
        if word is not None and Info.FLYING not in word:
            session.give_up("no rows come, and the vehicle says that it does not fly: it restarted", Reaction.STOP)
            yield ()
            return
    yield from session.until(session.now_s + min(session.quality.late_s, _LATE_MAX_S))
    if reaction is Reaction.HOLD:
        yield from _hold(session)
    yield from _land(session, floor_m)
    yield session.last_samples()


def disarm(session: Session) -> None:
    """Told to disarm, where it does not do so by itself."""
    newest = session.telemetry.newest
    if newest is not None and Info.AUTO_ARM in Info(newest.supervisor):
        session.phase("disarm", "the vehicle disarms itself")
        return
    try:
        agreed = supervision.disarm(session.link)
        session.phase("disarm", "disarmed" if agreed else "the vehicle refused to disarm")
        session.turning = session.turning and not agreed
    except LinkSilent as silence:
        session.phase("disarm", f"not answered: {silence.message}")


def stand_down(session: Session) -> None:
    """After a refusal: disarmed, and seen not to fly, so that it need not be stopped, which would lock it."""
    if not session.turning:
        return
    disarm(session)
    row = session.fresh()
    if row is not None and Info.AUTO_ARM in Info(row.supervisor):
        session.turning = Info.FLYING in Info(row.supervisor)


def _hold(session: Session) -> Flown:
    row = session.fresh()
    if row is None:
        return  # where it is is not known: down
    here, yaw = row.estimate.position, _yaw(session)
    begin_s = session.now_s
    _hand_over(session)
    try:
        error = session.order(high_level.go_to(here, yaw, HOLD_S))
    except LinkSilent:
        return
    if error == 0 and session.path is not None:
        session.path.fly(Leg(begin_s, HOLD_S, here, here, yaw))
        yield from session.until(begin_s + HOLD_S)


def _land(session: Session, floor_m: float) -> Flown:
    session.rig.phase("land")
    row = session.telemetry.newest
    here: Vec3 = row.estimate.position if row else (0.0, 0.0, _UNKNOWN_HEIGHT_M)
    down_s = leg_s(max(here[2] - floor_m, 0.0), DESCENT_M_S, LEAST_S)
    begin_s = session.now_s
    assert session.path is not None
    session.path.fly(Leg(begin_s, down_s, here, (here[0], here[1], floor_m), _yaw(session)))
    yield from _told_to_land(session, floor_m, down_s)
    end_s = begin_s + down_s
    yield from session.until(end_s)
    while not _is_down(session) and session.now_s < end_s + DOWN_S:
        yield from session.until(session.now_s + 0.05)
    if not _is_down(session) and not _says_so(session):
        session.phase("land", f"not seen on the floor within {down_s + DOWN_S:.1f} s")
        return
    session.airborne = session.turning = False
    session.phase("land", f"on the floor, motors off after {session.now_s - begin_s:.1f} s")


def _told_to_land(session: Session, floor_m: float, down_s: float) -> Flown:
    problem = ""
    for _ in range(_TRIES):
        _hand_over(session)
        try:
            error = session.order(high_level.land(floor_m, down_s))
        except LinkSilent as silence:
            problem = silence.message
            yield session.samples()
            continue
        # its planner refuses a landing while it lands: the answer to the first request was lost
        problem = "" if error in (high_level.OK, high_level.REFUSED_BY_PLANNER) else high_level.words(error)
        break
    if problem:
        session.phase("land", f"not accepted: {problem}")


def _hand_over(session: Session) -> None:
    """Set-points that were streamed outrank the high-level commander until this arrives."""
    for _ in range(_HAND_OVERS):
        session.link.send(setpoint_packets.PORT, setpoint_packets.META_CHANNEL, setpoint_packets.NOTIFY_STOP)


def _says_so(session: Session) -> bool:
    """Whether a vehicle that sends no rows says, when asked, that it does not fly."""
    word = supervision.word(session.link, _ASKED_S) if session.fresh() is None else None
    return word is not None and Info.FLYING not in word


def _is_down(session: Session) -> bool:
    row = session.fresh()
    return row is not None and Info.FLYING not in Info(row.supervisor)


def _yaw(session: Session) -> float:
    """The yaw wanted now, so that it need not turn."""
    assert session.path is not None
    assert session.task is not None
    t_s = session.now_s
    return session.path.at(min(session.next_tick - 1, session.task.tick_at(t_s)), t_s).yaw
