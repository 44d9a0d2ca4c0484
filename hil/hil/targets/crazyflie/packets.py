"""A CRTP packet as cflib takes it."""

from typing import Any


def packet(port: int, channel: int, data: bytes) -> Any:
    """Of at most 30 bytes."""
    from cflib.crtp.crtpstack import CRTPPacket

    made = CRTPPacket()
    made.set_header(port, channel)
    made.data = data
    return made
