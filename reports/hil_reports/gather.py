"""Which flights there are: run folders read, sorted and grouped, so that repeats stand together.

A group is what may be averaged: one scenario, one target, one controller, one vehicle, and never a real flight with a
simulated one. The order of everything depends on what is in the folders, not on the order they were named in.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.core.errors import BadInput
from hil.core.outcome import Measurement, Outcome, RunResult
from hil.log import Log


@dataclass(frozen=True, slots=True)
class Flight:
    """One readable run folder."""

    name: str  # of the folder
    log: Log
    result: RunResult
    manifest: Mapping[str, Any]  # empty when the folder has none
    scenario_yaml: str  # empty when the folder has none


@dataclass(frozen=True, slots=True)
class Damaged:
    """A folder that cannot be reported on, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Group:
    """Repeats of the same thing, ordered by repeat."""

    scenario: str
    target: str
    controller: str
    vehicle: str
    simulated: bool
    flights: tuple[Flight, ...]

    @property
    def setup(self) -> str:
        """What is compared within a scenario: "sim / pid"."""
        return f"{self.target} / {self.controller}"

    @property
    def kind(self) -> str:
        """Whether anything left the ground."""
        return "SIMULATED" if self.simulated else "REAL FLIGHT"

    @property
    def scenario_versions(self) -> int:
        """How many different scenario files these flights were flown with; more than 1 is worth a warning."""
        return len({hashlib.sha256(flight.scenario_yaml.encode()).digest() for flight in self.flights})


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything a report is made from."""

    groups: tuple[Group, ...]
    damaged: tuple[Damaged, ...]

    @property
    def flights(self) -> tuple[Flight, ...]:
        """Every readable flight, in the order of the report."""
        return tuple(flight for group in self.groups for flight in group.flights)

    def by_scenario(self) -> dict[str, tuple[Group, ...]]:
        """Groups that flew the same task, for putting side by side."""
        names = dict.fromkeys(group.scenario for group in self.groups)
        return {name: tuple(g for g in self.groups if g.scenario == name) for name in names}


def gather(run_dirs: Sequence[Path]) -> ReportData:
    """Run folders as groups of flights; a folder named twice counts once. Raises BadInput if none are given."""
    if not run_dirs:
        raise BadInput("no run folders given", hint="give folders that `hil run` wrote, e.g. runs/*")
    groups: dict[tuple[str, str, str, str, bool], list[Flight]] = {}
    damaged = []
    for folder in {Path(run_dir).resolve() for run_dir in run_dirs}:
        try:
            flight = read_flight(folder)
        except BadInput as error:
            damaged.append(Damaged(folder.name, error.message.replace(f"{folder}/", "").replace(f"{folder}: ", "")))
            continue
        info, result = flight.log.info, flight.result
        key = (result.scenario, result.target, result.controller, info.vehicle, info.simulated)
        groups.setdefault(key, []).append(flight)
    return ReportData(
        tuple(Group(*key, tuple(sorted(groups[key], key=_flight_order))) for key in sorted(groups)),
        tuple(sorted(damaged, key=lambda d: (d.name, d.why))),
    )


def read_flight(folder: Path) -> Flight:
    """One run folder. Raises BadInput when it has no readable samples or verdict."""
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder")
    log = Log.open(folder)
    if len(log) == 0:
        raise BadInput(f"{folder}: the log has no samples")
    result = _result(folder / "result.json")
    manifest_path, scenario_path = folder / "manifest.json", folder / "scenario.yaml"
    manifest = _json(manifest_path) if manifest_path.exists() else {}
    scenario_yaml = scenario_path.read_text(errors="replace") if scenario_path.exists() else ""
    return Flight(folder.name, log, result, manifest, scenario_yaml)


def _flight_order(flight: Flight) -> tuple[int, int, str, str]:
    return (flight.result.repeat, flight.result.seed, flight.log.info.source, flight.name)


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except (ValueError, OSError) as error:
        raise BadInput(f"{path}: not readable JSON") from error
    if not isinstance(data, dict):
        raise BadInput(f"{path}: expected a JSON object")
    return data


def _result(path: Path) -> RunResult:
    if not path.exists():
        raise BadInput(f"{path}: missing, so this flight was never judged", hint="hil judge it, or fly it again")
    data = _json(path)
    try:
        return RunResult(
            **{name: data[name] for name in ("scenario", "target", "controller", "seed", "repeat")},
            outcome=Outcome(data["outcome"]),
            reason=data["reason"],
            measurements=tuple(_measurement(entry) for entry in data["measurements"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path}: not a verdict of this version of hil ({error})") from error


def _measurement(entry: Mapping[str, Any]) -> Measurement:
    return Measurement(**{name: entry[name] for name in Measurement.__slots__ if name in entry})
