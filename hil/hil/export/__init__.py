"""A flight in the formats of other tools: CSV, TUM (evo), MCAP (Foxglove, PlotJuggler, Rerun)."""

from pathlib import Path

from hil.core.errors import BadInput, unknown_name
from hil.export.csv import to_csv
from hil.export.mcap import to_mcap
from hil.export.tum import to_tum
from hil.log import Log
from hil.run_files import RUN_FILES, is_run_folder

__all__ = ["FORMATS", "to_csv", "to_mcap", "to_tum", "write"]

FORMATS = ("csv", "tum", "mcap")


def write(log: Log, run: Path, to: str, out: Path | None = None, which: str = "truth") -> Path:
    """Write `log` in format `to`, beside its run unless `out` says where; the path written. Raises BadInput."""
    if to not in FORMATS:
        raise BadInput(unknown_name("format", to, FORMATS))
    path = out or _beside(run, f"{which}.tum" if to == "tum" else f"flight.{to}")
    try:
        _refuse_to_overwrite(path, run)
        if to == "csv":
            to_csv(log, path)
        elif to == "tum":
            to_tum(log, path, which)
        else:
            to_mcap(log, path)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from error
    return path


def _refuse_to_overwrite(path: Path, run: Path) -> None:
    if path.is_dir():
        raise BadInput(f"{path} is a folder", hint="--out names a file")
    if _is_the_flight(path, run):
        raise BadInput(f"{path} is the flight itself", hint="--out names another file")
    if path.name in RUN_FILES and is_run_folder(path.parent):
        raise BadInput(f"{path} is part of a run folder", hint="--out names another file")


def _is_the_flight(path: Path, run: Path) -> bool:
    """The same file under whatever name: a link to it would be written through."""
    originals = [run / name for name in RUN_FILES] if run.is_dir() else [run]
    return path.exists() and any(original.exists() and path.samefile(original) for original in originals)


def _beside(run: Path, name: str) -> Path:
    return run / name if run.is_dir() else run.with_name(f"{run.stem}.{name}")
