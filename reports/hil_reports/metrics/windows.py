"""Which rows of a flight a metric looks at: the choice that changes a number most, so it is named and reported."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.log import COLUMNS, Log

STILL_M = 0.01  # a set-point that moves no further than this on any axis is at rest
NANOBENCH_SETPOINT_M = 0.05  # Ullah & Baca 2026: rows count once the set-point has left the origin by this much


class NotMeasurable(Exception):
    """This flight cannot give this metric; the text says why."""


@dataclass(frozen=True, slots=True)
class Window:
    """Rows of a flight, in words and as a mask of shape (n,)."""

    text: str
    rows: Callable[[Log], NDArray[np.bool_]]

    def cut(self, log: Log) -> Log:
        """The flight with only these rows. Raises NotMeasurable when none is left."""
        rows = self.rows(log)
        if not rows.any():
            flown = f"the flight ends at {log['t_s'][-1]:g} s" if len(log) else "the flight has no rows"
            raise NotMeasurable(f"no row in the window ({self.text}): {flown}")
        return log if rows.all() else Log(log.info, {name: log[name][rows] for name in COLUMNS}, log.events)


def _all(log: Log) -> NDArray[np.bool_]:
    return np.ones(len(log), dtype=np.bool_)


def _last_quarter(log: Log) -> NDArray[np.bool_]:
    info, t_s = log.info, log["t_s"]
    end_s = min(info.judge_to_s, float(t_s[-1])) if len(log) else info.judge_to_s
    return _still(log, log.judged() & (t_s >= info.judge_from_s + 0.75 * (end_s - info.judge_from_s) - 1e-9))


def _hover(log: Log) -> NDArray[np.bool_]:
    return _still(log, log.judged())


def _still(log: Log, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    reference = log.reference[rows]
    if len(reference) and np.any(np.abs(reference - reference[0]) > STILL_M):
        raise NotMeasurable("the set-point moves in the window")
    return rows


def _published_nanobench(log: Log) -> NDArray[np.bool_]:
    x, y, z = log.reference.T
    away = np.flatnonzero(np.sqrt(x * x + y * y + z * z) > NANOBENCH_SETPOINT_M)
    rows = np.zeros(len(log), dtype=np.bool_)
    if len(away):
        rows[away[0] : away[-1] + 1] = True
    return rows


WHOLE = Window("whole flight", _all)
JUDGED = Window("judged: after ramp or settle time, before any landing", Log.judged)
LAST_QUARTER = Window("last quarter of the judged span, set-point at rest", _last_quarter)
HOVER = Window("judged, set-point at rest", _hover)
PUBLISHED_NANOBENCH = Window(
    "first to last set-point more than 0.05 m from the origin, take-off and landing included", _published_nanobench
)
