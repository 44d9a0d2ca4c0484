"""From wherever the vehicle is to the floor: hold, land, motors off, disarm. It is tried whatever the link is like."""

from collections.abc import Iterator, Sequence

from hil.core.breach import Reaction
from hil.core.types import Sample, Vec3
from hil.core.vehicle_status import Info
from hil.targets.crazyflie import high_level, supervision
from hil.targets.crazyflie.approach_plan import DESCENT_M_S, LEAST_S
from hil.targets.crazyflie.hand_over import hand_over, is_active
from hil.targets.crazyflie.legs import Leg, leg_s
from hil.targets.crazyflie.link import LinkSilent
from hil.targets.crazyflie.session import Session

HOLD_S = 1.0
DOWN_S = 4.0  # after the landing's end: firmware looks at low thrust for 2 s before it counts as landed
_LOW_M = 0.15  # below this a commander that is not active has landed
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
    """Told to disarm, where it does not do so by itself. One that is not flying then need not be stopped.

    Stopping would lock it.
    """
    newest = session.telemetry.newest
    if newest is not None and Info.AUTO_ARM in Info(newest.supervisor):
        session.phase("disarm", "the vehicle disarms itself")
        row = session.fresh()
        if row is not None:
            session.turning = session.turning and Info.FLYING in Info(row.supervisor)
        return
    try:
        agreed = supervision.disarm(session.link)
        session.phase("disarm", "disarmed" if agreed else "the vehicle refused to disarm")
        session.turning = session.turning and not agreed
    except LinkSilent as silence:
        session.phase("disarm", f"not answered: {silence.message}")


def stand_down(session: Session) -> None:
    """After a refusal."""
    if session.turning:
        disarm(session)


def _hold(session: Session) -> Flown:
    row = session.fresh()
    if row is None:
        return  # where it is is not known: down
    here, yaw = row.estimate.position, _yaw(session)
    begin_s = session.now_s
    error = yield from hand_over(session, high_level.go_to(here, yaw, HOLD_S))
    if error == high_level.OK and session.path is not None:
        session.path.fly(Leg(begin_s, HOLD_S, here, here, yaw))
        yield from session.until(begin_s + HOLD_S)


def _land(session: Session, floor_m: float) -> Flown:
    session.enter("land")
    row = session.telemetry.newest
    here: Vec3 = row.estimate.position if row else (0.0, 0.0, _UNKNOWN_HEIGHT_M)
    down_s = leg_s(max(here[2] - floor_m, 0.0), DESCENT_M_S, LEAST_S)
    begin_s = session.now_s
    end_s = begin_s + down_s
    assert session.path is not None
    session.path.fly(Leg(begin_s, down_s, here, (here[0], here[1], floor_m), _yaw(session)))
    yield from _told_to_land(session, floor_m, down_s)
    while not session.is_past(end_s):
        yield from session.until(min(end_s, session.now_s + 0.05))
        if _was_called_back(session, floor_m):
            session.tell("warning", "a set-point that came late ended the landing: told to land again")
            yield from _told_to_land(session, floor_m, down_s)
    while not _is_down(session) and session.now_s < end_s + DOWN_S:
        yield from session.until(session.now_s + 0.05)
    if not _is_down(session) and not _says_so(session):
        session.phase("land", f"not seen on the floor within {down_s + DOWN_S:.1f} s")
        return
    session.airborne = session.turning = False
    session.phase("land", f"on the floor, motors off after {session.now_s - begin_s:.1f} s")


def _told_to_land(session: Session, floor_m: float, down_s: float) -> Flown:
    error = yield from hand_over(session, high_level.land(floor_m, down_s))
    if error is None:
        session.phase("land", "not answered")
    elif error not in (high_level.OK, high_level.REFUSED_BY_PLANNER):  # its planner refuses to land while it lands
        session.phase("land", f"not accepted: {high_level.words(error)}")


def _was_called_back(session: Session, floor_m: float) -> bool:
    """Whether a vehicle in the air, and still allowed to fly, is not on its way down."""
    row = session.fresh()
    if row is None or is_active(session) or row.estimate.position[2] - floor_m < _LOW_M:
        return False
    return Info.FLYING in Info(row.supervisor) and Info.CAN_FLY in Info(row.supervisor)


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
