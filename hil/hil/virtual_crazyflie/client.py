"""Asks a virtual Crazyflie over its control socket: to let time pass, what is true, and to break."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hil.control_socket import Connection
from hil.core.errors import TargetUnavailable
from hil.core.types import State, Vec3, Vec4
from hil.virtual_crazyflie.body import Truth
from hil.virtual_crazyflie.server import control_path

ANSWER_S = 10.0  # everything but time is answered at once; a busy machine may take a while
WALL_S_PER_S = 20.0  # of wall time, at most, for a second of lock-step


class VirtualState(NamedTuple):
    """A virtual vehicle as it is now."""

    now_ms: int
    position_m: Vec3  # world
    velocity_m_s: Vec3  # world
    quat_xyzw: Vec4  # body to world
    rates_rad_s: Vec3  # body
    motors: Vec4  # what they are given, fraction 0..1
    motors_off: bool
    on_ground: bool
    supervisor: int  # the firmware's info word
    battery_v: float
    booted: int  # how often its firmware started
    lock_step: bool  # its time stands still until it is told to advance


class History(NamedTuple):
    """What happened to it until now, ms."""

    phases: Mapping[str, int]  # when each phase of a flight that was announced began last
    faults: Sequence[tuple[str, int]]  # kind of each fault that set in, and when
    motors_off_ms: int | None  # since when its motors are off; None while they turn, 0 if they never did
    on_ground_ms: int | None  # since when it touches the floor; None in the air


class VirtualClient:
    """One connection to the virtual vehicle at a UDP port of this machine.

    Every method raises TargetUnavailable where no virtual vehicle answers, BadInput for what it cannot do.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = Connection(control_path(port))
        self._now_ms = 0  # when it was last heard of

    def open(self) -> None:
        """Connect."""
        try:
            self._connection.open(ANSWER_S)
        except TargetUnavailable as nobody:
            raise TargetUnavailable(
                f"no virtual Crazyflie at port {self.port} of this machine",
                hint="hil virtual starts one; --port tells which",
            ) from nobody

    def close(self) -> None:
        """Hang up; the vehicle goes on. Doing it twice does no harm."""
        self._connection.close()

    def advance(self, to_ms: int) -> int:
        """Let its time pass (lock-step only); the time then, in ms.

        What it sent meanwhile is in its clients' sockets, whose queues hold some 200 packets: advance by no more than
        20 ms before reading them.
        """
        wait_s = ANSWER_S + WALL_S_PER_S * max(0, to_ms - self._now_ms) / 1000.0
        self._now_ms = int(self._connection.ask({"do": "advance", "to_ms": to_ms}, wait_s)["now_ms"])
        return self._now_ms

    def state(self) -> VirtualState:
        """How it is now."""
        found = self._ask("state")
        values = (found[name] for name in VirtualState._fields)
        state = VirtualState._make(tuple(value) if isinstance(value, list) else value for value in values)
        self._now_ms = state.now_ms
        return state

    def history(self) -> History:
        """When phases and faults began, motors went off and it came down."""
        found = self._ask("history")
        faults = tuple((kind, ms) for kind, ms in found["faults"])
        return History(found["phases"], faults, found["motors_off_ms"], found["on_ground_ms"])

    def truth(self, at_ms: Sequence[int]) -> list[Truth | None]:
        """What was true at these instants of the last 2 s; None where that is forgotten or yet to come."""
        return [row and _truth(row) for row in self._ask("truth", at_ms=list(at_ms))["rows"]]

    def conditions(self, *, task_in_ms: int, seed: int, scenario: Mapping[str, Any], goes_on: bool = False) -> None:
        """What a scenario's `disturbances`, `faults` and `randomise`, as in its YAML, do to the flight now to begin.

        `goes_on`: more of the scenario told before, whose faults stay.
        """
        self._ask("conditions", task_in_ms=task_in_ms, seed=seed, scenario=dict(scenario), goes_on=goes_on)

    def phase(self, name: str) -> list[tuple[str, float]]:
        """A phase of the flight begins; the (kind, at_s) of faults that will set in because of it."""
        return [(fault["kind"], fault["at_s"]) for fault in self._ask("phase", name=name)["faults"]]

    def fault(self, fault: Mapping[str, Any]) -> None:
        """One fault as in a scenario; `at_s` counts from now."""
        self._ask("fault", **fault)

    def quit(self) -> None:
        """End its process."""
        self._ask("quit")

    def _ask(self, do: str, **words: Any) -> dict[str, Any]:
        return self._connection.ask({"do": do, **words}, ANSWER_S)


def _truth(row: Sequence[float]) -> Truth:
    ms, px, py, pz, vx, vy, vz, qx, qy, qz, qw, wx, wy, wz, m1, m2, m3, m4, battery_v = row
    state = State((px, py, pz), (vx, vy, vz), (qx, qy, qz, qw), (wx, wy, wz))
    return Truth(int(ms), state, (m1, m2, m3, m4), battery_v)
