"""The time that a vehicle lives in, and waiting in it for something to come."""

import math
import threading
from collections.abc import Callable
from typing import Protocol

from hil.core.clock import Clock, WallClock

STEP_S = 0.001  # of a virtual vehicle in lock-step, while something is waited for
_ROUNDING_S = 1e-9
_EXCHANGES = 3  # an answer may be asked by another question, as a log block that is made is then started
_AT_ONCE_MS = 20  # what it sends meanwhile must fit into a socket's queue


class Pace(Clock, Protocol):
    """A clock on which one can wait for an event, too."""

    def wait_for(self, event: threading.Event, until_s: float) -> bool:
        """Whether the event came before `now_s()` reached that; returns as soon as it does."""
        ...

    def hear(self) -> None:
        """Let what is answered at once be heard at the time that it is."""
        ...


def is_past(clock: Clock, t_s: float) -> bool:
    """Whether it is that time or later, rounding errors apart: what waits for it in a loop must ask like this."""
    return clock.now_s() > t_s - _ROUNDING_S


class WallPace(WallClock):
    """The time of a real vehicle."""

    def wait_for(self, event: threading.Event, until_s: float) -> bool:
        """Sleep until then, or until it comes."""
        return event.wait(max(0.0, until_s - self.now_s()))

    def hear(self) -> None:
        """It is heard when it comes."""


class LockStepPace:
    """The time of a virtual vehicle that moves only when it is told to.

    `advance(to_ms)` moves it; `barrier()` returns when everything that was sent has been
    answered and every answer has come through the receiving thread. So nothing depends on how fast this machine is.
    """

    def __init__(self, now_ms: int, advance: Callable[[int], object], barrier: Callable[[], None]) -> None:
        self._now_ms, self._advance, self._barrier = now_ms, advance, barrier

    def now_s(self) -> float:
        """Time since the vehicle was switched on, s."""
        return self._now_ms / 1000

    def wait_until(self, t_s: float) -> None:
        """Let it fly until then, or the next whole millisecond."""
        to_ms = math.ceil(1000 * (t_s - _ROUNDING_S))
        while to_ms > self._now_ms:
            # what comes meanwhile came no later than this
            self._now_ms = min(to_ms, self._now_ms + _AT_ONCE_MS)
            self._advance(self._now_ms)
            self._barrier()

    def wait_for(self, event: threading.Event, until_s: float) -> bool:
        """Millisecond by millisecond; what is answered at once takes no time."""
        for _ in range(_EXCHANGES):
            if not event.is_set():
                self._barrier()
        while not event.is_set() and not is_past(self, until_s):
            self.wait_until(self.now_s() + STEP_S)
        return event.is_set()

    def hear(self) -> None:
        """No time passes."""
        self._barrier()

    def begin_evenly(self, every_s: float) -> None:
        """Let it fly to a multiple of this, so that equal flights are equal, however long it took to connect."""
        self.wait_until(math.floor(self.now_s() / every_s + 1) * every_s)
