"""Results that are kept: what need not be flown again, because nothing that it depends on has changed.

Each condition × controller has a file whose name is a hash of everything that decides it: the scenario as resolved, the
vehicle's numbers, the network, the bench's own code and the versions of what it computes with. A guest's code may
import anything, so no key could vouch for it: its results are not kept.
"""

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from hil.core.errors import BadInput
from hil.core.whole_file import write_whole
from hil.machine import version_of
from hil.manifest import sha256_of
from hil.scenario.model import Scenario
from hil.suite.results import PointResult
from hil.vehicle_choice import vehicle_of

_CODE = ("hil", "hil_sim", "hil_controllers", "hil_reports.metrics", "hil_reports.criteria")
_LIBRARIES = ("numpy", "numba", "llvmlite")
_NO_MATTER = (
    *("cli", "data", "export", "training"),
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
        try:
            write_whole(path, _Point.dump_json(result))
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
        "controller": [controller, network_hash],
        "code": _code_hash(),
        "versions": [platform.python_version(), *map(version_of, _LIBRARIES)],
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:24]


def sources(names: Iterable[str] = _CODE) -> Iterator[tuple[str, Path]]:
    """Name and path of every file of these packages and modules that flies or measures, in order."""
    for name in names:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        if spec.submodule_search_locations is None:
            yield name, Path(spec.origin)
            continue
        root = Path(spec.origin).parent
        for path in sorted(root.rglob("*")):
            within = path.relative_to(root)
            if path.suffix in (".py", ".toml") and not {*within.parts} & {*_NO_MATTER}:
                yield f"{name}/{within.as_posix()}", path


@cache
def _code_hash() -> str:
    return hash_of(sources())


def hash_of(files: Iterable[tuple[str, Path]]) -> str:
    """Of files by name and content."""
    found = hashlib.sha256()
    for name, path in files:
        content = path.read_bytes()
        found.update(f"{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()
