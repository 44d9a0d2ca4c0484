"""Time, passed in: a flight loop never asks the operating system itself."""

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since an arbitrary start, and a way to let them pass."""

    def now_s(self) -> float:
        """Seconds now."""
        ...

    def wait_until(self, t_s: float) -> None:
        """Return when `now_s()` has reached `t_s`."""
        ...


class WallClock:
    """Monotonic wall time: waiting takes as long as it says."""

    def now_s(self) -> float:
        """Seconds since an arbitrary instant; never goes back."""
        return time.perf_counter()

    def wait_until(self, t_s: float) -> None:
        """Sleep until then; return at once if it is past."""
        left_s = t_s - self.now_s()
        if left_s > 0:
            time.sleep(left_s)


class SimulatedClock:
    """Time that passes when it is waited for: a flight takes as long as computing it does."""

    def __init__(self) -> None:
        self._now_s = 0.0

    def now_s(self) -> float:
        """The latest instant that was waited for."""
        return self._now_s

    def wait_until(self, t_s: float) -> None:
        """Be there at once."""
        self._now_s = max(self._now_s, t_s)
