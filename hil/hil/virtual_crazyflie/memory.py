"""Port 4: memories read and written in pieces.

Source: Bitcraze, crtp_mem.md. Which there are, and in which order, is what the real firmware 2026.08 without decks
told: the trajectory memory and the memory tester; then that of an app, where there is one.
"""

from collections.abc import Iterable, MutableMapping, Sequence
from typing import Protocol

from hil.virtual_crazyflie.packet import DATA_MAX, Packet

PORT = 4
INFO, READ, WRITE = range(3)  # channels
OK, EIO = 0, 5
TRAJECTORY, TESTER, APP = 0x12, 0x15, 0x18  # types

_GET_NUMBER, _GET_INFO = 1, 2
_ADDRESS = 8  # bytes of the address that one-wire memories have, and others leave 0
_RESET = "memTst.resetW"
_HEAD = 6  # id, address, status


class Memory(Protocol):
    """One memory, from address 0 to `size`."""

    @property
    def kind(self) -> int:
        """Its type."""
        ...

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    def read(self, start: int, length: int) -> bytes:
        """`length` bytes within its size."""
        ...

    def write(self, start: int, data: bytes) -> None:
        """Put bytes within its size."""
        ...


class Ram:
    """A memory that keeps what is written, in bytes that others may read."""

    def __init__(self, kind: int, data: bytearray) -> None:
        self.kind, self.size, self._data = kind, len(data), data

    def read(self, start: int, length: int) -> bytes:
        """What was written last."""
        return bytes(self._data[start : start + length])

    def write(self, start: int, data: bytes) -> None:
        """Keep it."""
        self._data[start : start + len(data)] = data


class PatternMemory:
    """The memory that tests a link: byte n reads as n modulo 256, and written bytes that are not are counted.

    The count starts again at the write after parameter `memTst.resetW` was set.
    """

    kind, size = TESTER, 4096

    def __init__(self, parameters: MutableMapping[str, float]) -> None:
        self.errors = 0
        self._parameters = parameters

    def read(self, start: int, length: int) -> bytes:
        """The pattern."""
        return bytes(at & 0xFF for at in range(start, start + length))

    def write(self, start: int, data: bytes) -> None:
        """Count the bytes that break the pattern."""
        if self._parameters[_RESET]:
            self._parameters[_RESET] = self.errors = 0
        self.errors += sum(byte != at & 0xFF for at, byte in enumerate(data, start))


class Memories:
    """The memory service. The number of a memory is its place in `memories`."""

    def __init__(self, memories: Sequence[Memory]) -> None:
        self.ports = (PORT,)
        self._memories = memories

    def handle(self, packet: Packet) -> Iterable[Packet]:
        """The reply, none or one; `data` that is too short has none."""
        ask = {INFO: self._info, READ: self._read, WRITE: self._write}.get(packet.channel)
        answer = ask(packet.data) if ask else None
        return () if answer is None else (Packet(PORT, packet.channel, answer),)

    def _info(self, data: bytes) -> bytes | None:
        if data[:1] == bytes((_GET_NUMBER,)):
            return bytes((_GET_NUMBER, len(self._memories)))
        if data[:1] != bytes((_GET_INFO,)) or len(data) < 2:
            return None
        memory = self._find(data[1])
        if memory is None:
            return data[:2]
        return data[:2] + bytes((memory.kind,)) + memory.size.to_bytes(4, "little") + bytes(_ADDRESS)

    def _read(self, data: bytes) -> bytes | None:
        if len(data) < 6:
            return None
        memory, start, length = self._find(data[0]), int.from_bytes(data[1:5], "little"), data[5]
        if memory is None or start + length > memory.size or _HEAD + length > DATA_MAX:
            return data[:5] + bytes((EIO,))
        return data[:5] + bytes((OK,)) + memory.read(start, length)

    def _write(self, data: bytes) -> bytes | None:
        if len(data) < 5:
            return None
        memory, start, written = self._find(data[0]), int.from_bytes(data[1:5], "little"), data[5:]
        if memory is None or start + len(written) > memory.size:
            return data[:5] + bytes((EIO,))
        memory.write(start, written)
        return data[:5] + bytes((OK,))

    def _find(self, number: int) -> Memory | None:
        return self._memories[number] if number < len(self._memories) else None
