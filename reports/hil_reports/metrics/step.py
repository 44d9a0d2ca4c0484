"""How a vehicle answers a jump of its set-point: how soon it is there to stay, and how far it shoots past.

A step is a jump of the set-point by at least 5 cm between two rows, after which it holds still for at least 1 s. A
flight that starts at least 5 cm from its first set-point begins with a step, too. With several, the largest counts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.log import Log
from hil_reports.metrics.averages import length
from hil_reports.metrics.metric import metric
from hil_reports.metrics.position import position_error
from hil_reports.metrics.windows import STILL_M, NotMeasurable, Window

STEP_M = 0.05
HOLD_S = 1.0
BAND_M = 0.05
BAND_SHARE = 0.05
STAY_S = 0.5  # a last touch of the band does not count as staying in it


@dataclass(frozen=True, slots=True)
class Step:
    """The largest step of a flight: rows [begin, end) hold its new set-point."""

    begin: int
    end: int
    origin: NDArray[np.float64]  # (3,) m, world: where the set-point, or at the start the vehicle, was before
    target: NDArray[np.float64]  # (3,) m, world

    @property
    def size_m(self) -> float:
        """Distance the set-point jumped."""
        return float(np.sqrt(np.sum((self.target - self.origin) ** 2)))


def largest_step(log: Log) -> Step:
    """The largest step of the flight. Raises NotMeasurable when it has none."""
    position_error(log)
    reference, t_s = log.reference, log["t_s"]
    origins = np.vstack([log.position[:1], reference[:-1]])
    sizes = length(reference - origins)
    for begin in sorted(np.flatnonzero(sizes >= STEP_M).tolist(), key=lambda row: (-sizes[row], row)):
        moved = np.flatnonzero(length(reference[begin:] - reference[begin]) > STILL_M)
        end = begin + int(moved[0]) if len(moved) else len(log)
        if t_s[end - 1] - t_s[begin] >= HOLD_S - 1e-9:
            return Step(begin, end, origins[begin], reference[begin])
    raise NotMeasurable("the set-point never steps by 5 cm or more and then holds still for 1 s")


def _rows_after_step(log: Log) -> NDArray[np.bool_]:
    step = largest_step(log)
    rows = np.zeros(len(log), dtype=np.bool_)
    rows[max(0, step.begin - 1) : step.end] = True  # with the row before, so that the step is still in there
    return rows


AFTER_STEP = Window("from the largest set-point step until the set-point next moves", _rows_after_step)


@metric(unit="s", window=AFTER_STEP)
def settling_time_s(log: Log) -> float:
    """Time after the step from which the vehicle stays within 5 % of the step, but at least 5 cm, of the set-point.

    It must have stayed for the last 0.5 s; otherwise it has not settled, and the metric has no value.
    """
    step = largest_step(log)
    t_s = log["t_s"][step.begin : step.end]
    band_m = max(BAND_M, BAND_SHARE * step.size_m)
    inside = length(log.position[step.begin : step.end] - step.target) <= band_m
    outside = np.flatnonzero(~inside)
    first = int(outside[-1]) + 1 if len(outside) else 0
    if first == len(inside) or t_s[-1] - t_s[first] < STAY_S - 1e-9:
        raise NotMeasurable(f"never stays within {band_m:.3g} m of the set-point after its step at {t_s[0]:g} s")
    return float(t_s[first] - t_s[0])


@metric(unit="1", window=AFTER_STEP)
def overshoot_share(log: Log) -> float:
    """How far the vehicle goes past the set-point along the step, over the size of the step; 0 if it never does."""
    step = largest_step(log)
    travel = log.position[step.begin : step.end] - step.origin
    dx, dy, dz = (step.target - step.origin) / step.size_m
    along = travel[:, 0] * dx + travel[:, 1] * dy + travel[:, 2] * dz
    past = float(np.max(along)) / step.size_m - 1.0
    return past if not past < 0.0 else 0.0
