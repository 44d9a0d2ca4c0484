"""Port 5: log blocks made, started and sent.

Sources: Bitcraze, crtp_log.md; behaviour of firmware 2026.08 where the page is silent:

- A variable may be fetched as another type than it is stored in; integers then wrap, floats lose their fraction.
- A command that fails half-way leaves what it did: a block with an unknown variable exists, with those before it.
- Variables count until their block is deleted, stopped or not.
- Blocks that expire in the same millisecond queue for one worker. Six get through, those that were queued first; the
  others deliver nothing and nobody is told.

Logging by address, which reads any byte of a real one's memory, is answered like an unknown variable.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from hil.virtual_crazyflie.number import LOGGED, Number
from hil.virtual_crazyflie.packet import Packet
from hil.virtual_crazyflie.variables import Table

PORT = 5
CONTENTS, CONTROL, DATA = range(3)  # channels
OK, ENOENT, E2BIG, ENOEXEC, ENOMEM, EEXIST = 0, 2, 7, 8, 12, 17
BYTES_MAX, BLOCKS_MAX, VARIABLES_MAX = 26, 16, 128
AT_ONCE_MAX = 6  # one at the worker, five in its queue

_GET_ITEM, _GET_INFO = 2, 3
_RESET = 5
_NEVER_MS = math.inf
_INT = Number("i")
_STAMP_MASK = 0xFF_FFFF


class _Column(NamedTuple):
    name: str
    stored: Number
    sent: Number


@dataclass(slots=True, eq=False)
class _Block:
    ident: int
    columns: list[_Column] = field(default_factory=list)
    starts: int = 0  # a timer of an earlier start is dead

    @property
    def size(self) -> int:
        return sum(column.sent.size for column in self.columns)


class _Timer(NamedTuple):
    due_ms: int
    queued: int  # the order of blocks that expire together
    start: int
    period_ms: int  # 0: it expires once
    block: _Block


class LogBlocks:
    """The log service.

    `live` gives a variable's value now, by full name; others are constantly 0. `now_ms` is the firmware's clock, in ms
    since boot. While `overrun`, the worker's queue is full and no block delivers.
    """

    def __init__(self, table: Table, live: Mapping[str, Callable[[], float]], now_ms: Callable[[], int]) -> None:
        self.ports = (PORT,)
        self.overrun = False
        self.next_due_ms: float = _NEVER_MS
        self._table, self._live, self._now_ms = table, live, now_ms
        self._blocks: dict[int, _Block] = {}
        self._timers: list[_Timer] = []  # a heap
        self._queued = 0
        self._commands: dict[int, Callable[[bytes], int]] = {
            2: self._delete,
            3: lambda data: self._start(data[1], 10 * data[2]),
            4: self._stop,
            _RESET: self._reset,
            6: self._create,
            7: self._append,
            8: lambda data: self._start(data[1], int.from_bytes(data[2:4], "little")),
        }

    def handle(self, packet: Packet) -> Iterable[Packet]:
        """The reply, none or one. A command that is too short is read as if zeros followed."""
        data = packet.data
        if packet.channel == CONTENTS and data[:1] == bytes((_GET_INFO,)):
            answer = data[:1] + self._table.info() + bytes((BLOCKS_MAX, VARIABLES_MAX))
        elif packet.channel == CONTENTS and data[:1] == bytes((_GET_ITEM,)):
            answer = data[:1] + self._table.item(data[1:])
        elif packet.channel == CONTROL and data:
            whole = data.ljust(4, b"\0") if len(data) < 4 and data[0] not in (6, 7) else data.ljust(2, b"\0")
            command = self._commands.get(data[0])
            answer = whole[:2] + bytes((ENOEXEC if command is None else command(whole),))
        else:
            return ()
        return (Packet(PORT, packet.channel, answer),)

    def due(self) -> list[Packet]:
        """Data of the blocks that expire by now, first queued first. To be asked every millisecond."""
        now_ms, expired = self._now_ms(), []
        while self._timers and self._timers[0].due_ms <= now_ms:
            timer = heapq.heappop(self._timers)
            if self._alive(timer):
                expired.append(timer.block)
                if timer.period_ms:
                    self._queue(timer.block, timer.due_ms + timer.period_ms, timer.period_ms)
        self._look_ahead()
        return [] if self.overrun else [self._data(block, now_ms) for block in expired[:AT_ONCE_MAX]]

    def _alive(self, timer: _Timer) -> bool:
        there = self._blocks.get(timer.block.ident) is timer.block
        return there and (timer.period_ms == 0 or timer.start == timer.block.starts)

    def _data(self, block: _Block, now_ms: int) -> Packet:
        stamp = (now_ms & _STAMP_MASK).to_bytes(3, "little")
        return Packet(PORT, DATA, bytes((block.ident,)) + stamp + b"".join(map(self._value, block.columns)))

    def _value(self, column: _Column) -> bytes:
        live = self._live.get(column.name)
        value = column.stored.held(live() if live is not None else 0)
        return column.sent.pack(_INT.held(value) if column.stored.is_float and not column.sent.is_float else value)

    def _create(self, data: bytes) -> int:
        if data[1] in self._blocks:
            return EEXIST
        if len(self._blocks) == BLOCKS_MAX:
            return ENOMEM
        self._blocks[data[1]] = _Block(data[1])
        return self._append(data)

    def _append(self, data: bytes) -> int:
        block = self._blocks.get(data[1])
        if block is None:
            return ENOENT
        for at in range(2, len(data) - 2, 3):
            error = self._add(block, data[at] & 0xF, int.from_bytes(data[at + 1 : at + 3], "little"))
            if error != OK:
                return error
        return OK

    def _add(self, block: _Block, kind: int, ident: int) -> int:
        sent, variable = LOGGED.get(kind), self._table.get(ident)
        if sent is None:
            return ENOEXEC
        if block.size + sent.size > BYTES_MAX:
            return E2BIG
        if sum(len(other.columns) for other in self._blocks.values()) == VARIABLES_MAX:
            return ENOMEM
        if variable is None:
            return ENOENT
        block.columns.append(_Column(variable.name, variable.number, sent))
        return OK

    def _start(self, ident: int, period_ms: int) -> int:
        """Send a block every `period_ms` from now on; 0 sends it once, at once, beside what runs already."""
        block = self._blocks.get(ident)
        if block is None:
            return ENOENT
        if period_ms:
            block.starts += 1
        self._queue(block, self._now_ms() + period_ms, period_ms)
        self._look_ahead()
        return OK

    def _stop(self, data: bytes) -> int:
        block = self._blocks.get(data[1])
        if block is None:
            return ENOENT
        block.starts += 1
        return OK

    def _delete(self, data: bytes) -> int:
        return ENOENT if self._blocks.pop(data[1], None) is None else OK

    def _reset(self, data: bytes) -> int:
        self._blocks.clear()
        self._timers.clear()
        self._look_ahead()
        return OK

    def _queue(self, block: _Block, due_ms: int, period_ms: int) -> None:
        self._queued += 1
        heapq.heappush(self._timers, _Timer(due_ms, self._queued, block.starts, period_ms, block))

    def _look_ahead(self) -> None:
        self.next_due_ms = self._timers[0][0] if self._timers else _NEVER_MS
