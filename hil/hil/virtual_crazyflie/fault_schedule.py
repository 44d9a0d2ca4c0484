"""When each fault sets in: its time counts from the phase it belongs to, which may not have begun yet."""

import heapq
from collections.abc import Iterable, Sequence
from itertools import count

from hil.scenario.conditions import Fault

TASK = "task"


class FaultSchedule:
    """Faults to come, in whole milliseconds of the vehicle's time."""

    def __init__(self) -> None:
        self._order = count()
        self._dated: list[tuple[int, int, Fault]] = []
        self._undated: list[Fault] = []  # their phase has not begun

    def add(self, faults: Iterable[Fault], *, task_at_ms: int) -> None:
        """More faults; the task begins, or began, at `task_at_ms`, other phases when they are announced."""
        for fault in faults:
            if fault.in_phase == TASK:
                self._date(fault, task_at_ms)
            else:
                self._undated.append(fault)

    def phase(self, name: str, now_ms: int) -> Sequence[Fault]:
        """A phase begins now: the faults that were waiting for it, which set in `at_s` later."""
        begun = [fault for fault in self._undated if fault.in_phase == name]
        self._undated = [fault for fault in self._undated if fault.in_phase != name]
        for fault in begun:
            self._date(fault, now_ms)
        return begun

    def due(self, now_ms: int) -> list[Fault]:
        """Those that set in by now, each once."""
        setting_in = []
        while self._dated and self._dated[0][0] <= now_ms:
            setting_in.append(heapq.heappop(self._dated)[2])
        return setting_in

    def _date(self, fault: Fault, begin_ms: int) -> None:
        heapq.heappush(self._dated, (begin_ms + round(1000.0 * fault.at_s), next(self._order), fault))
