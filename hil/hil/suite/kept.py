"""Results that are kept: what need not be flown again, because nothing that it depends on has changed.

Each condition × controller has a file whose name is a hash of everything that decides it: the scenario as resolved, the
vehicle's numbers, the controller (a file by its content) and the bench's own code.
"""

import hashlib
import json
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hil.core.errors import BadInput
from hil.manifest import sha256_of
from hil.scenario.model import Scenario
from hil.suite.results import PointResult
from hil.vehicle_choice import vehicle_of

_CODE = ("hil", "hil_sim", "hil_controllers", "hil_reports.metrics")
_NO_MATTER = (
    *("cli", "data", "export", "suite", "training"),
    *("adjoint", "fidelity", "gym", "identify", "__pycache__"),
)  # folders of these packages that decide no flight
_WORDS = {"name", "description", "criteria"}  # of a scenario: they decide no flight
_Point = TypeAdapter(PointResult)


class Kept:
    """A folder of results by key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"{folder}: cannot be a folder: {error.strerror}", hint="--out names a folder") from error

    def get(self, key: str) -> PointResult | None:
        """The result with this key, or None; a damaged file is none."""
        try:
            return _Point.validate_json(self._path(key).read_bytes())
        except (OSError, ValidationError):
            return None

    def put(self, key: str, result: PointResult) -> None:
        """Keep a result: whole or not at all."""
        path = self._path(key)
        part = path.with_suffix(".part")
        try:
            part.write_bytes(_Point.dump_json(result))
            os.replace(part, path)
        except OSError as error:
            raise BadInput(f"{path}: cannot be written: {error.strerror}", hint="is the disk full?") from error

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def key_of(scenario: Scenario, controller: str, network_hash: str) -> str:
    """Hash of what decides these flights. `network_hash` is empty for what is no network."""
    data = scenario.model_dump(mode="json", exclude=_WORDS)
    files = [data["task"].get(key) for key in ("file", "flight")]
    decides = {
        "scenario": data | {"vehicle": repr(vehicle_of(scenario))},
        "files": [sha256_of(Path(file)) for file in files if file],
        "controller": [controller, network_hash, _source_of(controller)],
        "code": _code_hash(),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:24]


def _source_of(controller: str) -> str:
    """Hash of the file that a controller is, or is made in (`path.py:factory`); empty for a name."""
    for path in (Path(controller), Path(controller.rpartition(":")[0] or ".")):
        if path.is_file():
            return sha256_of(path)
    return ""


@cache
def _code_hash() -> str:
    """Of the sources of all that flies and measures."""
    found = hashlib.sha256()
    for package in _CODE:
        spec = find_spec(package)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        root = Path(next(iter(spec.submodule_search_locations)))
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".toml") and not {*path.relative_to(root).parts} & {*_NO_MATTER}:
                found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
