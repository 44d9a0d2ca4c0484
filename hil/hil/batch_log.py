"""Logs of many flights, written side by side while they fly."""

from collections.abc import Iterator, Sequence

import numpy as np

from hil.core.arrays import Floats, Samples
from hil.log import Event, Log, LogInfo
from hil.log_rows import COLUMNS, TIMING_COLUMNS

_TOLD = [name for name in COLUMNS if name not in ("tick", "t_s", *TIMING_COLUMNS)]


class BatchLog:
    """Rows and events of n flights over the same ticks. What a decision took in wall time is not recorded."""

    def __init__(self, infos: Sequence[LogInfo], ticks: Sequence[int]) -> None:
        self._infos = infos
        self._tick = np.array(ticks, np.float64)
        self._t_s = np.array([tick / infos[0].rate_hz for tick in ticks])
        self._table = np.empty((len(ticks), len(_TOLD), len(infos)))
        self._rows = 0
        self._ends: dict[int, int] = {}
        self._events: list[list[Event]] = [[] for _ in infos]

    def append(self, samples: Samples) -> None:
        """Add one row to each."""
        row, first = self._table[self._rows], 0
        for part in (samples.setpoints, samples.states, samples.estimates, samples.commands):
            row[first : first + part.shape[1]] = part.T
            first += part.shape[1]
        row[first] = np.nan if samples.battery_v is None else samples.battery_v
        self._rows += 1

    def event(self, k: int, event: Event) -> None:
        """Add one event to flight k."""
        self._events[k].append(event)

    def end(self, k: int) -> None:
        """Let the row added last be the last of flight k."""
        self._ends[k] = self._rows

    def logs(self) -> Iterator[Log]:
        """Everything so far, flight by flight; each log has memory of its own."""
        for k, info in enumerate(self._infos):
            yield Log(info, self._columns(k), self._events[k])

    def _columns(self, k: int) -> dict[str, Floats]:
        rows = self._ends.get(k, self._rows)
        told = dict(zip(_TOLD, np.array(self._table[:rows, :, k].T, order="C"), strict=True))
        untold = dict.fromkeys(TIMING_COLUMNS, np.full(rows, np.nan))
        return {"tick": self._tick[:rows].copy(), "t_s": self._t_s[:rows].copy(), **told, **untold}
