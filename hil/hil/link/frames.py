"""Frames on the wire: bytes to frames and back, and nothing else; no port, no time.

    00 | COBS( type u8, status u8, sequence u16, body, CRC-32 u32 ) | 00

COBS (Cheshire and Baker 1999, doi 10.1109/90.769765) takes the zeros out, so that a zero byte ends a frame and nothing
else. One comes before a frame too: whatever half a frame lies in the line is then a frame of its own, and is dropped.
Frames are so short that COBS's longest block cannot occur, and every payload has one encoding. CRC-32 is zlib's, over
all before it.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import NamedTuple

from hil.link.messages import BODY_MAX

HEADER = struct.Struct("<BBH")
CHECKSUM = struct.Struct("<I")
PAYLOAD_MIN = HEADER.size + CHECKSUM.size
PAYLOAD_MAX = PAYLOAD_MIN + BODY_MAX
ENCODED_MAX = PAYLOAD_MAX + 1
assert ENCODED_MAX < 0xFF, "a block of 254 bytes would need COBS's special case"


class Frame(NamedTuple):
    """One message as it crosses. `crc32` is its checksum, by which a repeat is told from a new message."""

    type: int
    status: int
    sequence: int
    body: bytes
    crc32: int


@dataclass(slots=True)
class Dropped:
    """Frames that were none, by reason."""

    long: int = 0
    cobs: int = 0
    short: int = 0
    crc: int = 0


def encode(type_: int, status: int, sequence: int, body: bytes) -> bytes:
    """The bytes of a frame, both zeros included. Raises ValueError for a body that is too long."""
    if len(body) > BODY_MAX:
        raise ValueError(f"a body of {len(body)} bytes; {BODY_MAX} is the most")
    payload = HEADER.pack(type_, status, sequence) + body
    return b"\0" + stuff(payload + CHECKSUM.pack(zlib.crc32(payload))) + b"\0"


def stuff(payload: bytes) -> bytes:
    """COBS of at most PAYLOAD_MAX bytes: each zero, and the start, replaced by the distance to the next."""
    return b"".join(bytes((len(run) + 1,)) + run for run in payload.split(b"\0"))


def unstuff(encoded: bytes) -> bytes | None:
    """What COBS made those bytes of; None where a distance points past their end."""
    runs, at, end = [], 0, len(encoded)
    while at < end:
        following = at + encoded[at]
        if following > end:
            return None
        runs.append(encoded[at + 1 : following])
        at = following
    return b"\0".join(runs)


class FrameReader:
    """Frames out of bytes, however they are cut; what is none is counted and dropped."""

    def __init__(self) -> None:
        self.dropped = Dropped()
        self._rest = b""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        *encoded, rest = (self._rest + data).split(b"\0")
        self._rest = rest[: ENCODED_MAX + 1]  # one more than a frame can have: long, however much of it comes
        return [frame for each in encoded if each and (frame := self._frame(each)) is not None]

    def _frame(self, encoded: bytes) -> Frame | None:
        if len(encoded) > ENCODED_MAX:
            self.dropped.long += 1
            return None
        payload = unstuff(encoded)
        if payload is None:
            self.dropped.cobs += 1
            return None
        if len(payload) < PAYLOAD_MIN:
            self.dropped.short += 1
            return None
        (crc,) = CHECKSUM.unpack_from(payload, len(payload) - CHECKSUM.size)
        if zlib.crc32(payload[: -CHECKSUM.size]) != crc:
            self.dropped.crc += 1
            return None
        type_, status, sequence = HEADER.unpack_from(payload)
        return Frame(type_, status, sequence, payload[HEADER.size : -CHECKSUM.size], crc)
