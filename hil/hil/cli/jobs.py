"""What the words of a `hil run` command line amount to: a list of flights, every one checked before the first."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hil import registry
from hil.bench import Job
from hil.cli.fly import RECORDED
from hil.controller_choice import DEFAULT_NETWORK, NETWORK_TARGETS, choose, refuse_target, refuse_yaw, targets_of
from hil.core.errors import BadInput, unknown_name
from hil.flight_plan import plan_flight, plan_replay
from hil.flights.find import WHERE_TO_GET_THEM, find_flights
from hil.flights.reader import read_flight
from hil.preflight import check
from hil.scenario.fault_words import fault_of, with_faults
from hil.scenario.model import NAME_MAX, Scenario
from hil.scenario.shipped import find
from hil.targets.order import Hardware
from hil.targets.pil.lines import chip_line, means_a_chip
from hil.targets.replay import refuse_another_task
from hil.vehicle_choice import vehicle_of
from hil_controllers.network.engines import Backend


def expand(
    *,
    scenarios: Sequence[str],
    targets: Sequence[str],
    controllers: Sequence[str],  # none: each target's default
    overrides: Mapping[str, Any],
    flights: Sequence[Path],
    flights_dir: Path | None,
    out: Path,
    force: bool = False,
    faults: Sequence[str] = (),  # as words of --fault
    hardware: Hardware | None = None,
    unrehearsed: str | None = None,
    engine: Backend | None = None,
) -> list[Job]:
    """Every flight asked for: scenario × target × controller × repeat, or × recording. Raises BadInput.

    Without targets each controller flies where it belongs, and without either the simulator's default flies.
    """
    _known("target", targets, registry.TARGETS)
    hardware = hardware or Hardware()
    added = [fault_of(word) for word in faults]
    rigs = _rigs(list(dict.fromkeys(targets)), list(dict.fromkeys(controllers)), onboard=hardware.onboard)
    replays = "replay" in rigs
    at = {target: _hardware_of(target, hardware, rigs) for target in rigs}
    if "pil" in rigs:
        chip_line(at["pil"].uri)  # what it lacks is told before the first flight
    if engine and "sil" not in rigs and not (hardware.onboard == "app" and registry.VEHICLE_TARGETS & set(rigs)):
        raise BadInput("--engine says what steps a network, and none flies", hint="--controller snn")
    if not scenarios:
        if not (flights or flights_dir or replays):
            raise BadInput("nothing to fly", hint="hil run hover; hil scenarios lists what ships")
        scenarios = [RECORDED]
    utc, command = datetime.now(UTC), tuple(sys.argv[1:])
    jobs = []
    for path in find(scenarios):
        for plain, recordings in _variants(path, overrides, flights, flights_dir, replays=replays):
            scenario = with_faults(plain, added)
            for target, words in rigs.items():
                for repeat, controller, flight in _flights(
                    target, scenario, recordings, words, force=force, engine=engine
                ):
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
                            force=force,
                            hardware=at[target],
                            unrehearsed=unrehearsed,
                            engine=engine,
                        )
                    )
    return jobs


def _rigs(targets: list[str], controllers: list[str], *, onboard: str) -> dict[str, list[str | None]]:
    """The controllers to fly on each target; None is its default. Raises BadInput for one that flies on none.

    A vehicle's is on board, and named by `onboard`; only where that is an app, a network of `controllers` is in it.
    """
    vehicles = registry.VEHICLE_TARGETS & set(targets)
    if not vehicles:
        return _plain_rigs(targets, controllers)
    others = [target for target in targets if target not in vehicles]
    networks = [word for word in controllers if onboard == "app" and targets_of(word) == NETWORK_TARGETS]
    rest = [word for word in controllers if word not in networks or {*NETWORK_TARGETS} & {*others}]
    if rest and not set(others) - {"replay"}:
        raise BadInput(
            f"a vehicle flies the controller it has on board, not {rest[0]}",
            hint="--onboard says which; with -t sim,crazyflie, --controller is for sim",
        )
    plain = _plain_rigs(others, rest) if others else {}
    return {target: ([*networks] or [None]) if target in vehicles else plain[target] for target in targets}


def _hardware_of(target: str, hardware: Hardware, rigs: Mapping[str, object]) -> Hardware:
    """Of one target; where a chip and a vehicle fly, a --uri is of that whose kind it is."""
    if not registry.VEHICLE_TARGETS & {*rigs} or "pil" not in rigs or (target == "pil") == means_a_chip(hardware.uri):
        return hardware
    return replace(hardware, uri=None)


def _plain_rigs(targets: list[str], controllers: list[str]) -> dict[str, list[str | None]]:
    """The same for targets without a vehicle."""
    if not targets:
        rigs: dict[str, list[str | None]] = {}
        for word in controllers:
            rigs.setdefault(targets_of(word)[0], []).append(word)
        return rigs or {"sim": [None]}
    if not controllers:
        return {target: [None] for target in targets}
    flying = [target for target in targets if target != "replay"]
    if not flying:
        raise BadInput("a replay flies no controller: the recorded one decided", hint="leave --controller out")
    for word in controllers:
        if not set(flying) & set(targets_of(word)):
            refuse_target(word, flying[0])
    fit = {target: [word for word in controllers if target in targets_of(word)] for target in flying}
    for target, words in fit.items():
        if not words:
            refuse_target(controllers[0], target)
    return {target: [*fit[target]] if target in fit else [None] for target in targets}


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
    target: str,
    scenario: Scenario,
    recordings: Sequence[Path],
    controllers: Sequence[str | None],
    *,
    force: bool,
    engine: Backend | None,
) -> Iterator[tuple[int, str | None, Path | None]]:
    """(repeat, controller, recording) of each flight of one scenario on one target."""
    if target == "replay":
        vehicle_of(scenario)
        for recording in recordings:
            yield 0, None, recording
        return
    check(scenario)
    for controller in controllers:
        _meet(
            controller or (DEFAULT_NETWORK if target in NETWORK_TARGETS else None), scenario, force=force, engine=engine
        )
        for repeat in range(scenario.repeats):
            yield repeat, controller, None


def _meet(controller: str | None, scenario: Scenario, *, force: bool, engine: Backend | None) -> None:
    """Raises BadInput for a controller that is not there, or must not fly this vehicle on this task.

    Raises TargetUnavailable for an engine that is not here.
    """
    if controller is None:
        return
    choice = choose(controller, vehicle_of(scenario), force=force, engine=engine)
    if choice.network is not None and not scenario.task.lacks_flight:
        refuse_yaw(choice.network.name, plan_flight(scenario, 0))
