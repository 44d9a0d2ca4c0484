"""What the words of a `hil run` command line amount to: a list of flights, every one checked before the first."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hil import registry
from hil.bench import Job
from hil.cli.fly import RECORDED
from hil.core.errors import BadInput, unknown_name
from hil.flight_plan import plan_replay
from hil.flights.find import WHERE_TO_GET_THEM, find_flights
from hil.flights.reader import read_flight
from hil.preflight import check
from hil.scenario.model import NAME_MAX, Scenario
from hil.scenario.shipped import find
from hil.targets.replay import refuse_another_task
from hil.vehicle_choice import vehicle_of


def expand(
    *,
    scenarios: Sequence[str],
    targets: Sequence[str],
    controllers: Sequence[str],  # none: each target's default
    overrides: Mapping[str, Any],
    flights: Sequence[Path],
    flights_dir: Path | None,
    out: Path,
) -> list[Job]:
    """Every flight asked for: scenario × target × controller × repeat, or × recording. Raises BadInput."""
    targets, controllers = list(dict.fromkeys(targets)), list(dict.fromkeys(controllers))
    _known("target", targets, registry.TARGETS)
    _known("controller", controllers, registry.CONTROLLERS)
    replays = "replay" in targets
    if controllers and set(targets) == {"replay"}:
        raise BadInput("a replay flies no controller: the recorded one decided", hint="leave --controller out")
    if not scenarios:
        if not (flights or flights_dir or replays):
            raise BadInput("nothing to fly", hint="hil run hover; hil scenarios lists what ships")
        scenarios = [RECORDED]
    utc, command = datetime.now(UTC), tuple(sys.argv[1:])
    jobs = []
    for path in find(scenarios):
        for scenario, recordings in _variants(path, overrides, flights, flights_dir, replays=replays):
            for target in targets:
                for repeat, controller, flight in _flights(target, scenario, recordings, controllers):
                    jobs.append(
                        Job(
                            scenario=scenario,
                            target=target,
                            controller=controller,
                            repeat=repeat,
                            flight=flight,
                            out=out,
                            utc=utc,
                            command=command,
                        )
                    )
    return jobs


def _known(kind: str, names: Sequence[str], table: Mapping[str, str]) -> None:
    for name in names:
        if name not in table:
            raise BadInput(unknown_name(kind, name, table))


def _variants(
    path: Path, overrides: Mapping[str, Any], flights: Sequence[Path], flights_dir: Path | None, *, replays: bool
) -> Iterator[tuple[Scenario, list[Path]]]:
    """The scenario with the recordings it is to be judged on; a recorded task becomes one scenario per recording."""
    scenario = Scenario.load(path, overrides)
    if scenario.task.kind != "recorded":
        found = _recordings(flights, flights_dir) if replays else []
        for recording in found:
            flight = read_flight(recording)
            refuse_another_task(plan_replay(scenario, flight), flight)
        yield scenario, found
        return
    named = getattr(scenario.task, "flight", None)
    chosen = [Path(named)] if named and not (flights or flights_dir) else _recordings(flights, flights_dir)
    for recording in chosen:
        name = f"{scenario.name}-{recording.stem}"[:NAME_MAX]
        yield Scenario.load(path, {**overrides, "task.flight": str(recording.resolve()), "name": name}), [recording]


def _recordings(flights: Sequence[Path], flights_dir: Path | None) -> list[Path]:
    if flights:
        found = [path for flight in flights for path in find_flights(flight, None, {})]
    else:
        found = find_flights(None, flights_dir, os.environ)
    if not found:
        hint = f"--flight FILE, --flights DIR or HIL_FLIGHTS; {WHERE_TO_GET_THEM}"
        raise BadInput("no recorded flight given", hint=hint)
    for path in found:
        read_flight(path)  # a file that cannot be read is told before the first flight
    return found


def _flights(
    target: str, scenario: Scenario, recordings: Sequence[Path], controllers: Sequence[str]
) -> Iterator[tuple[int, str | None, Path | None]]:
    """(repeat, controller, recording) of each flight of one scenario on one target."""
    if target == "replay":
        vehicle_of(scenario)
        for recording in recordings:
            yield 0, None, recording
        return
    check(scenario)
    for controller in controllers or (None,):
        for repeat in range(scenario.repeats):
            yield repeat, controller, None
