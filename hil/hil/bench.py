"""From jobs to verdicts: each job is one flight, flown, logged, judged and kept in a run folder."""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hil import registry
from hil.core.clock import Clock, SimulatedClock, WallClock
from hil.core.errors import BadInput, HilError, Refused
from hil.core.outcome import Outcome, RunResult
from hil.log import Event, LogInfo, LogWriter
from hil.log_files import writing
from hil.manifest import manifest
from hil.operator import Attended, Tell
from hil.rehearsal import stand_in
from hil.run_folder import create, write_manifest, write_result, write_scenario
from hil.runner import INTERRUPTED, Sink, ignore, refused, run
from hil.scenario.model import Scenario
from hil.targets.order import Hardware, Order, Prepared
from hil_controllers.network.engines import Backend

_LOOK_AT_IT = "a flight of the vehicle was cut short, so that none follows until somebody has looked"

Done = Callable[["Job", RunResult], None]


def silent(text: str) -> None:
    """An operator who is told nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One flight to make: all a worker process needs, picklable."""

    scenario: Scenario
    target: str
    controller: str | None = None  # None: the target's default
    repeat: int = 0
    flight: Path | None = None
    out: Path | None = None  # None: keep nothing
    utc: datetime = field(default_factory=lambda: datetime.now(UTC))
    command: tuple[str, ...] = ()
    force: bool = False  # fly a network that its file or contract says must not
    engine: Backend | None = None  # what steps a network; None: the fastest that is here
    real_time: bool = False  # let a simulated flight take as long as a real one, to watch it
    hardware: Hardware = field(default_factory=Hardware)  # for a target with a vehicle, or a chip
    unrehearsed: str | None = None  # why it need not be flown in the simulator first


class Interrupted(HilError):
    """A batch was ended early; `results` holds the flights that were made, the one cut short included."""

    exit_code = 4

    def __init__(self, results: Sequence[RunResult], planned: int, why: str = INTERRUPTED) -> None:
        super().__init__(f"{why}: {len(results)} of {planned} flights begun")
        self.results = list(results)


def prepare(job: Job, stopwatch: Clock | None = None) -> Prepared:
    """The rig of a flight, not yet opened, and the flight's plan. Raises BadInput where they cannot be."""
    order = Order(
        scenario=job.scenario,
        repeat=job.repeat,
        controller=job.controller,
        flight=job.flight,
        clock=stopwatch or WallClock(),
        force=job.force,
        hardware=replace(job.hardware, real_time=job.real_time),
        engine=job.engine,
    )
    prepared: Prepared = registry.load(registry.TARGETS, "target", job.target)(order)
    return prepared


