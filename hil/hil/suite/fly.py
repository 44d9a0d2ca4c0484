"""Every controller in every condition from the same seeds: flown, measured, kept."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

import hil
from hil import registry
from hil.batch_runner import run_batch
from hil.bench import Job
from hil.bench import fly as fly_one
from hil.core.errors import BadInput, HilError
from hil.core.interfaces import BatchController
from hil.log import Log
from hil.machine import version_of
from hil.manifest import checkout_of
from hil.scenario.model import Scenario
from hil.suite.kept import Kept, key_of
from hil.suite.model import Point, Suite
from hil.suite.results import (
    Condition,
    ControllerInfo,
    FlightFigures,
    NetworkFacts,
    PointResult,
    SpikeCounts,
    SuiteResults,
)
from hil.targets.batch_loop import build_sim_batch

Told = Callable[[int, int], None]
KEPT, FLIGHTS = "kept", "flights"  # folders of the results


class SuiteInterrupted(HilError):
    """The operator stopped a suite; what was flown is kept."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class _Work:
    """One controller in one condition, picklable."""

    key: str
    scenario: Scenario
    controller: str
    keeps: bool  # whether the key has all that decides it: not that of somebody's own controller


@dataclass(frozen=True, slots=True)
class _Who:
    """A controller as it was built for the suite's vehicle."""

    word: str
    name: str
    family: str
    network: NetworkFacts | None


def fly_suite(
    suite: Suite,
    out: Path,
    *,
    controllers: Sequence[str] = (),
    workers: int = 1,
    told: Told = lambda done, total: None,
) -> SuiteResults:
    """Fly what is not kept in `out`; `controllers` replaces the file's; `told(done, total)` counts flights.

    A controller that breaks in a condition is on record there and the others fly. Raises BadInput for a controller that
    does not exist or must not fly this vehicle, SuiteInterrupted when the operator stops it.
    """
    words = tuple(controllers) or tuple(_beside(suite.path.parent, word) for word in suite.file.controllers)
    who = [_built(word, suite.points[0].scenario) for word in words]
    _refuse_twins(who)
    kept = Kept(out / KEPT)
    work = {
        (at, index): _Work(
            key_of(point.scenario, one.word, one.network.hash if one.network else ""),
            point.scenario,
            one.word,
            keeps=one.network is not None or one.word in registry.CONTROLLERS,
        )
        for at, point in enumerate(suite.points)
        for index, one in enumerate(who)
    }
    flown = _all_flown(list({item.key: item for item in work.values()}.values()), kept, workers, told)
    recorded = next((at for at, point in enumerate(suite.points) if point.cell.paper == "hover"), 0)
    return SuiteResults(
        name=suite.file.name,
        description=suite.file.description,
        vehicle=suite.points[0].scenario.vehicle,
        recorded_cell=_condition(suite, suite.points[recorded]).label,
        conditions=tuple(_condition(suite, point) for point in suite.points),
        controllers=tuple(
            ControllerInfo(
                name=one.name,
                family=one.family,
                network=one.network,
                **_recorded(one, work[recorded, index], flown[work[recorded, index].key], out),
            )
            for index, one in enumerate(who)
        ),
        results=tuple(
            tuple(flown[work[at, index].key] for index in range(len(who))) for at in range(len(suite.points))
        ),
        suite_yaml=suite.path.read_text(encoding="utf-8"),
        provenance=_provenance(),
    )


def network_facts(network: Any) -> NetworkFacts:
    """What a `hil_controllers` network is made of; a layer with thresholds (`theta`) spikes."""
    weights = [np.asarray(layer.weight) for layer in network.layers]
    return NetworkFacts(
        hash=network.hash,
        layer_sizes=(weights[0].shape[1], *(weight.shape[0] for weight in weights)),
        spiking_layers=tuple(hasattr(layer, "theta") for layer in network.layers),
        parameters=network.parameters,
        footprint_bytes=4 * network.parameters,
        fan_out=tuple(tuple(np.count_nonzero(weight, axis=0).tolist()) for weight in weights),
    )


def fly_point(scenario: Scenario, controller: str | BatchController) -> PointResult:
    """All repeats of one condition under one controller; what it breaks at is the result's `error`."""
    try:
        target, plans = build_sim_batch(scenario, controller)
        figures = tuple(map(_figures, run_batch(plans, target)))
        return PointResult(flights=figures, spikes=_spikes(target.controller))
    except HilError as error:
        return PointResult(flights=(), error=error.message)


def _figures(log: Log) -> FlightFigures:
    from hil_reports.criteria import measure_all, outcome

    values = {one.metric: one.value for one in measure_all(log) if one.value is not None}
    verdict, reason = outcome(log, ())
    return FlightFigures(
        repeat=log.info.repeat,
        seed=log.info.seed,
        aborted="" if verdict == "PASS" else reason,
        metrics=values,
    )


