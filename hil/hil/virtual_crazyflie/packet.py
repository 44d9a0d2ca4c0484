"""One CRTP packet, and the datagram that carries it over UDP.

Byte 0 of a datagram is port << 4 | link << 2 | channel, then come 0 to 30 bytes of data, and no checksum. The two link
bits are the transport's own: a radio counts in them, cflib sets both over UDP. A lone 0xFF is the null packet.
Source: Bitcraze, docs/functional-areas/crtp, protocol 12.
"""

from typing import NamedTuple

DATA_MAX = 30
NULL = b"\xff"


class Packet(NamedTuple):
    """What a port is told, or tells, on one of its four channels."""

    port: int  # 0..15
    channel: int  # 0..3
    data: bytes = b""


def decode(datagram: bytes) -> Packet | None:
    """The packet in a datagram; None for a null packet, and for what is none."""
    if datagram == NULL or not 1 <= len(datagram) <= 1 + DATA_MAX:
        return None
    header = datagram[0]
    return Packet(header >> 4, header & 0b11, datagram[1:])


def encode(packet: Packet) -> bytes:
    """The datagram of a packet, link bits 0. Raises ValueError for one that does not fit."""
    if not (0 <= packet.port <= 15 and 0 <= packet.channel <= 3 and len(packet.data) <= DATA_MAX):
        raise ValueError(f"not a CRTP packet: {packet}")
    return bytes((packet.port << 4 | packet.channel,)) + packet.data