def fly(job: Job, *, sink: Sink = ignore, tell: Tell = silent, stopwatch: Clock | None = None) -> RunResult:
    """Make one flight and judge it. Raises HilError where the bench, not the flight, is at fault.

    A vehicle takes off only once a stand-in has flown the same in the simulator, and passed. `tell` gets what its
    operator should read at once.
    """
    from hil_reports.criteria import judge, measure_all, outcome

    target, plan, simulated, pace = prepare(job, stopwatch)
    has_vehicle = job.target in registry.VEHICLE_TARGETS
    info = plan.info(target, simulated=simulated)
    folder = create(job.out, job.utc, info, job.scenario.repeats) if job.out else None
    with _accounted(folder, info):
        if folder:
            made_with = manifest(job.scenario, info, flight=job.flight, utc=job.utc, command=job.command)
            with writing(folder):
                write_scenario(folder, plan.scenario)
                write_manifest(folder, made_with | (_vehicle_notes(job) if has_vehicle else {}))
        clock = pace or (WallClock() if job.real_time else SimulatedClock())
        with LogWriter(info, folder) as writer:
            rehearsal = _rehearsal(job, plan.scenario) if has_vehicle else None
            if rehearsal is not None:
                writer.event(Event(plan.ticks[0] / plan.rate_hz, *rehearsal))
            cleared = rehearsal is None or rehearsal[0] != "abort"
            attended = Attended(target, tell) if has_vehicle else None
            if attended and cleared:
                again = f", repeat {info.repeat}" if job.scenario.repeats > 1 else ""
                tell(f"{info.scenario}{again}: {info.vehicle} at {target.where}, {info.controller}")
            if cleared:
                try:
                    with attended or target as rig:
                        run(plan, rig, clock=clock, writer=writer, sink=sink)
                except Refused as refusal:  # before there was anything to fly
                    writer.event(Event(plan.ticks[0] / plan.rate_hz, "abort", refused(refusal)))
            log = writer.log()
        if folder and cleared:
            with writing(folder):
                target.keep(folder)
        judged = judge(log, job.scenario.criteria)
        verdict, reason = outcome(log, judged)
        named = {measurement.metric for measurement in judged}
        others = [measurement for measurement in measure_all(log) if measurement.metric not in named]
        result = RunResult(
            scenario=info.scenario,
            target=info.target,
            controller=info.controller,
            seed=info.seed,
            repeat=info.repeat,
            outcome=verdict,
            reason=reason,
            measurements=(*judged, *others),
            run_dir=folder,
            interrupted=attended.interrupted if attended else any(map(_by_the_operator, log.events)),
        )
        if folder:
            with writing(folder):
                write_result(folder, result)
    return result


def _by_the_operator(event: Event) -> bool:
    """Whether the flight loop notes here that it was interrupted, though perhaps not as the flight's reason."""
    return event.kind in ("abort", "safety") and event.text.startswith(INTERRUPTED)


def _vehicle_notes(job: Job) -> dict[str, Any]:
    """What the manifest of a flight with a vehicle says besides: how it was reached, and what came before it."""
    target, controller = stand_in(job.hardware, job.controller)
    rehearsal = (
        {"target": target, "controller": controller} if job.unrehearsed is None else {"skipped": job.unrehearsed}
    )
    hardware = {name: getattr(job.hardware, name) for name in ("uri", "device", "onboard", "setpoints")}
    return {"hardware": hardware, "rehearsal": rehearsal}


def _rehearsal(job: Job, scenario: Scenario) -> tuple[str, str]:
    """Kind and text of an event: how a stand-in flew this in the simulator, within the vehicle's limits.

    An "abort" unless it passed. Faults are left out: what is broken on purpose is not rehearsed.
    """
    if job.unrehearsed is not None:
        return "warning", f"not flown in the simulator first: {job.unrehearsed}"
    target, controller = stand_in(job.hardware, job.controller)
    flown = _rehearsed(scenario.model_copy(update={"faults": ()}), job.repeat, target, controller, job.force)
    text = f"{target} under {controller}: {flown.outcome}"
    if flown.outcome is Outcome.PASS:
        return "phase", f"rehearsal: {text}"
    hint = "--skip-sim-first REASON flies it all the same"
    return "abort", refused(Refused(f"not green in the simulator first: {text}: {flown.reason}", hint=hint))


@lru_cache(maxsize=256)
def _rehearsed(scenario: Scenario, repeat: int, target: str, controller: str, force: bool) -> RunResult:
    """One flight in the simulator, kept nowhere; the same again costs nothing."""
    result = fly(Job(scenario=scenario, target=target, controller=controller, repeat=repeat, force=force))
    if result.interrupted:
        raise KeyboardInterrupt  # which the simulator took for the end of its own flight
    return result


@contextmanager
def _accounted(folder: Path | None, info: LogInfo) -> Iterator[None]:
    """Whatever breaks in here is on record in the run folder before it goes on."""
    try:
        yield
    except Exception as error:
        if folder:
            with suppress(BadInput, OSError):  # a disk that is full has no room for this either
                LogWriter(info, folder).event(Event(0.0, "error", traceback.format_exc()))
            with suppress(OSError):
                write_result(
                    folder, _failed(info.target, info.controller, info.scenario, info.seed, info.repeat, error)
                )
        raise


