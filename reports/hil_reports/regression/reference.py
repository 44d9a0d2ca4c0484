"""Reference results: what flights came to when somebody looked and agreed, in files that read well as a difference.

A folder has one file per target, controller and vehicle, `sim-geometric-cf21-identified.yaml`, with one section per
scenario, and the tolerances of all of them (`tolerances.py`). Numbers have four significant digits: fewer than another
CPU or numpy moves, more than any tolerance needs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import Field

import hil
from hil.core.errors import BadInput
from hil.core.whole_file import write_whole
from hil.scenario.fields import FromList, Number, Strict
from hil_reports.regression.strict_yaml import load
from hil_reports.regression.tolerances import FILE as TOLERANCES

_HEAD = "# Reference results for `hil check`, written by `hil refresh`: docs/regression.md says what they mean.\n"

Repeats = Annotated[tuple[Annotated[int, Field(ge=0)], ...], FromList]


class Over(Strict):
    """One metric over the flights that went to their end."""

    mean: Number = Field(description="in the metric's unit")
    worst: Number = Field(description="of one flight")


class MadeWith(Strict):
    """What the flights were made with."""

    hil: str = Field(description="version of the bench")
    python: str = Field(description="version")
    numpy: str = Field(description="version")
    machine: str = Field(description="operating system and architecture")


class Result(Strict):
    """What the flights of one scenario came to."""

    scenario_hash: str = Field(description="of the task as flown: stale if the scenario's is another")
    vehicle_hash: str = Field(description="of the vehicle's numbers: stale if the vehicle's is another")
    controller_hash: str = Field("", description="of the network; empty for a controller that is only its code")
    seed: int = Field(description="root seed")
    repeats: Annotated[int, Field(ge=1)] = Field(description="flights, with paired seeds")
    made_with: MadeWith = Field(description="versions")
    failed: Repeats = Field((), description="repeats that broke a criterion")
    aborted: Repeats = Field((), description="repeats that were cut short")
    why: str = Field("", description="reason of the first flight that did not pass, to be read; not compared")
    metrics: dict[str, Over | None] = Field(description="by name; null where a flight cannot give it, or none ended")

    @property
    def finished(self) -> frozenset[int]:
        """Repeats that went to their end."""
        return frozenset(range(self.repeats)) - {*self.aborted}

    @property
    def passed(self) -> frozenset[int]:
        """Repeats that kept every limit."""
        return self.finished - {*self.failed}


class _File(Strict):
    version: Literal[1]
    target: str
    controller: str
    vehicle: str
    scenarios: dict[str, Result]


class Who(NamedTuple):
    """What one file of a folder is about."""

    target: str
    controller: str
    vehicle: str


@dataclass(frozen=True)
class References:
    """A folder of reference results, read."""

    folder: Path
    results: Mapping[Who, Mapping[str, Result]]

    def of(self, who: Who, scenario: str) -> Result | None:
        """The reference of one scenario, or None."""
        return self.results.get(who, {}).get(scenario)

    def controllers(self, target: str) -> list[str]:
        """Those that have references on a target, sorted."""
        return sorted({who.controller for who in self.results if who.target == target})

    @property
    def targets(self) -> list[str]:
        """Those that have references, sorted."""
        return sorted({who.target for who in self.results})

    def path(self, who: Who) -> Path:
        """The file that is about them. The controller given as a file is called by that file's name."""
        words = (Path(word).name for word in who)
        return self.folder / ("-".join(re.sub(r"[^A-Za-z0-9._-]+", "-", word) for word in words) + ".yaml")

    def updated(self, who: Who, scenario: str, result: Result) -> "References":
        """The same with one more, or another, result."""
        sections = {**self.results.get(who, {}), scenario: result}
        return replace(self, results={**self.results, who: dict(sorted(sections.items()))})

    def write(self, who: Who) -> Path:
        """Write the file about `who`. Raises BadInput."""
        path = self.path(who)
        for other in self.results:
            if other != who and self.path(other) == path:
                raise BadInput(f"{path} is about {' · '.join(other)}; {' · '.join(who)} needs another file or folder")
        sections = {name: _plain(result) for name, result in self.results[who].items()}
        data = {"version": 1, **who._asdict(), "scenarios": sections}
        text = _HEAD + yaml.safe_dump(data, sort_keys=False, default_flow_style=None, allow_unicode=True, width=1000)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, text.encode())
        except OSError as error:
            raise BadInput(
                f"{path}: cannot be written: {error.strerror}", hint="--reference names a folder of your own"
            ) from error
        return path


def read(folder: Path) -> References:
    """Every reference in a folder; none where there is no such folder. Raises BadInput with file, line and key."""
    results: dict[Who, Mapping[str, Result]] = {}
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is not a folder", hint="--reference names a folder of reference results")
    for path in sorted(folder.glob("*.yaml")):
        if path.name == TOLERANCES:
            continue
        loaded = load(path, _File)
        content = loaded.content
        who = Who(content.target, content.controller, content.vehicle)
        if who in results:
            raise loaded.error("controller", f"{' · '.join(who)} has another file already, {path.parent}")
        results[who] = content.scenarios
    return References(folder, results)


def shipped_folder() -> Path:
    """The references that ship: inside the installed package, or the checkout's own."""
    checkout = Path(hil.__file__).resolve().parents[2] / "reports" / "reference"
    return _installed() if _installed().is_dir() else checkout


def is_installed(folder: Path) -> bool:
    """Whether these are the references inside an installed package, which no refresh may change."""
    return folder.resolve() == _installed().resolve()


def _installed() -> Path:
    return Path(str(files("hil"))) / "data" / "reference"


def _plain(result: Result) -> dict[str, Any]:
    """For YAML: what is empty left out."""
    data = result.model_dump()
    return {key: value for key, value in data.items() if key not in ("controller_hash", "why") or value} | {
        "failed": list(result.failed),
        "aborted": list(result.aborted),
    }
