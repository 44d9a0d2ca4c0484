"""What a metric is: a plain function of a log with a name, a unit, a direction and a window."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hil.log import Log
from hil_reports.metrics.windows import NotMeasurable, Window

Direction = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number of a flight. Calling it cuts the log to the window, then applies the function."""

    name: str  # ends in its unit, unless it is a share
    unit: str  # "1" where it has none
    direction: Direction  # which way is better
    window: Window
    function: Callable[[Log], float]  # sees the window's rows only
    description: str
    source: str = ""  # paper or tool the definition is from; empty: ours
    timing: bool = False  # depends on wall time, so two flights that are otherwise the same differ in it
    any_span: bool = False  # says how long a flight lasted: the only kind to compare over different spans of time

    def __call__(self, log: Log) -> float:
        """The value, in `unit`. Raises NotMeasurable."""
        return float(self.function(self.window.cut(log)))


def metric(
    *,
    unit: str,
    window: Window,
    direction: Direction = "lower",
    source: str = "",
    timing: bool = False,
    any_span: bool = False,
) -> Callable[[Callable[[Log], float]], Metric]:
    """Turns a function of a log into the `Metric` of the same name, described by its docstring."""

    def wrap(function: Callable[[Log], float]) -> Metric:
        return Metric(
            name=function.__name__,
            unit=unit,
            direction=direction,
            window=window,
            function=function,
            description=inspect.cleandoc(function.__doc__ or ""),
            source=source,
            timing=timing,
            any_span=any_span,
        )

    return wrap


def recorded(values: NDArray[np.float64], what: str) -> NDArray[np.float64]:
    """The values, unless not one of them was recorded: then NotMeasurable. Single NaNs stay, and spoil the metric."""
    if np.isnan(values).all():
        raise NotMeasurable(f"no {what} recorded")
    return values
