"""Fly scenarios again and hold them against reference results: `hil check`, `hil refresh` and the pytest plugin.

All that can be known wrong is told before the first flight: a scenario that cannot be flown, a reference that is
missing, one that was made for another task or vehicle.
"""

import platform
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hil import __version__, registry
from hil.batch_runner import run_batch
from hil.controller_choice import targets_of
from hil.core.clock import SimulatedClock, WallClock
from hil.core.errors import BadInput, HilError, unknown_name
from hil.core.outcome import Outcome
from hil.flight_plan import plan_repeats
from hil.log import Log, LogWriter
from hil.preflight import check as preflight
from hil.runner import run
from hil.scenario.model import Scenario
from hil.targets.batch_loop import BatchLoop, PreparedBatch
from hil.targets.order import Order, Prepared
from hil.task_hash import scenario_hash, vehicle_hash
from hil_reports.regression import tolerances as tolerance_file
from hil_reports.regression.checked import Checked
from hil_reports.regression.difference import compare
from hil_reports.regression.flown import compared_metrics, flown, over
from hil_reports.regression.reference import MadeWith, Over, References, Result, Who, shipped_folder
from hil_reports.regression.tolerances import Tolerance

REPEATS = 5  # flights per scenario where nobody says otherwise

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One scenario, one controller, one target, and the reference it is held against; picklable."""

    scenario: Scenario
    who: Who
    repeats: int
    old: Result | None

    @property
    def name(self) -> str:
        """What is flown by whom, in words."""
        return f"{self.scenario.name} · {self.who.target} · {self.who.controller}"


class Cases(NamedTuple):
    """What is to be flown, and what is left out and why."""

    cases: list[Case]
    notes: list[str]


def cases_of(
    paths: Sequence[Path],
    references: References,
    *,
    targets: Sequence[str] = (),
    controllers: Sequence[str] = (),
    repeats: int | None = None,
) -> Cases:
    """Every scenario × target × controller; not named: those that have references, for vehicles they have any for.

    A controller that is named without a target flies where it has references, or else where it belongs.
    `repeats` None: as many as the reference has. Raises BadInput for a scenario that cannot be flown, or an unknown
    target, and where nothing is left to fly.
    """
    for target in targets:
        if target not in registry.TARGETS:
            raise BadInput(unknown_name("target", target, registry.TARGETS))
    pairs = _pairs(references, targets, controllers)
    cases, notes = [], dict[str, None]()
    seen: dict[str, Path] = {}
    for path in dict.fromkeys(paths):
        scenario = Scenario.load(path)
        if seen.setdefault(scenario.name, path) != path:
            raise scenario.error("name", f"{scenario.name!r} is the name of {seen[scenario.name]} too")
        preflight(scenario)
        for target, controller in pairs:
            who = Who(target, controller, _vehicle_name(scenario))
            if not controllers and who not in references.results:
                notes[f"not flown: {controller} on {who.vehicle}, for which it has no reference"] = None
                continue
            old = references.of(who, scenario.name)
            count = repeats or (old.repeats if old else max(REPEATS, scenario.repeats))
            flown_as = scenario.model_copy(update={"repeats": count})
            cases.append(Case(scenario=flown_as, who=who, repeats=count, old=old))
    if not cases:
        raise BadInput(
            f"{references.folder}: no reference for any of these scenarios, targets and controllers",
            hint="hil refresh SCENARIO --target T --controller C --reference DIR makes some",
        )
    return Cases(cases, list(notes))


def _pairs(references: References, targets: Sequence[str], controllers: Sequence[str]) -> list[tuple[str, str]]:
    """Every (target, controller) asked for."""
    if targets or not controllers:
        return [
            (target, controller)
            for target in targets or references.targets
            for controller in controllers or references.controllers(target)
        ]
    return [
        (target, controller)
        for controller in controllers
        for target in [name for name in references.targets if controller in references.controllers(name)]
        or targets_of(controller)[:1]
    ]


def refuse_stale(cases: Sequence[Case], references: References) -> None:
    """Raises BadInput where a reference is missing or was made for another task, with the command that refreshes it."""
    tolerances = tolerance_file.read(references.folder)
    stale = [(case, why) for case in cases if (why := _stale(case, references, tolerances))]
    if stale:
        lines = [f"{case.name}: {why}" for case, why in stale]
        raise BadInput("\n".join(lines), hint=_refresh_command([case for case, _ in stale], references.folder))


def _stale(case: Case, references: References, tolerances: Mapping[str, Tolerance]) -> str:
    file = references.path(case.who)
    if case.old is None:
        _refuse_unknown(case)
        return f"no reference in {file}"
    if scenario_hash(case.scenario) != case.old.scenario_hash:
        return f"the scenario has changed since its reference in {file} was made"
    if vehicle_hash(case.scenario) != case.old.vehicle_hash:
        return f"the vehicle {case.who.vehicle} has changed since the reference in {file} was made"
    missing = [name for name in case.old.metrics if name not in tolerances]
    return f"{references.folder / tolerance_file.FILE} has no tolerance for {', '.join(missing)}" if missing else ""


def _refresh_command(cases: Sequence[Case], folder: Path) -> str:
    """The command line that makes the references of these cases."""
    words = ["hil", "refresh", *dict.fromkeys(_from_here(case.scenario.path) for case in cases)]
    words += ["--target", ",".join(dict.fromkeys(case.who.target for case in cases))]
    words += ["--controller", ",".join(dict.fromkeys(case.who.controller for case in cases))]
    if folder != shipped_folder():
        words += ["--reference", str(folder)]
    return shlex.join(words)


def check_all(
    cases: Sequence[Case],
    tolerances: Mapping[str, Tolerance],
    *,
    workers: int = 1,
    told: Told = lambda done, total: None,
) -> list[Checked]:
    """Fly all cases, over `workers` processes, and compare; in the order of `cases`. What fails is a result, too."""
    found: dict[int, Checked] = {}
    for index, one in _checked(cases, tolerances, workers):
        found[index] = one
        told(len(found), len(cases))
    return [found[index] for index in range(len(cases))]


def _checked(cases: Sequence[Case], tolerances: Mapping[str, Tolerance], workers: int) -> Iterator[tuple[int, Checked]]:
    if workers <= 1 or len(cases) == 1:
        yield from ((index, check_one(case, tolerances)) for index, case in enumerate(cases))
        return
    with ProcessPoolExecutor(min(workers, len(cases)), mp_context=get_context("spawn")) as pool:
        flying = {pool.submit(check_one, case, tolerances): index for index, case in enumerate(cases)}
        try:
            for future in as_completed(flying):
                yield flying[future], future.result()
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def check_one(case: Case, tolerances: Mapping[str, Tolerance]) -> Checked:
    """Fly one case and compare it with its reference, if it has one."""
    told = Checked(scenario=case.scenario.name, target=case.who.target, controller=case.who.controller, old=case.old)
    try:
        new, repeatable, of_old = fly_case(case)
        difference = compare(case.old, new, tolerances, repeatable=repeatable, of_old=of_old) if case.old else None
    except HilError as error:
        return replace(told, error=str(error), error_code=error.exit_code)
    except Exception as error:  # somebody's controller
        return replace(told, error=f"{type(error).__name__}: {error}", error_code=Outcome.ERROR.exit_code)
    if not case.old and not repeatable:
        return replace(told, error="two flights of one seed differ: no reference for them", error_code=1)
    return replace(told, new=new, difference=difference)


class FlownCase(NamedTuple):
    """What the flights of a case came to."""

    result: Result
    repeatable: bool  # the first, flown once more, was the same flight
    of_old: dict[str, Over | None]  # metrics over the repeats that went to their end in the reference


def fly_case(case: Case) -> FlownCase:
    """Fly every repeat, and the first once more."""
    metrics = compared_metrics(case.scenario)
    at_once = case.who.target in registry.BATCH_TARGETS
    controller_hash, logs = (_at_once if at_once else _one_by_one)(case, [*range(case.repeats), 0])
    *flights, again = [flown(log, case.scenario, metrics) for log in logs]
    bad = [flight for flight in flights if flight.outcome is not Outcome.PASS]
    result = Result(
        scenario_hash=scenario_hash(case.scenario),
        vehicle_hash=vehicle_hash(case.scenario),
        controller_hash=controller_hash,
        seed=case.scenario.seed,
        repeats=case.repeats,
        made_with=MadeWith(
            hil=__version__,
            python=platform.python_version(),
            numpy=np.__version__,
            machine=f"{platform.system()}-{platform.machine()}".lower(),
        ),
        failed=tuple(flight.repeat for flight in bad if flight.outcome is Outcome.FAIL),
        aborted=tuple(flight.repeat for flight in bad if flight.outcome is Outcome.ABORTED),
        why=bad[0].reason if bad else "",
        metrics={name: over(flights, name) for name in metrics},
    )
    same = [flight for flight in flights if case.old is None or flight.repeat in case.old.finished]
    return FlownCase(result, again == flights[0], {name: over(same, name) for name in metrics})


def _at_once(case: Case, repeats: Iterable[int]) -> tuple[str, Iterator[Log]]:
    """Hash of the controller, and the logs of these repeats, flown side by side."""
    target = _many(case)
    return target.controller_hash, run_batch(plan_repeats(case.scenario, repeats), target)


def _one_by_one(case: Case, repeats: Iterable[int]) -> tuple[str, Iterator[Log]]:
    """The same for a target that has no batch form."""
    controller_hash, logs = "", []
    for repeat in repeats:
        target, plan, simulated, _ = _one(case, repeat)
        if not simulated:
            raise BadInput(f"{case.who.target} is not simulated: no flight on it is like another")
        with LogWriter(plan.info(target, simulated=True), None) as writer, target:
            logs.append(run(plan, target, clock=SimulatedClock(), writer=writer))
        controller_hash = target.controller_hash
    return controller_hash, iter(logs)


def _many(case: Case) -> BatchLoop:
    build: Callable[..., PreparedBatch] = registry.load(registry.BATCH_TARGETS, "target", case.who.target)
    return build(case.scenario, case.who.controller).target


def _one(case: Case, repeat: int) -> Prepared:
    build: Callable[[Order], Prepared] = registry.load(registry.TARGETS, "target", case.who.target)
    who = case.who.controller
    return build(Order(scenario=case.scenario, repeat=repeat, controller=who, flight=None, clock=WallClock()))


def _refuse_unknown(case: Case) -> None:
    """Raises BadInput for a controller that there is not: a reference is not what it lacks."""
    if case.who.target in registry.BATCH_TARGETS:
        _many(case)
    else:
        _one(case, 0)


def _vehicle_name(scenario: Scenario) -> str:
    return Path(scenario.vehicle).stem if scenario.vehicle.endswith(".toml") else scenario.vehicle


def _from_here(path: Path | None) -> str:
    """The path as somebody would type it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path and path.is_relative_to(here) else path)
