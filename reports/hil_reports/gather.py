"""Which flights there are: run folders read, sorted and grouped, so that repeats stand together.

A group is what may be averaged: one scenario, one target, one controller, one vehicle, never a real flight with a
simulated one, nor errors against the truth with errors against what a vehicle believes. The order of everything depends
on what is in the folders, not on the order they were named in.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.core.errors import BadInput
from hil.core.outcome import RunResult
from hil.log import Log
from hil.run_files import MANIFEST, RESULT, SCENARIO
from hil.run_folder import RunFolder
from hil_reports.chip import ChipFlight, read_chip
from hil_reports.file_names import manifest_without_folders, paths_in_scenario, scenario_without_folders
from hil_reports.link import Link, read_link


@dataclass(frozen=True, slots=True)
class Flight:
    """One readable run folder."""

    name: str  # of the folder
    log: Log
    result: RunResult
    manifest: Mapping[str, Any]  # empty when the folder has none; like scenario_yaml, with file names for paths
    scenario_yaml: str  # empty when the folder has none
    chip: ChipFlight | None = None  # that its network was on
    link: Link | None = None  # of a vehicle behind one


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
    state_source: str  # what the error is against: the truth, or what the vehicle believes
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

    @property
    def repeated_seeds(self) -> int:
        """Simulated flights whose seed another one had: the same flight again, so no independent repeat."""
        if not self.simulated:
            return 0
        return len(self.flights) - len({flight.result.seed for flight in self.flights})


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
    groups: dict[tuple[str, str, str, str, bool, str], list[Flight]] = {}
    damaged = []
    for folder in {Path(run_dir).resolve() for run_dir in run_dirs}:
        try:
            flight = read_flight(folder)
        except BadInput as error:
            damaged.append(Damaged(folder.name, error.message.replace(f"{folder}/", "").replace(f"{folder}: ", "")))
            continue
        info, result = flight.log.info, flight.result
        key = (result.scenario, result.target, result.controller, info.vehicle, info.simulated, info.state_source)
        groups.setdefault(key, []).append(flight)
    return ReportData(
        tuple(Group(*key, tuple(sorted(groups[key], key=_flight_order))) for key in sorted(groups)),
        tuple(sorted(damaged, key=lambda d: (d.name, d.why))),
    )


def read_flight(path: Path) -> Flight:
    """One run folder. Raises BadInput when it has no readable samples or verdict."""
    if not path.is_dir():
        raise BadInput(f"{path}: no such folder")
    folder = RunFolder(path)
    log = folder.log()
    if not (path / RESULT).exists():
        raise BadInput(f"{path}: no {RESULT}: the bench was stopped before it could judge")
    result = folder.result()
    if len(log) == 0 and result.outcome.is_verdict:
        raise BadInput(f"{path}: the log has no samples")
    manifest = folder.manifest() if (path / MANIFEST).exists() else {}
    scenario_yaml = folder.scenario_yaml() if (path / SCENARIO).exists() else ""
    return Flight(
        name=path.name,
        log=log,
        result=result,
        manifest=manifest_without_folders(manifest, paths_in_scenario(scenario_yaml)),
        scenario_yaml=scenario_without_folders(scenario_yaml),
        chip=read_chip(path),
        link=read_link(path),
    )


def _flight_order(flight: Flight) -> tuple[int, int, str, str]:
    return (flight.result.repeat, flight.result.seed, flight.log.info.source, flight.name)
