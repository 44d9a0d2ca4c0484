"""Time, passed in: a flight loop never asks the operating system itself."""

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since an arbitrary start."""

    def now_s(self) -> float:
        """Seconds now."""
        ...


class WallClock:
    """Monotonic wall time."""

    def now_s(self) -> float:
        """Seconds since an arbitrary instant; never goes back."""
        return time.perf_counter()
