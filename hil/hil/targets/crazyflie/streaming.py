"""How the task's set-points reach the vehicle: sent one by one, or as a trajectory that it flies from memory."""

from typing import Protocol

from hil.core.breach import Reaction
from hil.core.errors import Refused
from hil.core.types import Setpoint
from hil.targets.crazyflie import high_level, setpoint_packets, trajectory_memory
from hil.targets.crazyflie.link import Link
from hil.targets.crazyflie.onboard_slots import Onboard
from hil.targets.crazyflie.polynomials import Fit
from hil.targets.crazyflie.session import Session

_TRAJECTORY = 1
_AGAIN_S, _TRIES = 0.05, 4


class Setpoints(Protocol):
    """Prepared on the floor, given tick by tick in the air."""

    def prepare(self, link: Link) -> None:
        """What must be there before take-off. Raises TargetUnavailable, Refused."""
        ...

    def give(self, session: Session, setpoint: Setpoint, *, first: bool) -> None:
        """The set-point of this tick."""
        ...


class Streamed:
    """A packet for each tick; what is lost is not sent again, the next one is newer."""

    def __init__(self, onboard: Onboard) -> None:
        self._packet = {"position": setpoint_packets.position, "full-state": setpoint_packets.full_state}[
            onboard.setpoint
        ]

    def prepare(self, link: Link) -> None:
        """Nothing to prepare."""

    def give(self, session: Session, setpoint: Setpoint, *, first: bool) -> None:
        """Send it. One without a velocity is a position."""
        packet = self._packet if setpoint.velocity is not None else setpoint_packets.position
        session.link.send(setpoint_packets.PORT, setpoint_packets.CHANNEL, packet(setpoint))


class Uploaded:
    """The whole reference in trajectory memory, started at the first tick."""

    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        self._answers: list[int] = []
        self._tries = 0
        self._next_s = 0.0

    def prepare(self, link: Link) -> None:
        """Write it, read it back, and name it."""
        trajectory_memory.upload(link, self._fit.packed())
        request = high_level.define_trajectory(_TRAJECTORY, len(self._fit.durations_s))
        answer = link.ask(high_level.PORT, high_level.CHANNEL, request, answer=request[: high_level.ECHOED])
        if error := high_level.error_of(answer):
            raise Refused(f"the vehicle does not take the trajectory: {high_level.words(error)}")
        self._answers, self._tries = [], 0
        link.listen(high_level.PORT, high_level.CHANNEL, self._hear)

    def give(self, session: Session, setpoint: Setpoint, *, first: bool) -> None:
        """Start it at the first tick, and again where no answer came: it begins anew then, a moment late."""
        if first:
            self._next_s = session.now_s
        if not self._answers and session.now_s >= self._next_s:
            if self._tries == _TRIES:
                session.give_up("the trajectory's start was not answered", Reaction.LAND)
                return
            if self._tries:
                session.tell("warning", f"the trajectory was started again {session.now_s:.3f} s late")
            self._tries += 1
            self._next_s = session.now_s + _AGAIN_S
            session.link.send(high_level.PORT, high_level.CHANNEL, high_level.start_trajectory(_TRAJECTORY))
        if self._answers and (error := self._answers[0]):
            session.give_up(f"the trajectory was refused: {high_level.words(error)}", Reaction.LAND)

    def _hear(self, data: bytes) -> None:
        if data.startswith(high_level.start_trajectory(_TRAJECTORY)[: high_level.ECHOED]):
            self._answers.append(high_level.error_of(data))
