"""Which recorded flights a user means: --flight, --flights or HIL_FLIGHTS, in that order."""

from collections.abc import Mapping
from pathlib import Path

from hil.core.errors import BadInput
from hil.flights.nanobench import REQUIRED

ENVIRONMENT = "HIL_FLIGHTS"
WHERE_TO_GET_THEM = "public ones: git clone https://github.com/syediu/nanobench-iros2026"


def find_flights(flight: Path | None, flights_dir: Path | None, environ: Mapping[str, str]) -> list[Path]:
    """Recorded flights, sorted by name: the one named, else all under the folder named, else under $HIL_FLIGHTS.

    Empty where nothing was asked for. Raises BadInput where something was and there is nothing.
    """
    if flight is not None:
        if not flight.exists():
            raise BadInput(f"--flight {flight}: no such file or folder", hint=WHERE_TO_GET_THEM)
        return [flight]
    if flights_dir is not None:
        return _under(flights_dir, "--flights ")
    if environ.get(ENVIRONMENT):
        return _under(Path(environ[ENVIRONMENT]), f"{ENVIRONMENT}=")
    return []


def is_flight(path: Path) -> bool:
    """Whether this looks like a recording: a run folder of hil, or a CSV with the header of a known format."""
    if path.is_dir():
        return (path / "samples.parquet").is_file() or (path / "samples.part").is_file()
    if path.suffix != ".csv":
        return False
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline(10_000).strip().split(",")
    except (OSError, UnicodeDecodeError):
        return False
    return set(REQUIRED) <= set(header)


def _under(folder: Path, asked: str) -> list[Path]:
    folder = folder.expanduser()
    if not folder.is_dir():
        raise BadInput(f"{asked}{folder}: no such folder", hint=WHERE_TO_GET_THEM)
    found = [folder] if is_flight(folder) else sorted(path for path in _candidates(folder) if is_flight(path))
    if not found:
        raise BadInput(f"{asked}{folder}: no recorded flight in it", hint=WHERE_TO_GET_THEM)
    return found


def _candidates(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix == ".csv" or path.is_dir()]
