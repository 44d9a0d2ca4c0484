"""A line in memory to a peer that is a function, and the faults a real line has: whole writes lost, bits flipped, bytes
cut, cut off and doubled.

Time passes only by waiting: with a `SimulatedClock` a lost answer costs nothing.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import final

from hil.core.clock import Clock
from hil.link.dead import LinkDead
from hil.link.transport import Transport

Peer = Callable[[bytes], bytes]  # what it says to bytes that reach it, such as `Device.feed`


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances per write, each 0..1."""

    lost: float = 0.0
    flipped: float = 0.0  # one bit
    truncated: float = 0.0
    garbage: float = 0.0  # bytes before it that nobody sent
    doubled: float = 0.0
    split: float = 0.0  # comes in pieces


NONE = Faults()


@final
class Loopback(Transport):
    """The line. `chance` is needed where faults are."""

    name = "loopback"

    def __init__(
        self,
        peer: Peer,
        clock: Clock,
        *,
        to_peer: Faults = NONE,
        from_peer: Faults = NONE,
        chance: random.Random | None = None,
    ) -> None:
        self._peer, self._clock = peer, clock
        self._to_peer, self._from_peer = to_peer, from_peer
        self._chance = chance or random.Random(0)
        self._arriving: deque[bytes] = deque()
        self._open = False

    def open(self) -> None:
        """Begin with an empty line."""
        self._arriving.clear()
        self._open = True

    def write(self, data: bytes, deadline_s: float) -> None:
        """Let the peer hear it, and answer at once."""
        self._check()
        for piece in damaged(data, self._to_peer, self._chance):
            answer = self._peer(piece)
            if answer:
                self._arriving.extend(damaged(answer, self._from_peer, self._chance))

    def read(self, deadline_s: float) -> bytes:
        """The next piece; with none, wait for the deadline, since nothing can come in between."""
        self._check()
        if self._arriving:
            return self._arriving.popleft()
        self._clock.wait_until(deadline_s)
        return b""

    def alive(self) -> bool:
        """Whether it is open."""
        return self._open

    def last_words(self) -> str:
        """Nothing is to be told of a function."""
        return ""

    def close(self) -> None:
        """Forget what was under way."""
        self._arriving.clear()
        self._open = False

    def _check(self) -> None:
        if not self._open:
            raise LinkDead(f"{self.name} is not open")


def damaged(data: bytes, faults: Faults, chance: random.Random) -> list[bytes]:
    """What becomes of bytes on their way: pieces, in order, none of them empty."""
    if faults is NONE:
        return [data]
    if chance.random() < faults.lost:
        return []
    if chance.random() < faults.flipped:
        at = chance.randrange(8 * len(data))
        data = data[: at // 8] + bytes((data[at // 8] ^ 1 << at % 8,)) + data[at // 8 + 1 :]
    if chance.random() < faults.truncated:
        data = data[: chance.randrange(len(data))]
    if chance.random() < faults.garbage:
        data = chance.randbytes(chance.randrange(1, 300)) + data
    if chance.random() < faults.doubled:
        data += data
    pieces = [data]
    if chance.random() < faults.split:
        cuts = sorted({0, len(data), *(chance.randrange(len(data) + 1) for _ in range(4))})
        pieces = [data[a:b] for a, b in pairwise(cuts)]
    return [piece for piece in pieces if piece]
