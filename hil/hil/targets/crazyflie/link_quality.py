"""How good a link is: latency and loss by our own echoes, the age of the log by what came."""

import struct
import threading
from itertools import pairwise
from statistics import median
from typing import Any

from hil.targets.crazyflie.link import ECHO_CHANNEL, ECHO_PORT, PING, Link

PING_S = 0.1
_LAST = 20  # echoes: two seconds of them in flight
_LOST_AFTER_S = 0.5  # an echo that takes longer counts as lost


class LinkQuality:
    """Measures one connection, from `begin` on; `tend` is to be called often."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._under_way: dict[int, float] = {}
        self._sent = self._lost = 0
        self._next_s = 0.0
        self.every_s = PING_S
        self.latencies_s: list[float] = []
        self.ages_s: list[float] = []

    def begin(self) -> None:
        """Listen for echoes."""
        self._link.listen(ECHO_PORT, ECHO_CHANNEL, self._heard)

    def tend(self, now_s: float) -> None:
        """Send an echo when it is time, and count those that did not come back."""
        with self._lock:
            late = [number for number, sent_s in self._under_way.items() if now_s - sent_s > _LOST_AFTER_S]
            for number in late:
                del self._under_way[number]
            self._lost += len(late)
            if now_s < self._next_s:
                return
            self._sent += 1
            self._next_s = now_s + self.every_s
            self._under_way[self._sent] = now_s
            data = struct.pack("<BQ", PING, self._sent)
        self._link.send(ECHO_PORT, ECHO_CHANNEL, data)
        self._link.pace.hear()

    def _heard(self, data: bytes) -> None:
        if len(data) == 9 and data[0] == PING:
            (number,) = struct.unpack("<Q", data[1:])
            with self._lock:
                sent_s = self._under_way.pop(number, None)
                if sent_s is not None:
                    self.latencies_s.append(self._link.pace.now_s() - sent_s)

    @property
    def latency_s(self) -> float | None:
        """Median so far, there and back; None before the first echo."""
        return median(self.latencies_s) if self.latencies_s else None

    @property
    def late_s(self) -> float:
        """The longest of the last echoes, there and back: what was sent that long ago has arrived, or is lost."""
        return max(self.latencies_s[-_LAST:], default=0.0)

    @property
    def loss_share(self) -> float | None:
        """Share of echoes that did not come back, of those that had the time to."""
        counted = len(self.latencies_s) + self._lost
        return self._lost / counted if counted else None

    def summary(self) -> dict[str, Any]:
        """What is kept of it: latency, jitter, loss and log age, s."""
        return {
            "latency_s": spread(self.latencies_s),
            "jitter_s": _mean_change(self.latencies_s),
            "loss_share": self.loss_share,
            "log_age_s": spread(self.ages_s),
        }


def spread(values: list[float]) -> dict[str, float] | None:
    """Median, 95th percentile and greatest; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return {
        "p50": ordered[len(ordered) // 2],
        "p95": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
        "max": ordered[-1],
    }


def _mean_change(values: list[float]) -> float | None:
    """Mean change from one to the next: jitter as RFC 3550 means it, without its smoothing."""
    changes = [abs(b - a) for a, b in pairwise(values)]
    return sum(changes) / len(changes) if changes else None