def _spikes(controller: BatchController) -> SpikeCounts | None:
    """Of a controller that counts its spikes: `spike_counts()` (flights, neurons) and `steps` (flights,)."""
    network = getattr(controller, "network", None)
    if network is None or not network.spiking:
        return None
    counted: Any = controller
    return SpikeCounts(steps=int(np.sum(counted.steps)), spikes=tuple(np.sum(counted.spike_counts(), axis=0).tolist()))


def _built(word: str, scenario: Scenario) -> _Who:
    controller = build_sim_batch(scenario, word).target.controller
    network = getattr(controller, "network", None)
    return _Who(word, controller.name, controller.family, network_facts(network) if network is not None else None)


def _refuse_twins(who: Sequence[_Who]) -> None:
    names = [one.name for one in who]
    for index, name in enumerate(names):
        if name in names[:index]:
            first = who[names.index(name)].word
            raise BadInput(
                f"{who[index].word} and {first} are both called {name}", hint="give the files different names"
            )


def _all_flown(work: Sequence[_Work], kept: Kept, workers: int, told: Told) -> Mapping[str, PointResult]:
    """The result of every item: those that are kept, and those that are flown now and kept."""
    found = {item.key: result for item in work if item.keeps and (result := kept.get(item.key))}
    total = sum(item.scenario.repeats for item in work)
    done = sum(item.scenario.repeats for item in work if item.key in found)
    told(done, total)
    missing = [item for item in work if item.key not in found]
    flown = _in_processes(missing, workers) if workers > 1 and len(missing) > 1 else map(_flown, missing)
    try:
        for item, result in flown:
            if item.keeps and not result.error:
                kept.put(item.key, result)
            found[item.key] = result
            done += item.scenario.repeats
            told(done, total)
    except KeyboardInterrupt:
        raise SuiteInterrupted(
            f"interrupted by the operator: {len(found)} of {len(work)} conditions × controllers are flown and kept",
            hint="the same command goes on from there",
        ) from None
    return found


def _flown(item: _Work) -> tuple[_Work, PointResult]:
    return item, fly_point(item.scenario, item.controller)


def _in_processes(work: Sequence[_Work], workers: int) -> Iterator[tuple[_Work, PointResult]]:
    """As they end. On Ctrl-C, which the workers do not hear, only what is in the air is waited for."""
    deaf = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(min(workers, len(work)), mp_context=get_context("spawn"), initializer=deaf) as pool:
        waiting = iter(work)
        flying = {pool.submit(_flown, item) for item in islice(waiting, workers)}
        try:
            while flying:
                ended, flying = wait(flying, return_when=FIRST_COMPLETED)
                flying |= {pool.submit(_flown, item) for item in islice(waiting, len(ended))}
                yield from (future.result() for future in ended)
        except KeyboardInterrupt:
            yield from (future.result() for future in wait(flying).done)
            raise


def _recorded(who: _Who, work: _Work, flown: PointResult, out: Path) -> dict[str, str]:
    """`recorded`, run folder of a flight with its neurons, or `unrecorded`, why there is none; neither if none is due.

    None is due of what does not spike, or broke already in this condition.
    """
    if who.network is None or not any(who.network.spiking_layers) or flown.error:
        return {}
    folder = out / FLIGHTS / work.key
    if not (found := sorted(folder.glob("*/neurons.npz"))):
        try:
            fly_one(Job(scenario=work.scenario, target="sil", controller=who.word, out=folder))
        except HilError as error:
            return {"unrecorded": error.message}
        found = sorted(folder.glob("*/neurons.npz"))
    return {"recorded": found[0].parent.relative_to(out).as_posix()} if found else {"unrecorded": "no neurons.npz"}


def _condition(suite: Suite, point: Point) -> Condition:
    from hil_reports.metrics.catalogue import find

    cell, metric = point.cell, find(point.cell.metric)
    swept = {cell.sweep.key: point.value} if cell.sweep else {}
    return Condition(
        cell=cell.name,
        description=cell.description or point.scenario.description,
        scenario=point.scenario.name,
        settings=suite.file.set | cell.set | swept,
        value=point.value,
        axis=(cell.sweep.label or cell.sweep.key) if cell.sweep else "",
        metric=metric.name,
        unit=metric.unit,
        direction=metric.direction,
        paper=cell.paper or "",
        duration_s=point.scenario.duration_s,
        window=metric.window.text,
    )


def _provenance() -> dict[str, Any]:
    commit, dirty = checkout_of(Path(hil.__file__).parent)
    return {
        "commit": commit,
        "dirty": dirty,
        "versions": {"hil-bench": version_of("hil-bench"), "numpy": np.__version__},
    }


def _beside(folder: Path, word: str) -> str:
    """A file that a suite names, which lies beside it; any other word as it is."""
    file, colon, factory = word.partition(":")
    return f"{(folder / file).resolve()}{colon}{factory}" if (folder / file).is_file() else word
