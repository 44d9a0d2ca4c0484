"""What answers on a port of the virtual Crazyflie."""

from collections.abc import Iterable
from typing import Protocol

from hil.virtual_crazyflie.packet import Packet


class Service(Protocol):
    """One firmware task that owns ports. It never raises for what a client sends, however malformed."""

    @property
    def ports(self) -> tuple[int, ...]:
        """Numbers of its CRTP ports."""
        ...

    def handle(self, packet: Packet) -> Iterable[Packet]:
        """Replies to a packet, in order."""
        ...
