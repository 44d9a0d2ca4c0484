"""A recorded flight as the bench sees it: a Log whose t = 0 is the start of the task, and what was found in it."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from hil.core.errors import BadInput, FlightDataError
from hil.core.types import Start
from hil.flights.findings import look
from hil.flights.found import Found
from hil.flights.nanobench import read_nanobench
from hil.flights.phases import find_phases
from hil.flights.recording import Array, Recording
from hil.flights.stamps import Ticks, nominal_rate_hz, to_ticks
from hil.log import COLUMNS, Column, Event, Log, LogInfo, to_sample

HOVER_BATTERY_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Flight:
    """A recorded flight. Take-off rows have negative ticks; landing rows come after `task_duration_s`."""

    path: Path
    name: str  # file name
    log: Log  # the whole recording; t_s = tick / rate_hz exactly, tick 0 is the start of the task
    start: Start  # the state at tick 0
    task_duration_s: float  # until the landing begins
    judge_from_s: float
    judge_to_s: float
    controller: str  # "pid" | "mellinger" | "unknown"; of a run folder, the controller it was flown with
    battery_hover_v: float | None  # median under load over the first second of the task

    @property
    def findings(self) -> tuple[Event, ...]:
        """Everything found in the recording, by time; an "abort" among them means that it cannot be judged."""
        return self.log.events


def read_flight(path: Path | str) -> Flight:
    """A flight from a NanoBench CSV, from a run folder of hil or from its samples.parquet. Raises FlightDataError.

    Rows are never repaired: what is wrong with them is in `findings`. A vehicle that never takes off or crashes is
    still a flight, with an "abort" event that says so.
    """
    path = Path(path)
    return _read(path, _stamp(path))


@lru_cache(maxsize=32)  # planning, checking and replaying one flight all ask for it
def _read(path: Path, stamp: tuple[tuple[str, int, int], ...]) -> Flight:
    if path.is_dir():
        return _from_run_folder(path, path)
    if path.name == "samples.parquet":
        return _from_run_folder(path.parent, path)
    if not path.exists():
        raise FlightDataError(f"{path}: no such file or folder")
    return _from_recording(read_nanobench(path))


def _stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, time of change and size of the files a flight is read from: other where the flight may be another."""
    folder = path if path.is_dir() else path.parent if path.name == "samples.parquet" else None
    files = sorted(folder.iterdir()) if folder is not None and folder.is_dir() else [path]
    found = ((file.name, file.stat()) for file in files if file.is_file())
    return tuple((name, status.st_mtime_ns, status.st_size) for name, status in found)


def _from_recording(whole: Recording) -> Flight:
    with np.errstate(all="ignore"):  # infinite and absurd values are reported as such, not warned about on the way
        try:
            rate_hz = nominal_rate_hz(whole.stamp_s)
            ticks, found = to_ticks(whole.stamp_s, rate_hz)
        except FlightDataError as error:
            raise FlightDataError(f"{whole.path}: {error.message}") from error
        return _on_ticks(whole, ticks, found)


def _on_ticks(whole: Recording, ticks: Ticks, found: list[Found]) -> Flight:
    rows = _keep(whole, ticks)
    if not np.isfinite(rows.setpoint_position).all(axis=1).any():
        raise FlightDataError(f"{whole.path}: no set-point in any row: what was to be flown is unknown")
    phases = find_phases(rows, ticks.rate_hz)
    tick = ticks.number - ticks.number[phases.start]
    t_s = tick / ticks.rate_hz
    found += [Found(int(ticks.kept[f.row]), f.kind, f.text) for f in look(rows, phases, ticks.rate_hz)]
    events = []
    for row, kind, text in found:
        # a row left out has no time of its own: that of the last row kept before it
        place = max(0, int(np.searchsorted(ticks.kept, row, side="right")) - 1)
        events.append(Event(float(t_s[place]), kind, text))
    info = LogInfo(
        scenario="recorded",
        task="recorded",
        target="replay",
        controller="onboard" if rows.controller == "unknown" else f"onboard-{rows.controller}",
        controller_family="position-only",
        vehicle="as recorded",
        simulated=False,
        seed=0,
        repeat=0,
        rate_hz=ticks.rate_hz,
        planned_duration_s=float(t_s[phases.end]),
        judge_from_s=float(t_s[phases.judge_from]),
        judge_to_s=float(t_s[phases.judge_to]),
        source=whole.path.name,
    )
    log = Log(info, _columns(rows, tick, ticks.rate_hz), sorted(events, key=lambda event: (event.t_s, event.kind)))
    return _flight(whole.path, log, row=phases.start, task_duration_s=info.planned_duration_s, by=rows.controller)


