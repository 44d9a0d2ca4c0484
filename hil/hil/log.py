"""One flight, as columns: written while it flies, read by everything after.

    LogWriter(run_dir, info)   appends rows to samples.part (survives kill -9, at most 0.1 s lost),
                               closes them as samples.parquet, events as events.jsonl
    Log.open(run_dir)          reads either
    Log.from_rows(info, rows)  the same, in memory

Every column name carries its unit; quaternions are `xyzw`, body to world; world is z up. NaN means not recorded.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from hil.core.errors import BadInput
from hil.core.types import Command, Sample, Setpoint, State

Column = NDArray[np.float64]


def _state_columns(prefix: str) -> list[str]:
    return (
        [f"{prefix}position_{a}_m" for a in "xyz"]
        + [f"{prefix}velocity_{a}_m_s" for a in "xyz"]
        + [f"{prefix}quat_{a}" for a in "xyzw"]
        + [f"{prefix}rate_{a}_rad_s" for a in "xyz"]
    )


COLUMNS: tuple[str, ...] = tuple(
    ["tick", "t_s"]
    + [f"setpoint_position_{a}_m" for a in "xyz"]
    + [f"setpoint_velocity_{a}_m_s" for a in "xyz"]
    + [f"setpoint_acceleration_{a}_m_s2" for a in "xyz"]
    + ["setpoint_yaw_rad", "setpoint_yaw_rate_rad_s"]
    + _state_columns("")
    + _state_columns("estimate_")
    + [f"motor_{i}_fraction" for i in (1, 2, 3, 4)]
    + ["battery_v", "compute_s", "round_trip_s"]
)
# Wall time: the only columns that differ between two runs of a repeatable target.
TIMING_COLUMNS = ("compute_s", "round_trip_s")

_NAN = math.nan
_NAN3 = (_NAN, _NAN, _NAN)
_NAN_STATE = State(_NAN3, _NAN3, (_NAN, _NAN, _NAN, _NAN), _NAN3)


def row(sample: Sample) -> tuple[float, ...]:
    """A sample as one row of COLUMNS."""
    tick, t_s, setpoint, state, command, estimate, battery_v, compute_s, round_trip_s = sample
    seen = estimate or _NAN_STATE
    return (
        tick,
        t_s,
        *setpoint.position,
        *(setpoint.velocity or _NAN3),
        *(setpoint.acceleration or _NAN3),
        setpoint.yaw,
        setpoint.yaw_rate,
        *state.position,
        *state.velocity,
        *state.attitude,
        *state.rates,
        *seen.position,
        *seen.velocity,
        *seen.attitude,
        *seen.rates,
        *(command.motors if command else (_NAN, _NAN, _NAN, _NAN)),
        _NAN if battery_v is None else battery_v,
        compute_s,
        round_trip_s,
    )


def to_sample(row: Sequence[float]) -> Sample:
    """The sample of a row of COLUMNS; where nothing was recorded (all NaN), None."""
    n = len(row)
    assert n == len(COLUMNS), f"{n} values for {len(COLUMNS)} columns"

    def triple(start: int) -> tuple[float, float, float]:
        return (row[start], row[start + 1], row[start + 2])

    def state(start: int) -> State:
        x, y, z, w = row[start + 6 : start + 10]
        return State(triple(start), triple(start + 3), (x, y, z, w), triple(start + 10))

    def recorded(start: int, count: int) -> bool:
        return any(value == value for value in row[start : start + count])

    m1, m2, m3, m4 = row[39:43]
    return Sample(
        tick=int(row[0]),
        t_s=row[1],
        setpoint=Setpoint(
            triple(2),
            triple(5) if recorded(5, 3) else None,
            triple(8) if recorded(8, 3) else None,
            row[11],
            row[12],
        ),
        state=state(13),
        command=Command((m1, m2, m3, m4)) if recorded(39, 4) else None,
        estimate=state(26) if recorded(26, 13) else None,
        battery_v=row[43] if recorded(43, 1) else None,
        compute_s=row[44],
        round_trip_s=row[45],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInfo:
    """What a reader must know about a flight besides its rows."""

    scenario: str
    task: str  # the task's kind: hold, step, figure_eight …
    target: str
    controller: str
    controller_family: str
    vehicle: str
    simulated: bool
    seed: int
    repeat: int
    rate_hz: float
    planned_duration_s: float
    judge_from_s: float  # metrics look at [judge_from_s, judge_to_s]: after the ramp or settle time, before any landing
    judge_to_s: float
    source: str = ""  # the recorded flight's file name, for replay


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth telling that happened at one instant: an abort, a gap, a jump of the set-point."""

    t_s: float
    kind: str  # "abort", "gap", "setpoint-jump", "take-off", "landing", "fault" …
    text: str


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
        folder = Path(run_dir)
        events = _read_events(folder / "events.jsonl")
        if (folder / "samples.parquet").exists():
            info, columns = _read_parquet(folder / "samples.parquet")
        elif (folder / "samples.part").exists():
            info, columns = _read_part(folder / "samples.part")
        else:
            raise BadInput(f"{folder}: no samples.parquet and no samples.part", hint="is this a run folder of hil?")
        return cls(info, columns, events)

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
        """True position, world, m. (n, 3)."""
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
        self._rows: list[tuple[float, ...]] = []
        self._events: list[Event] = []
        self._flushed = 0
        self._flush_every = max(1, int(info.rate_hz * 0.1))
        self._part: IO[bytes] | None = None

    def __enter__(self) -> Self:
        if self.run_dir is not None:
            self.run_dir.mkdir(parents=True, exist_ok=True)
            self._part = (self.run_dir / "samples.part").open("wb", buffering=0)
            self._part.write(json.dumps({"columns": COLUMNS, "info": asdict(self.info)}).encode() + b"\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._part is not None and self.run_dir is not None:
            self._flush()
            self._part.close()
            self._part = None
            closing = self.run_dir / ".samples.parquet.part"
            _write_parquet(closing, self.log())
            closing.replace(self.run_dir / "samples.parquet")  # whole or not at all; until then samples.part is the log
            (self.run_dir / "samples.part").unlink()
            (self.run_dir / "events.jsonl").touch()

    def append(self, sample: Sample) -> None:
        """Add one row."""
        self._rows.append(row(sample))
        if self._part is not None and len(self._rows) - self._flushed >= self._flush_every:
            self._flush()

    def event(self, event: Event) -> None:
        """Add one event; on disk at once."""
        self._events.append(event)
        if self.run_dir is not None:
            with (self.run_dir / "events.jsonl").open("a") as file:
                file.write(json.dumps(asdict(event)) + "\n")

    def log(self) -> Log:
        """Everything so far."""
        return Log.from_rows(self.info, self._rows, self._events)

    def _flush(self) -> None:
        assert self._part is not None
        if len(self._rows) > self._flushed:
            self._part.write(np.asarray(self._rows[self._flushed :], dtype="<f8").tobytes())
            self._flushed = len(self._rows)


def _read_events(path: Path) -> list[Event]:
    if not path.exists():
        return []
    events = []
    for line in path.read_text().splitlines():
        try:
            events.append(Event(**json.loads(line)))
        except (json.JSONDecodeError, TypeError):
            break  # the line being written when the process was killed
    return events


def _info(data: dict[str, Any], path: Path) -> LogInfo:
    try:
        return LogInfo(**data)
    except TypeError as error:
        expected = ", ".join(f.name for f in fields(LogInfo))
        raise BadInput(f"{path}: not a log of this version of hil (expected {expected})") from error


def _read_part(path: Path) -> tuple[LogInfo, dict[str, Column]]:
    raw = path.read_bytes()
    head, _, body = raw.partition(b"\n")
    try:
        header = json.loads(head)
        names: list[str] = list(header["columns"])
        info: dict[str, Any] = header["info"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: header is damaged") from error
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise BadInput(f"{path}: columns missing: {', '.join(missing)}")
    width = 8 * len(names)
    table = np.frombuffer(body[: len(body) // width * width], dtype="<f8").reshape(-1, len(names))
    return _info(info, path), {name: table[:, i].copy() for i, name in enumerate(names)}


def _write_parquet(path: Path, log: Log) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {name: pa.array(log[name].astype(np.int64) if name == "tick" else log[name]) for name in COLUMNS}
    table = pa.table(arrays, metadata={b"hil": json.dumps(asdict(log.info), sort_keys=True).encode()})
    pq.write_table(table, path, compression="zstd")


def _read_parquet(path: Path) -> tuple[LogInfo, dict[str, Column]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        info = json.loads(table.schema.metadata[b"hil"])
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path}: not a log of hil: {error}") from error
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise BadInput(f"{path}: columns missing: {', '.join(missing)}")
    return _info(info, path), {name: table[name].to_numpy().astype(np.float64) for name in COLUMNS}
