"""Port 15: echo, source and sink, which tell a client that somebody is there.

Source: Bitcraze, crtp_link.md.
"""

from collections.abc import Iterable

from hil.virtual_crazyflie.packet import DATA_MAX, Packet

PORT = 15
ECHO, SOURCE = 0, 1  # channels; 2 is the sink

_NAME = b"Bitcraze Crazyflie".ljust(DATA_MAX, b"\0")


class LinkServices:
    """The link service."""

    ports = (PORT,)

    def handle(self, packet: Packet) -> Iterable[Packet]:
        """The packet itself from the echo, a name from the source, nothing from the sink."""
        if packet.channel == ECHO:
            return (packet,)
        return (Packet(PORT, SOURCE, _NAME),) if packet.channel == SOURCE else ()
