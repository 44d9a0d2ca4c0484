"""What the words of a `hil run` command line amount to: a list of flights, every one checked before the first."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hil import registry
from hil.bench import Job
from hil.cli.fly import RECORDED
from hil.core.errors import BadInput, unknown_name
from hil.flights.find import find_flights
from hil.preflight import check
from hil.scenario.model import Scenario
from hil.scenario.shipped import find


def expand(
    *,
    scenarios: Sequence[str],
    targets: Sequence[str],
    controllers: Sequence[str],
    overrides: Mapping[str, Any],
    flights: Sequence[Path],
    flights_dir: Path | None,
    out: Path,
) -> list[Job]:
    """Every flight asked for: scenario × target × controller × repeat, or × recording. Raises BadInput."""
    for target in targets:
        if target not in registry.TARGETS:
            raise BadInput(unknown_name("target", target, registry.TARGETS))
    for controller in controllers:
        if controller not in registry.CONTROLLERS:
            raise BadInput(unknown_name("controller", controller, registry.CONTROLLERS))
    wants_recordings = bool(flights or flights_dir or "replay" in targets)
    if not scenarios:
        if not wants_recordings:
            raise BadInput("nothing to fly", hint="hil run hover; hil scenarios lists what ships")
        scenarios = [RECORDED]
    utc, command = datetime.now(UTC), tuple(sys.argv[1:])
    jobs: list[Job] = []
    for path in find(scenarios):
        scenario = Scenario.load(path, overrides)
        recorded = scenario.task.kind == "recorded"
        recordings: list[Path | None] = [None]
        if recorded or "replay" in targets:
            recordings = list(_recordings(flights, flights_dir, scenario))
        for recording in recordings:
            flown = _with_recording(path, overrides, scenario, recording) if recorded else scenario
            for target in targets:
                if target == "replay":
                    jobs.append(Job(scenario=flown, target=target, flight=recording, out=out, utc=utc, command=command))
                    continue
                check(flown)
                jobs += [
                    Job(
                        scenario=flown,
                        target=target,
                        controller=controller,
                        repeat=repeat,
                        out=out,
                        utc=utc,
                        command=command,
                    )  # fmt: skip
                    for controller in controllers or [None]
                    for repeat in range(flown.repeats)
                ]
    return jobs


def _recordings(flights: Sequence[Path], flights_dir: Path | None, scenario: Scenario) -> list[Path]:
    named = getattr(scenario.task, "flight", None)
    if named and not flights and not flights_dir:
        base = scenario.path.parent if scenario.path else Path()
        return [base / named]
    if flights:
        return [path for flight in flights for path in find_flights(flight, None, {})]
    found = find_flights(None, flights_dir, os.environ)
    if not found:
        raise BadInput(
            "no recorded flight given",
            hint="--flight FILE, --flights DIR or HIL_FLIGHTS; public ones: clone syediu/nanobench-iros2026 from GitHub",
        )
    return found


def _with_recording(path: Path, overrides: Mapping[str, Any], scenario: Scenario, recording: Path | None) -> Scenario:
    assert recording is not None
    name = f"{scenario.name}-{recording.stem}"
    return Scenario.load(path, {**overrides, "task.flight": str(recording.resolve()), "name": name})
