"""The vehicle's clock: 24-bit stamps of milliseconds since boot made a count that goes on, and ticks of a task."""

_WRAP_MS = 1 << 24  # 4 h 39 min


class Unwrapped:
    """Counts on where the stamp begins again at 0; packets may come out of order."""

    def __init__(self) -> None:
        self._newest_ms: int | None = None

    def __call__(self, stamp_ms: int) -> int:
        """Milliseconds since boot, beyond 24 bits. The first stamp is taken as it is."""
        if self._newest_ms is None:
            self._newest_ms = stamp_ms
            return stamp_ms
        ahead_ms = (stamp_ms - self._newest_ms) % _WRAP_MS
        if ahead_ms >= _WRAP_MS // 2:
            return self._newest_ms + ahead_ms - _WRAP_MS
        self._newest_ms += ahead_ms
        return self._newest_ms


class TaskClock:
    """Which tick of the task a stamp belongs to."""

    def __init__(self, begin_ms: int, rate_hz: float) -> None:
        self.begin_ms, self._rate_hz = begin_ms, rate_hz

    def tick(self, stamp_ms: int) -> int:
        """The nearest tick; below 0 before the task."""
        return round((stamp_ms - self.begin_ms) * self._rate_hz / 1000)

    def tick_at(self, t_s: float) -> int:
        """The nearest tick to a time on the task's clock."""
        return round(t_s * self._rate_hz)
