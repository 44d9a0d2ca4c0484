"""What a vehicle logs while it is connected: rows as they come, and how fresh they are."""

import math
from collections import deque
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import NamedTuple

from hil.targets.crazyflie.blocks import Block, Hear
from hil.targets.crazyflie.link import Link
from hil.targets.crazyflie.pairing import Paired, Pairing
from hil.targets.crazyflie.rows import DOUBT, MOTORS, STATE, Row, command, row
from hil.targets.crazyflie.stamps import Unwrapped

_DOUBT_PERIOD_MS = 100
_BATTERY_MEAN_S = 1.0


class _Heard(NamedTuple):
    block: str
    stamp_ms: int  # 24 bits
    values: Mapping[str, float]
    at_s: float  # by our clock


class Telemetry:
    """The log blocks of one connection. cflib's thread brings packets, `collect` takes them in the flight loop."""

    def __init__(self, link: Link, rate_hz: int) -> None:
        self.period_ms = 1000 // rate_hz
        self._link = link
        self._heard: SimpleQueue[_Heard] = SimpleQueue()
        self._unwrap = Unwrapped()
        self._pairing = Pairing(self.period_ms)
        self._blocks = [
            Block(name, variables, period_ms, self._hear(name))
            for name, variables, period_ms in (
                ("motors", MOTORS, self.period_ms),  # first, so that a row finds those in force at its stamp
                ("state", STATE, self.period_ms),
                ("doubt", DOUBT, _DOUBT_PERIOD_MS),
            )
        ]
        self._voltages: deque[float] = deque(maxlen=max(1, round(_BATTERY_MEAN_S * rate_hz)))
        self.newest: Row | None = None
        self.newest_at_s = 0.0
        self.position_variance_m2: tuple[float, ...] | None = None
        self.lag_s: float | None = None  # our clock minus the vehicle's, by the packet that took the least time

    def start(self) -> None:
        """Start all blocks, one after the other. Raises TargetUnavailable with what is wrong."""
        for block in self._blocks:
            block.start(self._link)

    def stop(self) -> None:
        """End all blocks, as far as the link lets."""
        for block in self._blocks:
            block.delete(self._link)

    def collect(self) -> list[Paired]:
        """Rows that are complete, in the order of their coming."""
        while True:
            try:
                block, stamp_24, values, at_s = self._heard.get_nowait()
            except Empty:
                return list(self._pairing.ready())
            stamp_ms = self._unwrap(stamp_24)
            lag_s = at_s - stamp_ms / 1000
            self.lag_s = lag_s if self.lag_s is None else min(lag_s, self.lag_s)
            if block == "state":
                self._take(row(stamp_ms, values), at_s)
            elif block == "motors":
                self._pairing.motors(stamp_ms, command(values))
            else:
                self.position_variance_m2 = tuple(values[name] for name in DOUBT)

    def rest(self) -> list[Paired]:
        """What is left when nothing more will come."""
        return [*self.collect(), *self._pairing.rest()]

    @property
    def position_std_m(self) -> float | None:
        """The vehicle's own doubt of where it is, on its worst axis; None until it said."""
        variances = self.position_variance_m2
        return math.sqrt(max(variances)) if variances else None

    @property
    def battery_v(self) -> float | None:
        """Mean of the last second."""
        return sum(self._voltages) / len(self._voltages) if self._voltages else None

    def age_s(self, now_s: float) -> float:
        """How long ago the newest row came."""
        return now_s - self.newest_at_s

    def _take(self, row: Row, at_s: float) -> None:
        self._pairing.row(row)
        if self.newest is None or row.stamp_ms > self.newest.stamp_ms:
            self.newest, self.newest_at_s = row, at_s
            self._voltages.append(row.battery_v)

    def _hear(self, block: str) -> Hear:
        def hear(stamp_ms: int, values: Mapping[str, float]) -> None:
            self._heard.put(_Heard(block, stamp_ms, values, self._link.pace.now_s()))

        return hear
