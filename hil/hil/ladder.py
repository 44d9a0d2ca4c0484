"""The same task and seed, flown by the same network on rung after rung, from numpy to the chip: do they fly alike?

Rungs that are exact have the bits of the first one, at every sample of the whole flight, or the ladder is broken.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from hil.bench import Job, fly
from hil.core.errors import HilError, TargetUnavailable
from hil.core.outcome import Outcome, RunResult
from hil.log import COLUMNS, TIMING_COLUMNS, Log
from hil.targets.order import Hardware
from hil_controllers.network.engines import Backend

_FLOWN = [name for name in COLUMNS if name not in TIMING_COLUMNS]


class Rung(NamedTuple):
    """One way to fly a network. `exact`: simulated, and bound to have the bits of the rungs that are."""

    name: str
    target: str
    engine: Backend | None = None
    exact: bool = True
    hardware: Hardware = Hardware()


# In the order they are climbed. The vehicle is a virtual one with the network on board; a real one is for `hil run`.
RUNGS = {
    rung.name: rung
    for rung in (
        Rung("sil", "sil"),
        Rung("c", "sil", engine="c"),
        Rung("pil", "pil"),
        Rung("crazyflie", "crazyflie", exact=False, hardware=Hardware(uri="virtual", onboard="app")),
    )
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two flights first differ: the column and its values there; `by` is NaN where one of them has none."""

    tick: int
    t_s: float
    column: str
    first: float
    here: float
    by: float


@dataclass(frozen=True, slots=True)
class Step:
    """How one rung went. Without a result it is not there, and `lacking` says why."""

    rung: Rung
    result: RunResult | None = None
    log: Log | None = None
    cost: dict[str, Any] | None = None  # of a step; in what unit, it says
    differs: Difference | None = None  # from the first exact rung
    apart: dict[str, float] = field(default_factory=dict)  # each metric, less that of the first rung
    lacking: str = ""

    @property
    def exit_code(self) -> int:
        """As of a flight; 1 for one that differs and must not."""
        if self.result is None:
            return TargetUnavailable.exit_code
        return max(self.result.exit_code, Outcome.FAIL.exit_code if self.differs else 0)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        rung, result = self.rung, self.result
        data: dict[str, Any] = {"rung": rung.name, "target": rung.target, "engine": rung.engine, "exact": rung.exact}
        if result is None:
            return data | {"lacking": self.lacking}
        return data | {
            "outcome": result.outcome.value,
            "reason": result.reason,
            "run_dir": str(result.run_dir),
            "metrics": {m.metric: {"value": m.value, "unit": m.unit} for m in result.measurements},
            "metric_differences": self.apart,
            "cost": self.cost,
            "first_difference": asdict(self.differs) if self.differs else None,
        }


def climb(
    rungs: Sequence[Rung], job_of: Callable[[Rung], Job], told: Callable[[int, int], None] = lambda done, total: None
) -> list[Step]:
    """Fly each rung's job, which has to keep its flight; those whose tools are missing are told as such.

    Raises HilError for anything else. `told(done, total)` is called after each.
    """
    steps: list[Step] = []
    for number, rung in enumerate(rungs, start=1):
        steps.append(_beside(_climbed(rung, job_of), steps))
        told(number, len(rungs))
    return steps


def _climbed(rung: Rung, job_of: Callable[[Rung], Job]) -> Step:
    try:
        result = fly(job_of(rung))
    except TargetUnavailable as error:
        return Step(rung, lacking=str(error))
    if result.run_dir is None:
        raise HilError("a rung's flight was not kept")
    log = Log.open(result.run_dir)
    return Step(rung, result, log, _cost(result, log))


def _beside(step: Step, before: Sequence[Step]) -> Step:
    """The same with how it differs from the first rung that flew; bit for bit, from the first that is exact."""
    flown = [earlier for earlier in before if earlier.result is not None]
    if step.result is None or not flown:
        return step
    exact = [earlier.log for earlier in flown if earlier.rung.exact and earlier.log is not None]
    differs = first_difference(exact[0], step.log) if step.rung.exact and exact and step.log is not None else None
    there, here = _metrics(flown[0]), _metrics(step)
    return replace(step, differs=differs, apart={name: here[name] - there[name] for name in here if name in there})


def _metrics(step: Step) -> dict[str, float]:
    measured = step.result.measurements if step.result else ()
    return {m.metric: m.value for m in measured if m.value is not None}


def first_difference(first: Log, here: Log) -> Difference | None:
    """The first sample at which anything but wall time differs, and there the first column; None: all is equal.

    A flight that is shorter differs where it ends.
    """
    rows = min(len(first), len(here))
    a, b = (log.stack(*_FLOWN)[:rows] for log in (first, here))
    unequal = (a != b) & ~(np.isnan(a) & np.isnan(b))
    if unequal.any():
        row = int(unequal.any(axis=1).argmax())
        column = int(unequal[row].argmax())
        one, other = float(a[row, column]), float(b[row, column])
        return Difference(int(a[row, 0]), float(a[row, 1]), _FLOWN[column], one, other, other - one)
    if len(first) != len(here):
        longer = first if len(first) > rows else here
        return Difference(
            int(longer["tick"][rows]), float(longer["t_s"][rows]), "rows", len(first), len(here), len(here) - len(first)
        )
    return None


def _cost(result: RunResult, log: Log) -> dict[str, Any]:
    """Of a step: on a chip what it counts, elsewhere time of this machine."""
    from hil_reports.chip import read_chip

    assert result.run_dir is not None
    chip = read_chip(result.run_dir)
    if chip is not None:
        mean = chip.network.mean + chip.observation.mean if chip.network and chip.observation else None
        return {"unit": chip.unit, "mean": mean, "most": chip.worst}
    taken_us = 1e6 * log["compute_s"][np.isfinite(log["compute_s"])]
    if not taken_us.any():  # nobody timed it
        return {"unit": None, "mean": None, "most": None}
    return {"unit": "µs here", "mean": float(taken_us.mean()), "most": float(taken_us.max())}
