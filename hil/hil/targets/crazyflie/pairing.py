"""State rows and motor rows of one vehicle, which come in packets of their own, put together by their stamps."""

from bisect import insort
from collections.abc import Iterator
from typing import NamedTuple

from hil.core.types import Command
from hil.targets.crazyflie.rows import Row

_PATIENCE = 3  # periods that a row waits for its motors


class Paired(NamedTuple):
    """What was true at one stamp."""

    row: Row
    command: Command | None  # None: its packet was lost


class Pairing:
    """A row goes out with the motor packet in force at its stamp, the last within a period before, or with none."""

    def __init__(self, period_ms: float) -> None:
        self._period_ms = period_ms
        self._rows: list[Row] = []  # both in the order of their stamps, whatever order they came in
        self._motors: list[tuple[int, Command]] = []

    def row(self, row: Row) -> None:
        """A state row came."""
        insort(self._rows, row, key=lambda one: one.stamp_ms)

    def motors(self, stamp_ms: int, command: Command) -> None:
        """A motor packet came."""
        insort(self._motors, (stamp_ms, command), key=lambda one: one[0])

    def ready(self) -> Iterator[Paired]:
        """Rows for which there is nothing more to wait for, in the order of their stamps."""
        while self._rows:
            row = self._rows[0]
            self._motors = [motors for motors in self._motors if motors[0] > row.stamp_ms - self._period_ms]
            in_force = [command for stamp_ms, command in self._motors if stamp_ms <= row.stamp_ms]
            is_lost = bool(self._motors) or self._rows[-1].stamp_ms - row.stamp_ms >= _PATIENCE * self._period_ms
            if not in_force and not is_lost:
                return
            yield Paired(self._rows.pop(0), in_force[-1] if in_force else None)

    def rest(self) -> Iterator[Paired]:
        """All that is left, at the end."""
        yield from self.ready()
        while self._rows:
            yield Paired(self._rows.pop(0), None)
