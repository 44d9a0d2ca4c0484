"""How a log lies on disk: rows appended while flying, closed as Parquet, events as lines of JSON.

    samples.part      a line of JSON (columns, info), then rows of little-endian float64
    samples.parquet   the same, closed; info is in the metadata
    events.jsonl      one event per line

What was being written when the bench was killed is cut off at the end: a last row or event that is not whole is left
out. Damage anywhere else is said, not skipped.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from struct import Struct
from typing import Any

import numpy as np

from hil.core.errors import BadInput
from hil.from_json import record
from hil.log_rows import COLUMNS, Column, Event, LogInfo
from hil.run_files import EVENTS, PARQUET, PART

_ROW = Struct(f"<{len(COLUMNS)}d")
ROW_BYTES = _ROW.size


def read_samples(folder: Path) -> tuple[LogInfo, dict[str, Column]]:
    """Info and columns of the flight in a run folder, finished or not. Raises BadInput."""
    if (folder / PARQUET).exists():
        return _read_parquet(folder / PARQUET)
    if (folder / PART).exists():
        return _read_part(folder / PART)
    raise BadInput(f"{folder}: no {PARQUET} and no {PART}", hint="is this a run folder of hil?")


def read_info(folder: Path) -> tuple[LogInfo, int]:
    """Info and number of rows, without reading the rows of a closed log. Raises BadInput."""
    if not (folder / PARQUET).exists():
        info, columns = read_samples(folder)
        return info, len(columns["tick"])
    with _not_a_log(folder / PARQUET):
        import pyarrow.parquet as pq

        with pq.ParquetFile(folder / PARQUET) as file:
            return _parquet_info(folder / PARQUET, file.schema_arrow), file.metadata.num_rows


def part_header(info: LogInfo) -> bytes:
    """What samples.part begins with."""
    return json.dumps({"columns": COLUMNS, "info": asdict(info)}).encode() + b"\n"


def part_row(row: Sequence[float]) -> bytes:
    """A row of COLUMNS as samples.part holds it."""
    return _ROW.pack(*row)


def columns_of(rows: bytes | bytearray) -> dict[str, Column]:
    """Columns of rows as samples.part holds them; what is not a whole row at the end is left out."""
    table = np.frombuffer(bytes(rows[: len(rows) // ROW_BYTES * ROW_BYTES]), dtype="<f8").reshape(-1, len(COLUMNS))
    return dict(zip(COLUMNS, np.array(table.T, order="C"), strict=True))


def write_parquet(folder: Path, info: LogInfo, columns: Mapping[str, Column]) -> None:
    """samples.parquet, whole or not at all: until it is there, samples.part is the log."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {name: pa.array(columns[name].astype(np.int64) if name == "tick" else columns[name]) for name in COLUMNS}
    table = pa.table(arrays, metadata={b"hil": json.dumps(asdict(info), sort_keys=True).encode()})
    closing = folder / f".{PARQUET}.part"
    pq.write_table(table, closing, compression="zstd", use_dictionary=False, write_statistics=False)
    closing.replace(folder / PARQUET)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Whatever is written to a run folder in here. Raises BadInput where it cannot be."""
    try:
        yield
    except OSError as error:
        raise BadInput(f"{folder}: cannot be written: {error.strerror}", hint="is the disk full?") from error


def append_event(folder: Path, event: Event) -> None:
    """One more line, on disk at once."""
    with (folder / EVENTS).open("a", encoding="ascii", newline="\n") as file:
        file.write(json.dumps(asdict(event)) + "\n")


def read_events(folder: Path) -> list[Event]:
    """Events in the order they were written; none where there is no file. Raises BadInput with the line that is bad."""
    path = folder / EVENTS
    if not path.exists():
        return []
    *lines, last = _read_bytes(path).split(b"\n")
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            events.append(record(Event, json.loads(line)))
        except (ValueError, TypeError, RecursionError) as error:
            raise BadInput(f"{path}:{number}: not an event: {error}") from error
    with suppress(ValueError, TypeError):  # no newline: the line being written when the process was killed
        events.append(record(Event, json.loads(last)))
    return events


def _read_part(path: Path) -> tuple[LogInfo, dict[str, Column]]:
    head, _, body = _read_bytes(path).partition(b"\n")
    try:
        header = json.loads(head)
        names: list[str] = list(header["columns"])
        info = header["info"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"{path}: header is damaged") from error
    _check_columns(path, names)
    width = 8 * len(names)
    table = np.frombuffer(body[: len(body) // width * width], dtype="<f8").reshape(-1, len(names))
    return _info(info, path), {name: table[:, names.index(name)].copy() for name in COLUMNS}


def _read_parquet(path: Path) -> tuple[LogInfo, dict[str, Column]]:
    with _not_a_log(path):
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        info = _parquet_info(path, table.schema)
        return info, {name: table[name].to_numpy().astype(np.float64) for name in COLUMNS}


def _parquet_info(path: Path, schema: Any) -> LogInfo:
    data = json.loads(schema.metadata[b"hil"])
    _check_columns(path, schema.names)
    return _info(data, path)


@contextmanager
def _not_a_log(path: Path) -> Iterator[None]:
    """What is wrong with a Parquet file, as BadInput."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not a log of hil: {error}") from error


def _check_columns(path: Path, names: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise BadInput(f"{path}: columns missing: {', '.join(missing)}")


def _info(data: Any, path: Path) -> LogInfo:
    try:
        info = record(LogInfo, data)
    except (TypeError, ValueError) as error:
        expected = ", ".join(f.name for f in fields(LogInfo))
        raise BadInput(f"{path}: not a log of this version of hil: {error} (expected {expected})") from error
    if not 0 < info.rate_hz < float("inf"):
        raise BadInput(f"{path}: rate_hz must be above 0, got {info.rate_hz:g}")
    return info


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from error
