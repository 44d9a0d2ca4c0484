"""From jobs to verdicts: each job is one flight, flown, logged, judged and kept in a run folder."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from hil import registry
from hil.core.clock import Clock, WallClock
from hil.core.outcome import RunResult
from hil.log import LogWriter
from hil.manifest import manifest
from hil.run_folder import create, write_manifest, write_result, write_scenario
from hil.runner import Sink, ignore, run
from hil.scenario.model import Scenario
from hil.targets.order import Order


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


def fly(job: Job, *, sink: Sink = ignore, clock: Clock | None = None) -> RunResult:
    """Make one flight and judge it. Raises HilError where the bench, not the flight, is at fault."""
    from hil_reports.criteria import judge, measure_all, outcome

    order = Order(
        scenario=job.scenario,
        repeat=job.repeat,
        controller=job.controller,
        flight=job.flight,
        clock=clock or WallClock(),
    )
    target, plan, simulated = registry.load(registry.TARGETS, "target", job.target)(order)
    info = plan.info(target, simulated=simulated)
    folder = create(job.out, job.utc, info, job.scenario.repeats) if job.out else None
    if folder:
        write_scenario(folder, job.scenario)
        write_manifest(folder, manifest(job.scenario, info, flight=job.flight, utc=job.utc, command=job.command))
    with LogWriter(info, folder) as writer, target:
        log = run(plan, target, writer=writer, sink=sink)
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


def fly_all(
    jobs: Sequence[Job], *, workers: int = 1, done: Callable[[RunResult], None] | None = None, sink: Sink = ignore
) -> list[RunResult]:
    """Make every flight, over `workers` processes; results in the order of `jobs`, `done` called as each ends."""
    ended = done or (lambda result: None)
    if workers <= 1 or len(jobs) <= 1:
        results = []
        for job in jobs:
            results.append(fly(job, sink=sink))
            ended(results[-1])
        return results
    # spawn, not fork: the parent has threads (progress display, Arrow) that a forked child would find half-locked
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(fly, job): index for index, job in enumerate(jobs)}
        try:
            for future in as_completed(futures):
                ended(future.result())
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        ordered = sorted(futures, key=futures.__getitem__)
        return [future.result() for future in ordered]
