"""Port 8: the high-level commander. It plans paths on board and gives a set-point every 10 ms.

Every request is answered by its first three bytes and an errno. While the supervisor does not let it fly it refuses new
paths with EBUSY and stops what it flew. Layouts: Bitcraze, docs, functional-areas/crtp/crtp_hlc; errnos as recorded.
Requests whose length is not their layout's are refused as not understood, where the firmware reads on in its buffer.
"""

import math
import struct
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

from hil.core.frames import euler_zyx
from hil.core.types import ZERO3, Setpoint, State
from hil.references.polynomial import TERMS, Piece
from hil.virtual_crazyflie.packet import Packet
from hil.virtual_crazyflie.paths import Spiral, uploaded
from hil.virtual_crazyflie.planner import Planner, PlannerState, Refusal
from hil.virtual_crazyflie.wanted import NULL, Mode, Wanted

PORT = 8
PERIOD_MS = 10
OK, REFUSED, ENOENT, ENOEXEC, EBUSY = 0, 1, 2, 8, 16
GROUP_MASK = "hlCommander.groupmask"
_TRAJECTORIES = 10  # places for definitions
_IN_MEMORY, _POLY4D = 1, 0
_PIECE = struct.Struct(f"<{4 * TERMS + 1}f")  # x, y, z, yaw, then the duration: 132 bytes
_Definition = tuple[int, int]  # byte offset, pieces


