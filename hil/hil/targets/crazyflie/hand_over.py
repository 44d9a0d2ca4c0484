"""The high-level commander takes over from set-points that were streamed, and is seen to.

Streamed set-points outrank it until "notify stop" arrives, and idle it whenever one arrives late. Where it is idle and
"notify stop" arrives alone, it wants the motors off within 10 ms. So both go out together, the order first, again and
again until the vehicle answered and its supervisor says that the commander is active. Source: crazyflie-firmware,
src/modules/src/{commander,crtp_commander_high_level,supervisor}.c.
"""

from collections.abc import Generator, Sequence

from hil.core.types import Sample
from hil.core.vehicle_status import Info
from hil.targets.crazyflie import high_level, setpoint_packets
from hil.targets.crazyflie.session import Session

BURST = 3  # pairs at once: of a link that loses one packet in five, 99 % get both through
AGAIN_S = 0.1
WITHIN_S = 1.5  # 2 s after the last set-point the vehicle locks itself
_LOOK_S = 0.01


def hand_over(session: Session, request: bytes) -> Generator[Sequence[Sample], None, int | None]:
    """Samples, while the request is told until it is seen to be flown; the last answer to it, None where none came."""
    answers: list[int] = []

    def hear(found: bytes) -> None:
        if found.startswith(request[: high_level.ECHOED]):
            answers.append(high_level.error_of(found))

    session.link.listen(high_level.PORT, high_level.CHANNEL, hear)
    try:
        end_s = session.now_s + WITHIN_S
        while not session.is_past(end_s):
            _tell(session, request)
            again_s = min(session.now_s + AGAIN_S, end_s)
            while not session.is_past(again_s):
                yield from session.until(min(session.now_s + _LOOK_S, again_s))
                if answers and (answers[-1] == high_level.NOT_ALLOWED or is_active(session)):
                    return answers[-1]
            if answers and session.fresh() is None:
                return answers[-1]  # no rows come that could tell more
    finally:
        session.link.deafen(hear)
    return answers[-1] if answers else None


def is_active(session: Session) -> bool:
    """Whether the high-level commander flies the vehicle, by its newest row."""
    row = session.fresh()
    return row is not None and Info.HIGH_LEVEL_ACTIVE in Info(row.supervisor)


def _tell(session: Session, request: bytes) -> None:
    for _ in range(BURST):
        session.link.send(high_level.PORT, high_level.CHANNEL, request)
        session.link.send(setpoint_packets.PORT, setpoint_packets.META_CHANNEL, setpoint_packets.NOTIFY_STOP)