def _failed(target: str, controller: str, scenario: str, seed: int, repeat: int, error: Exception) -> RunResult:
    """The verdict on a flight that the bench could not make."""
    known = isinstance(error, HilError)
    return RunResult(
        scenario=scenario,
        target=target,
        controller=controller,
        seed=seed,
        repeat=repeat,
        outcome=Outcome.ERROR,
        reason=str(error) if known else f"a bug in hil: {type(error).__name__}: {error}",
        measurements=(),
        error_code=error.exit_code if isinstance(error, HilError) else Outcome.ERROR.exit_code,
    )


def _attempt(job: Job, sink: Sink = ignore, tell: Tell = silent) -> RunResult:
    """One flight of a batch: what the bench fails at is a result too, so that the others are flown."""
    try:
        return fly(job, sink=sink, tell=tell)
    except Exception as error:
        return _failed(job.target, job.controller or "default", job.scenario.name, job.scenario.seed, job.repeat, error)


def fly_all(
    jobs: Sequence[Job],
    *,
    workers: int = 1,
    done: Done = lambda job, result: None,
    sink: Sink = ignore,
    tell: Tell = silent,
) -> list[RunResult]:
    """Make every flight, over `workers` processes; results in the order of `jobs`, `done` called as each ends.

    Flights with a vehicle are made here, one at a time, after all others. Raises Interrupted when the operator stops
    it: nothing more takes off then; and where a vehicle's flight had no verdict and more of them were to come: they do
    not take off. A single job raises what it fails at.
    """
    results: dict[int, RunResult] = {}
    why = ""  # nothing more takes off
    here = [k for k, job in enumerate(jobs) if workers <= 1 or job.target in registry.VEHICLE_TARGETS]
    elsewhere = {k: job for k, job in enumerate(jobs) if k not in here}

    def one_by_one() -> Iterator[tuple[int, RunResult]]:
        for k in here:
            if why == INTERRUPTED:
                return
            if why and jobs[k].target in registry.VEHICLE_TARGETS:
                continue
            yield k, _attempt(jobs[k], sink, tell)

    if len(jobs) == 1:
        flown = iter([(0, fly(jobs[0], sink=sink, tell=tell))])
    else:
        flown = chain(_in_processes(elsewhere, workers) if elsewhere else (), one_by_one())
    try:
        for index, result in flown:
            results[index] = result
            done(jobs[index], result)
            if result.interrupted:
                why = INTERRUPTED
            elif jobs[index].target in registry.VEHICLE_TARGETS and not result.outcome.is_verdict:
                why = why or _LOOK_AT_IT
    except KeyboardInterrupt:  # between two flights
        why = INTERRUPTED
    ordered = [results[index] for index in sorted(results)]
    if why == INTERRUPTED or (why and len(results) < len(jobs)):
        raise Interrupted(ordered, planned=len(jobs), why=why)
    return ordered


def _in_processes(jobs: Mapping[int, Job], workers: int) -> Iterator[tuple[int, RunResult]]:
    """(index, result) as flights end. On Ctrl-C, which the workers get too, only what is in the air is waited for."""
    # spawn, not fork: the parent has threads (progress display, Arrow) that a forked child would find half-locked
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        waiting = iter(jobs.items())
        # one job per worker at a time: what a pool has queued takes off even after Ctrl-C
        flying = {pool.submit(_attempt, job): index for index, job in islice(waiting, workers)}
        try:
            while flying:
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    index, result = flying.pop(future), future.result()
                    yield index, result
                    if not result.interrupted:
                        flying |= {pool.submit(_attempt, job): following for following, job in islice(waiting, 1)}
        except KeyboardInterrupt:
            for future, index in flying.items():
                if future.exception() is None:
                    yield index, future.result()
            raise
