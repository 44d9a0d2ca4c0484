"""The air between a client and the virtual Crazyflie: packets that get lost, come twice, late, out of order, or not.

In the vehicle's time and by chance from a seed, so that a flight in lock-step meets the same air again. Echo requests
are drawn for apart from everything else: a client sends them by its own clock, and they must not shift the chance that
other packets meet.
"""

import heapq
import math
from itertools import count
from typing import Literal

from hil.core.chance import rng
from hil.scenario.virtual_faults import (
    LinkBlackout,
    LinkDelay,
    LinkDuplication,
    LinkFault,
    LinkLoss,
    LinkRefused,
)

Peer = tuple[str, int]  # whom a datagram is from, or for: address and port
Way = Literal["up", "down"]

_ECHO_HEADER = 0xF0  # port 15, channel 0
_LINK_BITS = 0x0C
_BARRIER = 0x01  # the first byte of an echo that no fault touches; cflib's own begin with 0


def is_barrier(datagram: bytes) -> bool:
    """Whether it is an echo by which the bench learns that all before it has arrived."""
    return _is_echo(datagram) and datagram[1:2] == bytes((_BARRIER,))


class LinkFaults:
    """What is wrong with the link now, and the packets under way."""

    def __init__(self, seed: int) -> None:
        self._active: dict[int, tuple[LinkFault, float]] = {}
        self._numbers = count()
        self._under_way: dict[Way, list[tuple[float, int, bytes, Peer]]] = {"up": [], "down": []}
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Draw from this seed from now on."""
        self._chance = {
            (way, echo): rng(seed, f"link {way}{' echo' if echo else ''}")
            for way in ("up", "down")
            for echo in (False, True)
        }

    def begin(self, fault: LinkFault, now_ms: int) -> int:
        """It sets in now, and ends by itself after `for_s`; gives a number to `end` it by before."""
        number = next(self._numbers)
        until_ms = now_ms + 1000.0 * fault.for_s if fault.for_s is not None else math.inf
        self._active[number] = (fault, until_ms)
        return number

    def end(self, number: int) -> None:
        """It is over; for one that ended by itself nothing happens."""
        self._active.pop(number, None)

    def refused(self, now_ms: int) -> bool:
        """Whether the port is closed."""
        return any(isinstance(fault, LinkRefused) for fault in self._now(now_ms))

    def send(self, way: Way, datagram: bytes, peer: Peer, now_ms: int) -> None:
        """Let a datagram go; what becomes of it, `arrived` tells."""
        if is_barrier(datagram) or not self._active:
            return self._let_go(way, now_ms, datagram, peer)
        faults = [fault for fault in self._now(now_ms) if _on(fault, way)]
        chance = self._chance[way, _is_echo(datagram)]
        copies = 1
        for fault in faults:
            if isinstance(fault, LinkBlackout | LinkRefused):
                return None
            if isinstance(fault, LinkLoss) and chance.random() < fault.share:
                return None
            if isinstance(fault, LinkDuplication) and chance.random() < fault.share:
                copies += 1
        late = [fault for fault in faults if isinstance(fault, LinkDelay)]
        for _ in range(copies):
            late_s = sum(fault.added_s + fault.jitter_s * chance.random() for fault in late)
            self._let_go(way, now_ms + 1000.0 * late_s, datagram, peer)
        return None

    def arrived(self, way: Way, now_ms: int) -> list[tuple[bytes, Peer]]:
        """What arrives by now, in order of arrival; each once."""
        waiting = self._under_way[way]
        here = []
        while waiting and waiting[0][0] <= now_ms:
            _, _, datagram, peer = heapq.heappop(waiting)
            here.append((datagram, peer))
        return here

    def _let_go(self, way: Way, arrives_ms: float, datagram: bytes, peer: Peer) -> None:
        heapq.heappush(self._under_way[way], (arrives_ms, next(self._numbers), datagram, peer))

    def _now(self, now_ms: int) -> list[LinkFault]:
        for number in [number for number, (_, until_ms) in self._active.items() if until_ms <= now_ms]:
            del self._active[number]
        return [fault for fault, _ in self._active.values()]


def _is_echo(datagram: bytes) -> bool:
    return bool(datagram) and datagram[0] & ~_LINK_BITS == _ECHO_HEADER


def _on(fault: LinkFault, way: Way) -> bool:
    return isinstance(fault, LinkRefused) or fault.direction in (way, "both")
