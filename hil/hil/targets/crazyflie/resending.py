"""Requests of cflib that were not answered, to be sent again: but on a radio, it waits for ever for a lost one."""

import threading
from typing import Any, NamedTuple

_FIRST_S, _LONGEST_S = 0.03, 0.25  # after which a request is sent again, each time twice as long
_GREETING_S = 1.0  # its first two requests make cflib begin anew at each answer: a late one must not be a second one
_GREETINGS = ((15, 1), (13, 1))  # port, channel: source, protocol version
_ECHO = (15, 0)
_ASKED = (2, 4, 5, 13, 15)  # ports that answer


class _Asked(NamedTuple):
    packet: Any
    again_at_s: float
    wait_s: float


class Unanswered:
    """What was sent and not answered yet. Fed from cflib's threads, asked by ours."""

    def __init__(self) -> None:
        self._asked: dict[tuple[int, int, int], _Asked] = {}
        self._lock = threading.Lock()
        self.resent = 0

    def sent(self, packet: Any, now_s: float) -> None:
        """A packet went out."""
        where = (packet.port, packet.channel)
        if packet.port in _ASKED and where != _ECHO:
            wait_s = _GREETING_S if where in _GREETINGS else _FIRST_S
            with self._lock:
                self._asked[(*where, packet.data[0])] = _Asked(packet, now_s + wait_s, wait_s)

    def received(self, packet: Any) -> None:
        """A packet came in. An answer begins with the first byte of its request, but for that of the source."""
        with self._lock:
            first = packet.data[0] if len(packet.data) else 0
            self._asked.pop((packet.port, packet.channel, 0 if packet.port == 15 else first), None)

    def due(self, now_s: float) -> list[Any]:
        """Packets to be sent again now."""
        with self._lock:
            due = {key: asked for key, asked in self._asked.items() if asked.again_at_s <= now_s}
            for key, asked in due.items():
                wait_s = asked.wait_s if key[:2] in _GREETINGS else min(2 * asked.wait_s, _LONGEST_S)
                self._asked[key] = _Asked(asked.packet, now_s + wait_s, wait_s)
            self.resent += len(due)
        return [asked.packet for asked in due.values()]
