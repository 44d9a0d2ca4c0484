"""How fast the batch plant and the environment on it are on this machine, beside the numpy oracle in the same run.

CPU time, on one core, of one step of 10 ms without delay.
"""

import ctypes
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from hil.core.errors import BadInput
from hil.machine import machine
from hil.stopwatch import Told, ignore, in_turn, one_core
from hil_sim.batch import benchmark as of_plant
from hil_sim.batch.benchmark import Key
from hil_sim.batch.compiled import numba_is_here

ROUND_S = 0.02  # CPU time spent on a case in a round
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """One measured case. `ratio_to_numpy` is of the medians; None for what numpy has no counterpart of.

    The numpy oracle is the bare plant: it neither sees nor rewards nor begins episodes, as the environment does.
    """

    what: str
    model: str
    dtype: str
    vehicles: int
    call_us: float
    call_us_quartiles: tuple[float, float]
    million_steps_s: float
    ratio_to_numpy: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantBenchmark:
    """What was measured, and on what."""

    environment: dict[str, Any]  # the machine
    absent: tuple[str, ...]  # not installed, so not measured
    legend: dict[str, str]  # what the names of cases and models stand for
    rounds: int
    speeds: tuple[Speed, ...]

    @property
    def gated_ratio(self) -> float:
        """The least ratio to numpy of the compiled loop, base model, float32."""
        gated = (s for s in self.speeds if (s.what, s.model, s.dtype) == ("kernel", "base", "float32"))
        return min(speed.ratio_to_numpy for speed in gated if speed.ratio_to_numpy is not None)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self) | {"gated_ratio": self.gated_ratio}


def measured_plant(
    *, rounds: int = 9, others: Mapping[Key, Callable[[], object]] = MappingProxyType({}), told: Told = ignore
) -> PlantBenchmark:
    """Measure all cases, and `others` in turn with them. Raises BadInput without numba: nothing to compare then."""
    if not numba_is_here():
        raise BadInput(
            "hil bench plant compares numba with numpy; numba is not installed", hint="pip install 'hil-bench[fast]'"
        )
    _keep_freed_memory()
    gymnasium_is_here = find_spec("gymnasium") is not None
    with one_core() as core:
        environment = {**machine(), "pinned_to_core": core}
        legend, cases = of_plant.LEGEND | of_plant.MODELS, of_plant.cases()
        if gymnasium_is_here:
            from hil_sim.gym import benchmark as of_environment

            legend |= of_environment.LEGEND
            cases |= of_environment.cases()
        times = in_turn({**cases, **others}, rounds=rounds, clock=time.process_time, round_s=ROUND_S, told=told)
    speeds = []
    for (what, model, dtype, vehicles), seconds in times.items():
        oracle = times.get(("numpy", model, dtype, vehicles))
        speeds.append(
            Speed(
                what=what,
                model=model,
                dtype=dtype,
                vehicles=vehicles,
                call_us=seconds.median * 1e6,
                call_us_quartiles=(seconds.low * 1e6, seconds.high * 1e6),
                million_steps_s=vehicles / seconds.median / 1e6,
                ratio_to_numpy=oracle.median / seconds.median if oracle and what != "numpy" else None,
            )
        )
    return PlantBenchmark(
        environment=environment,
        absent=() if gymnasium_is_here else ("gymnasium",),
        legend=legend,
        rounds=rounds,
        speeds=tuple(speeds),
    )


def _keep_freed_memory() -> None:
    """Let glibc give nothing back to the system while measuring.

    Otherwise numpy's temporary arrays meet page faults at every call in some runs and not in others, by what else lies
    in memory: at float64 the oracle takes 2.5 times as long then.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 1 << 25)
        mallopt(M_TRIM_THRESHOLD, 1 << 30)
