"""How fast the batch plant is on this machine, beside the numpy oracle measured in the same run.

CPU time, on one core, of one step of 10 ms without delay; all cases in turn within each round, so that a busy machine
slows them alike; medians of the rounds. Compare the ratios between machines, not the absolute numbers.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from hil.core.errors import BadInput
from hil.scenario.conditions import Randomise
from hil_sim.batch.compiled import numba_is_here
from hil_sim.batch.plant import BatchPlant
from hil_sim.batch.tiles import Tiles
from hil_sim.variation import varied
from hil_sim.vehicle_files import load_vehicle

DT_S = 0.01
ROUND_S = 0.02  # CPU time spent on a case in a round
MODELS = {
    "base": "thrust, torque, motor lag, rigid body; one set of parameters",
    "full": "with drag, drag moment, gyroscopics and rotor mismatch; 20 parameters drawn for each vehicle",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """One measured case. `ratio_to_numpy` is of the medians; None for what numpy has no counterpart of."""

    what: str
    model: str
    dtype: str
    vehicles: int
    call_us: float
    call_us_quartiles: tuple[float, float]
    million_steps_s: float
    ratio_to_numpy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What was measured, and on what."""

    environment: dict[str, Any]
    models: dict[str, str]
    rounds: int
    speeds: tuple[Speed, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


SIZES: tuple[tuple[str, Literal["float32", "float64"], int], ...] = (
    *((model, "float32", n) for model in MODELS for n in (16_384, 1_024)),
    ("base", "float64", 16_384),
)
Key = tuple[str, str, str, int]  # what, model, dtype, vehicles


def measured(*, rounds: int = 9, others: Mapping[Key, Callable[[], object]] = MappingProxyType({})) -> Benchmark:
    """Measure all cases, and `others` in turn with them. Raises BadInput without numba: nothing to compare then."""
    if not numba_is_here():
        raise BadInput("hil bench plant compares numba with numpy; numba is not installed", hint="pip install numba")
    with _one_core() as core:
        environment = {**machine(), "pinned_to_core": core}
        times = _times({**_cases(), **others}, rounds)
    speeds = []
    for (what, model, dtype, vehicles), seconds in times.items():
        oracle = times.get(("numpy", model, dtype, vehicles))
        median = statistics.median(seconds)
        low, _, high = statistics.quantiles(seconds, n=4)
        speeds.append(
            Speed(
                what=what,
                model=model,
                dtype=dtype,
                vehicles=vehicles,
                call_us=median * 1e6,
                call_us_quartiles=(low * 1e6, high * 1e6),
                million_steps_s=vehicles / median / 1e6,
                ratio_to_numpy=statistics.median(oracle) / median if oracle and what != "numpy" else None,
            )
        )
    return Benchmark(environment=environment, models=MODELS, rounds=rounds, speeds=tuple(speeds))


def machine() -> dict[str, Any]:
    """The CPU, its vector instructions, versions and load: what a figure means nothing without."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    return {
        "cpu": _cpu_name(),
        "llvm_cpu": binding.get_host_cpu_name(),
        "vectors": next((isa for isa in ("avx512f", "avx2", "avx", "sse4.2", "sve", "neon") if features.get(isa)), "?"),
        "cores": os.cpu_count(),
        "load_1_min": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: _version(name) for name in ("numpy", "numba", "llvmlite")},
    }


def plant(
    model: str, n: int, *, dtype: Literal["float32", "float64"], backend: Literal["numba", "numpy"]
) -> BatchPlant:
    """The batch that a case flies."""
    base = load_vehicle("cf-l2f-package")
    if model == "base":
        batch = BatchPlant(base, n, dtype=dtype, backend=backend)
    else:
        full = replace(
            base,
            drag_1_s=(0.4, 0.4, 0.2),
            drag_height_x_m=0.03,
            drag_height_y_m=0.03,
            rotor_momentum_kg_m2_s=3e-6,
        )
        share = 0.1
        widths = Randomise(mass=share, inertia=share, thrust=share, motor_lag=share, drag=share)
        drawn = [varied(replace(full, motor_mismatch_std=0.01), widths, seed=seed) for seed in range(n)]
        batch = BatchPlant(
            [vehicle for vehicle, _ in drawn],
            dtype=dtype,
            backend=backend,
            efficiency=[efficiency for _, efficiency in drawn],
        )
    batch.step(np.full((n, 4), base.hover_command), DT_S)
    return batch


def _cases() -> dict[Key, Callable[[], None]]:
    cases: dict[Key, Callable[[], None]] = {}
    for model, dtype, n in SIZES:
        batch = plant(model, n, dtype=dtype, backend="numba")
        commands = np.full((n, 4), 0.6, dtype)
        cases["kernel", model, dtype, n] = _kernel(batch)
        cases["BatchPlant.step", model, dtype, n] = lambda b=batch, c=commands: b.step(c, DT_S)  # type: ignore[misc]
        oracle = plant(model, n, dtype=dtype, backend="numpy").backend
        cases["numpy", model, dtype, n] = lambda o=oracle: o.fly([0], [(DT_S, 0.0)])  # type: ignore[misc]
    one = plant("base", 1, dtype="float32", backend="numba")
    cases["kernel", "base", "float32", 1] = _kernel(one)
    return cases


def _kernel(batch: BatchPlant) -> Callable[[], None]:
    assert isinstance(batch.backend, Tiles)
    slot, piece = np.zeros(1, np.int64), np.array([DT_S, 0.0], batch.backend.whole[0].dtype)
    return partial(batch.backend.module.fly, *batch.backend.whole, slot, piece)


def _times(cases: Mapping[Key, Callable[[], object]], rounds: int) -> dict[Key, list[float]]:
    """CPU seconds per call of each case, in each round."""
    calls = {key: max(1, round(ROUND_S / max(_seconds(call, 3), 1e-7))) for key, call in cases.items()}
    times: dict[Key, list[float]] = {key: [] for key in cases}
    for _ in range(rounds):
        for key, call in cases.items():
            times[key].append(_seconds(call, calls[key]))
    return times


def _seconds(call: Callable[[], object], count: int) -> float:
    begin = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - begin) / count


@contextmanager
def _one_core() -> Iterator[int | None]:
    """Keep this process on one core meanwhile, where the system lets it; gives the core's number, or None."""
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield max(allowed)
    finally:
        os.sched_setaffinity(0, allowed)


def _cpu_name() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
