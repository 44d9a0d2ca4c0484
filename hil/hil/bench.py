"""From jobs to verdicts: each job is one flight, flown, logged, judged and kept in a run folder."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from hil import registry
from hil.core.clock import Clock, SimulatedClock, WallClock
from hil.core.errors import BadInput, HilError
from hil.core.outcome import Outcome, RunResult
from hil.log import Event, LogInfo, LogWriter
from hil.manifest import manifest
from hil.run_folder import create, write_manifest, write_result, write_scenario
from hil.runner import INTERRUPTED, Sink, ignore, run
from hil.scenario.model import Scenario
from hil.targets.order import Hardware, Order
from hil_controllers.network.engines import Backend

Done = Callable[["Job", RunResult], None]


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
    hardware: Hardware = field(default_factory=Hardware)  # for a target that has some


class Interrupted(HilError):
    """The operator stopped a batch; `results` holds the flights that were made, the one cut short included."""

    exit_code = 4

    def __init__(self, results: Sequence[RunResult], planned: int) -> None:
        super().__init__(f"{INTERRUPTED}: {len(results)} of {planned} flights begun")
        self.results = list(results)


def fly(job: Job, *, sink: Sink = ignore, stopwatch: Clock | None = None) -> RunResult:
    """Make one flight and judge it. Raises HilError where the bench, not the flight, is at fault."""
    from hil_reports.criteria import judge, measure_all, outcome

    order = Order(
        scenario=job.scenario,
        repeat=job.repeat,
        controller=job.controller,
        flight=job.flight,
        clock=stopwatch or WallClock(),
        force=job.force,
        engine=job.engine,
        hardware=job.hardware,
    )
    target, plan, simulated, pace = registry.load(registry.TARGETS, "target", job.target)(order)
    info = plan.info(target, simulated=simulated)
    folder = create(job.out, job.utc, info, job.scenario.repeats) if job.out else None
    with _accounted(folder, info):
        if folder:
            write_scenario(folder, job.scenario)
            write_manifest(folder, manifest(job.scenario, info, flight=job.flight, utc=job.utc, command=job.command))
        clock = pace or (WallClock() if job.real_time else SimulatedClock())
        with LogWriter(info, folder) as writer, target:
            log = run(plan, target, clock=clock, writer=writer, sink=sink)
        if folder:
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
        )
        if folder:
            write_result(folder, result)
    return result


@contextmanager
def _accounted(folder: Path | None, info: LogInfo) -> Iterator[None]:
    """Whatever breaks in here is on record in the run folder before it goes on."""
    try:
        yield
    except OSError as error:
        raise BadInput(f"{folder}: cannot be written: {error.strerror}", hint="is the disk full?") from error
    except Exception as error:
        if folder:
            LogWriter(info, folder).event(Event(0.0, "error", traceback.format_exc()))
            write_result(folder, _failed(info.target, info.controller, info.scenario, info.seed, info.repeat, error))
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


def _attempt(job: Job, sink: Sink = ignore) -> RunResult:
    """One flight of a batch: what the bench fails at is a result too, so that the others are flown."""
    try:
        return fly(job, sink=sink)
    except Exception as error:
        return _failed(job.target, job.controller or "default", job.scenario.name, job.scenario.seed, job.repeat, error)


def fly_all(
    jobs: Sequence[Job], *, workers: int = 1, done: Done = lambda job, result: None, sink: Sink = ignore
) -> list[RunResult]:
    """Make every flight, over `workers` processes; results in the order of `jobs`, `done` called as each ends.

    Raises Interrupted when the operator stops it: nothing more takes off then. A single job raises what it fails at.
    """
    if len(jobs) == 1:
        flown = iter([(0, fly(jobs[0], sink=sink))])
    elif workers > 1:
        flown = _in_processes(jobs, workers)
    else:
        flown = ((index, _attempt(job, sink)) for index, job in enumerate(jobs))
    results: dict[int, RunResult] = {}
    stopped = False
    try:
        for index, result in flown:
            results[index] = result
            done(jobs[index], result)
            if result.reason.startswith(INTERRUPTED):
                stopped = True
                if workers <= 1:
                    break
    except KeyboardInterrupt:  # between two flights
        stopped = True
    ordered = [results[index] for index in sorted(results)]
    if stopped:
        raise Interrupted(ordered, planned=len(jobs))
    return ordered


def _in_processes(jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, RunResult]]:
    """(index, result) as flights end. On Ctrl-C, which the workers get too, only what is in the air is waited for."""
    # spawn, not fork: the parent has threads (progress display, Arrow) that a forked child would find half-locked
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        waiting = iter(enumerate(jobs))
        # one job per worker at a time: what a pool has queued takes off even after Ctrl-C
        flying = {pool.submit(_attempt, job): index for index, job in islice(waiting, workers)}
        try:
            while flying:
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    index, result = flying.pop(future), future.result()
                    yield index, result
                    if not result.reason.startswith(INTERRUPTED):
                        flying |= {pool.submit(_attempt, job): following for following, job in islice(waiting, 1)}
        except KeyboardInterrupt:
            for future, index in flying.items():
                if future.exception() is None:
                    yield index, future.result()
            raise
