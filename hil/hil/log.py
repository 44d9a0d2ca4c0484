"""One flight, as columns: written while it flies, read by everything after.

    LogWriter(run_dir, info)   appends rows to samples.part (survives kill -9, at most 0.1 s lost),
                               closes them as samples.parquet, events as events.jsonl
    Log.open(run_dir)          reads either
    Log.from_rows(info, rows)  the same, in memory

What a row holds is in `log_rows.py`, how it lies on disk in `log_files.py`.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from hil import log_files
from hil.core.types import Sample
from hil.log_rows import COLUMNS, TIMING_COLUMNS, Column, Event, LogInfo, row, to_sample
from hil.run_files import EVENTS, PART

__all__ = ["COLUMNS", "TIMING_COLUMNS", "Column", "Event", "Log", "LogInfo", "LogWriter", "row", "to_sample"]


class Log:
    """A flight's rows as columns, its info and its events. Arrays are float64, read-only, one entry per row."""

    def __init__(self, info: LogInfo, columns: dict[str, Column], events: Sequence[Event] = ()) -> None:
        self.info = info
        self.events = tuple(events)
        self._columns = columns
        for column in columns.values():
            column.setflags(write=False)

    @classmethod
    def from_rows(cls, info: LogInfo, rows: Sequence[Sequence[float]], events: Sequence[Event] = ()) -> Self:
        """A log of `rows`, each in the order of COLUMNS."""
        table = np.asarray(rows, dtype=np.float64).reshape(len(rows), len(COLUMNS))
        return cls(info, {name: table[:, i].copy() for i, name in enumerate(COLUMNS)}, events)

    @classmethod
    def open(cls, run_dir: Path | str) -> Self:
        """The log in a run folder, finished or not. Raises BadInput."""
        info, columns = log_files.read_samples(Path(run_dir))
        return cls(info, columns, log_files.read_events(Path(run_dir)))

    def __len__(self) -> int:
        return len(self._columns["t_s"])

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Log)
            and self.info == other.info
            and self.events == other.events
            and all(np.array_equal(self[c], other[c], equal_nan=True) for c in COLUMNS if c not in TIMING_COLUMNS)
        )

    __hash__ = None  # type: ignore[assignment]

    def stack(self, *names: str) -> NDArray[np.float64]:
        """Columns side by side, (n, len(names))."""
        return np.stack([self[name] for name in names], axis=1)

    @cached_property
    def position(self) -> NDArray[np.float64]:
        """True position, world, m; see `info.state_source`. (n, 3)."""
        return self.stack(*(f"position_{a}_m" for a in "xyz"))

    @cached_property
    def velocity(self) -> NDArray[np.float64]:
        """True velocity, world, m/s. (n, 3)."""
        return self.stack(*(f"velocity_{a}_m_s" for a in "xyz"))

    @cached_property
    def attitude(self) -> NDArray[np.float64]:
        """True attitude, quaternion xyzw body to world. (n, 4)."""
        return self.stack(*(f"quat_{a}" for a in "xyzw"))

    @cached_property
    def rates(self) -> NDArray[np.float64]:
        """True angular velocity, body, rad/s. (n, 3)."""
        return self.stack(*(f"rate_{a}_rad_s" for a in "xyz"))

    @cached_property
    def estimated_position(self) -> NDArray[np.float64]:
        """Position as the controller saw it, world, m. (n, 3)."""
        return self.stack(*(f"estimate_position_{a}_m" for a in "xyz"))

    @cached_property
    def reference(self) -> NDArray[np.float64]:
        """Set-point position, world, m. (n, 3)."""
        return self.stack(*(f"setpoint_position_{a}_m" for a in "xyz"))

    @cached_property
    def motors(self) -> NDArray[np.float64]:
        """Motor commands, fraction 0..1, M1..M4. (n, 4)."""
        return self.stack(*(f"motor_{i}_fraction" for i in (1, 2, 3, 4)))

    @property
    def aborted(self) -> Event | None:
        """Why the flight was cut short, or None."""
        return next((event for event in self.events if event.kind == "abort"), None)

    def judged(self) -> NDArray[np.bool_]:
        """Rows the metrics look at. (n,)."""
        t_s = self["t_s"]
        return (t_s >= self.info.judge_from_s - 1e-9) & (t_s <= self.info.judge_to_s + 1e-9)

    def with_columns(self, **changed: Column) -> "Log":
        """The same flight with some columns replaced: for tests that must fail."""
        columns = {name: np.array(self[name]) for name in COLUMNS}
        return Log(self.info, columns | {k: np.array(v, dtype=np.float64) for k, v in changed.items()}, self.events)

    def with_info(self, **changed: Any) -> "Log":
        """The same rows under other info."""
        return Log(replace(self.info, **changed), {name: np.array(self[name]) for name in COLUMNS}, self.events)


class LogWriter:
    """Collects a flight's rows and events; with a run folder, also appends them to disk while flying."""

    def __init__(self, info: LogInfo, run_dir: Path | None = None) -> None:
        self.info = info
        self.run_dir = run_dir
        self._rows = bytearray()  # as on disk
        self._events: list[Event] = []
        self._flushed = 0
        self._flush_bytes = max(1, int(info.rate_hz * 0.1)) * log_files.ROW_BYTES
        self._part: IO[bytes] | None = None

    def __enter__(self) -> Self:
        if self.run_dir is not None:
            self.run_dir.mkdir(parents=True, exist_ok=True)
            self._part = (self.run_dir / PART).open("wb", buffering=0)
            self._part.write(log_files.part_header(self.info))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._part is not None and self.run_dir is not None:
            self._flush()
            self._part.close()
            self._part = None
            log_files.write_parquet(self.run_dir, self.info, log_files.columns_of(self._rows))
            (self.run_dir / PART).unlink()
            (self.run_dir / EVENTS).touch()

    def append(self, sample: Sample) -> None:
        """Add one row."""
        self._rows += log_files.part_row(row(sample))
        if self._part is not None and len(self._rows) - self._flushed >= self._flush_bytes:
            self._flush()

    def event(self, event: Event) -> None:
        """Add one event; on disk at once."""
        self._events.append(event)
        if self.run_dir is not None:
            log_files.append_event(self.run_dir, event)

    def log(self) -> Log:
        """Everything so far."""
        return Log(self.info, log_files.columns_of(self._rows), self._events)

    def _flush(self) -> None:
        assert self._part is not None
        if len(self._rows) > self._flushed:
            self._part.write(memoryview(self._rows)[self._flushed :])
            self._flushed = len(self._rows)
