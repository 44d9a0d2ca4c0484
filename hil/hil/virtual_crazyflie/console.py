"""Port 0: what the firmware prints, in pieces of at most one packet."""

from collections.abc import Callable

from hil.virtual_crazyflie.packet import DATA_MAX, Packet

PORT = 0


class Console:
    """Sends text with `say`. What is no ASCII becomes a question mark, as clients read ASCII."""

    def __init__(self, say: Callable[[Packet], None]) -> None:
        self._say = say

    def write(self, text: str) -> None:
        """Send text as it is, newlines and all."""
        data = text.encode("ascii", "replace")
        for start in range(0, len(data), DATA_MAX):
            self._say(Packet(PORT, 0, data[start : start + DATA_MAX]))