class HighLevel:
    """The commander with its planner; `memory` is what clients upload paths to."""

    ports = (PORT,)

    def __init__(self, now_ms: Callable[[], int], parameters: MutableMapping[str, float], memory: bytearray) -> None:
        self.planner = Planner()
        self._now_ms, self._parameters, self._memory = now_ms, parameters, memory
        self._blocked = False
        self._last = Setpoint(ZERO3)  # what it aimed at, or where the vehicle was while it was idle
        self._defined: dict[int, _Definition] = {}
        self._commands: dict[int, tuple[struct.Struct, Callable[..., int]]] = {
            0: (struct.Struct("<B"), self._set_group_mask),
            3: (struct.Struct("<B"), self._stop),
            4: (struct.Struct("<BBfffff"), self._go_to_before),
            5: (struct.Struct("<BBBBf"), self._start_before),
            6: (struct.Struct("<BBBIB"), self._define),
            7: (struct.Struct("<Bff?f"), self._take_off),
            8: (struct.Struct("<Bff?f"), self._land),
            11: (struct.Struct("<B??fffff"), self._spiral),
            12: (struct.Struct("<BBBfffff"), self._go_to),
            13: (struct.Struct("<BBBBBf"), self._start),
        }

    @property
    def is_active(self) -> bool:
        """Whether it is flying a path, or staying at the end of one."""
        return self.planner.state is not PlannerState.IDLE

    @property
    def is_finished(self) -> bool:
        """Whether the last path is over."""
        return self.planner.is_finished(self._now_s)

    def block(self, blocked: bool) -> None:
        """Refuse new paths; one that is flown ends."""
        if blocked and not self._blocked:
            self.planner.stop()
        self._blocked = blocked

    def tell(self, state: State) -> None:
        """Where the vehicle is, as the place to plan from."""
        yaw = euler_zyx(state.attitude)[2]
        self._last = Setpoint(state.position, state.velocity, ZERO3, yaw)

    def wanted(self, state: State) -> Wanted:
        """Set-point now; null when idle: it wants the motors off. Ask every 10 ms."""
        goal = self.planner.goal(self._now_s)
        if goal is None:
            self.tell(state)
            return NULL
        self._last = goal
        return Wanted(
            x=Mode.ABSOLUTE, y=Mode.ABSOLUTE, z=Mode.ABSOLUTE, yaw=Mode.ABSOLUTE,
            position=goal.position, velocity=goal.velocity or ZERO3, acceleration=goal.acceleration or ZERO3,
            feeds_forward=True, attitude=(0.0, 0.0, goal.yaw), rates=(0.0, 0.0, goal.yaw_rate),
        )  # fmt: skip

    def handle(self, packet: Packet) -> Iterable[Packet]:
        """The request's first three bytes and an errno."""
        if packet.channel != 0 or not packet.data:
            return ()
        errno = self._answer(packet.data)
        return (Packet(PORT, 0, packet.data[:3].ljust(3, b"\0") + bytes((errno,))),)

    def _answer(self, data: bytes) -> int:
        layout, command = self._commands.get(data[0], (None, None))
        if layout is None or command is None or len(data) != 1 + layout.size:
            return ENOEXEC
        numbers = layout.unpack(data[1:])
        if not all(map(math.isfinite, numbers)):
            return ENOEXEC
        return command(*numbers)

    @property
    def _now_s(self) -> float:
        return self._now_ms() / 1000.0

    def _plan(self, group: int, plan: Callable[..., None], *arguments: Any) -> int:
        if self._blocked:
            return EBUSY
        if group and not group & int(self._parameters.get(GROUP_MASK, 0)):
            return OK
        try:
            plan(*arguments, self._now_s)
        except Refusal:
            return REFUSED
        return OK

    def _set_group_mask(self, mask: int) -> int:
        self._parameters[GROUP_MASK] = mask
        return OK

    def _stop(self, group: int) -> int:
        if not group or group & int(self._parameters.get(GROUP_MASK, 0)):
            self.planner.stop()
        return OK

    def _take_off(self, group: int, height_m: float, yaw: float, same_yaw: bool, duration_s: float) -> int:
        yaw = self._last.yaw if same_yaw else yaw
        return self._plan(group, self.planner.take_off, self._last, height_m, yaw, duration_s)

    def _land(self, group: int, height_m: float, yaw: float, same_yaw: bool, duration_s: float) -> int:
        yaw = self._last.yaw if same_yaw else yaw
        return self._plan(group, self.planner.land, self._last, height_m, yaw, duration_s)

    def _go_to_before(
        self, group: int, relative: int, x: float, y: float, z: float, yaw: float, duration_s: float
    ) -> int:
        return self._go_to(group, relative, 0, x, y, z, yaw, duration_s)

    def _go_to(
        self, group: int, relative: int, linear: int, x: float, y: float, z: float, yaw: float, duration_s: float
    ) -> int:
        start = self._last
        if relative:
            (px, py, pz), yaw = start.position, yaw + start.yaw
            x, y, z = x + px, y + py, z + pz
        return self._plan(group, self.planner.go_to, start, (x, y, z), yaw, duration_s, bool(linear))

    def _spiral(
        self, group: int, sideways: bool, clockwise: bool, angle: float, radius_from_m: float, radius_to_m: float,
        climb_m: float, duration_s: float,
    ) -> int:  # fmt: skip
        arc = Spiral(
            self._last, angle=max(-math.tau, min(math.tau, angle)), radius_from_m=max(0.0, radius_from_m),
            radius_to_m=max(0.0, radius_to_m), climb_m=climb_m, duration_s=duration_s,
            sideways=sideways, clockwise=clockwise,
        )  # fmt: skip
        return self._plan(group, self.planner.follow, arc)

    def _define(self, number: int, location: int, kind: int, offset: int, pieces: int) -> int:
        fits = offset + pieces * _PIECE.size <= len(self._memory)
        if number >= _TRAJECTORIES or location != _IN_MEMORY or kind != _POLY4D or not fits:
            return ENOEXEC
        self._defined[number] = (offset, pieces)
        return OK

    def _start_before(self, group: int, relative: int, backwards: int, number: int, time_scale: float) -> int:
        return self._start(group, relative, 0, backwards, number, time_scale)

    def _start(self, group: int, relative: int, turns: int, backwards: int, number: int, time_scale: float) -> int:
        if self._blocked:
            return EBUSY
        if number >= _TRAJECTORIES or time_scale <= 0.0:
            return ENOEXEC
        if number not in self._defined:
            return ENOENT
        pieces = self._pieces(*self._defined[number])
        if pieces is None:
            return ENOEXEC
        path = uploaded(
            pieces, time_scale=time_scale, backwards=bool(backwards),
            begin=self._last.position if relative else None, yaw=self._last.yaw if turns else None,
        )  # fmt: skip
        return self._plan(group, self.planner.follow, path)

    def _pieces(self, offset: int, count: int) -> list[Piece] | None:
        pieces = []
        for begin in range(offset, offset + count * _PIECE.size, _PIECE.size):
            numbers = _PIECE.unpack_from(self._memory, begin)
            if not all(map(math.isfinite, numbers)):
                return None
            axes = tuple(numbers[TERMS * k : TERMS * (k + 1)] for k in range(4))
            pieces.append(Piece(max(0.0, numbers[-1]), axes))
        return pieces or None