def _from_run_folder(folder: Path, path: Path) -> Flight:
    try:
        log = Log.open(folder)
    except BadInput as error:
        raise FlightDataError(error.message, hint=error.hint) from error
    at_start = np.flatnonzero(log["tick"] >= 0)
    if len(at_start) == 0:
        raise FlightDataError(f"{folder}: the log has no row at t ≥ 0")
    log = log.with_info(target="replay", source=folder.name)
    duration_s = min(log.info.planned_duration_s, float(log["t_s"][-1]))
    return _flight(path, log, row=int(at_start[0]), task_duration_s=duration_s, by=log.info.controller)


def _flight(path: Path, log: Log, *, row: int, task_duration_s: float, by: str) -> Flight:
    return Flight(
        path=path,
        name=log.info.source,
        log=log,
        start=_start(log, row),
        task_duration_s=task_duration_s,
        judge_from_s=log.info.judge_from_s,
        judge_to_s=log.info.judge_to_s,
        controller=by,
        battery_hover_v=_battery_hover_v(log),
    )


def _keep(whole: Recording, ticks: Ticks) -> Recording:
    if len(ticks.kept) == len(whole):
        return whole
    names = [name for name in Recording.__slots__ if name not in ("path", "controller")]
    return replace(whole, **{name: getattr(whole, name)[ticks.kept] for name in names})


def _columns(rows: Recording, tick: np.ndarray[tuple[int], np.dtype[np.int64]], rate_hz: float) -> dict[str, Column]:
    columns = {name: np.full(len(rows), np.nan) for name in COLUMNS}

    def put(pattern: str, keys: str, values: Array) -> None:
        for key, column in zip(keys, values.T, strict=True):
            columns[pattern.format(key)] = np.ascontiguousarray(column)

    columns["tick"] = tick.astype(np.float64)
    columns["t_s"] = columns["tick"] / rate_hz
    put("setpoint_position_{}_m", "xyz", rows.setpoint_position)
    columns["setpoint_yaw_rad"] = rows.setpoint_yaw
    put("position_{}_m", "xyz", rows.position)
    put("velocity_{}_m_s", "xyz", rows.velocity)
    put("quat_{}", "xyzw", rows.attitude)
    # gyro, not motion capture: differentiated marker poses swing by up to 2.5 rad/s in flight where the gyro feels none
    put("rate_{}_rad_s", "xyz", rows.rates)
    put("estimate_position_{}_m", "xyz", rows.estimate_position)
    put("estimate_velocity_{}_m_s", "xyz", rows.estimate_velocity)
    put("estimate_quat_{}", "xyzw", rows.estimate_attitude)
    put("estimate_rate_{}_rad_s", "xyz", rows.rates)
    put("motor_{}_fraction", "1234", rows.motors)
    columns["battery_v"] = rows.battery_v
    return columns


def _start(log: Log, row: int) -> Start:
    return Start(to_sample(tuple(float(log[name][row]) for name in COLUMNS)).state)


def _battery_hover_v(log: Log) -> float | None:
    t_s, volts = log["t_s"], log["battery_v"]
    loaded = volts[(t_s >= 0) & (t_s < HOVER_BATTERY_S) & np.isfinite(volts)]
    return float(np.median(loaded)) if len(loaded) else None
