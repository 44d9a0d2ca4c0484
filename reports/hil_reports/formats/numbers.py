"""How numbers and metric names read to a person."""

import math
from collections.abc import Callable

from hil_reports.statistics import Estimate


def number(value: float | None) -> str:
    """Four significant digits, or a dash for a number nobody has."""
    if value is None or math.isnan(value):
        return "–"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}"


def percent(share: float) -> str:
    """A share in 0..1 as whole percent."""
    return f"{100 * share:.0f} %"


def unit_text(unit: str) -> str:
    """The unit as written after a number; nothing for a pure number."""
    return "" if unit == "1" else unit


def with_unit(value: float | None, unit: str) -> str:
    """A number and its unit."""
    return f"{number(value)} {unit_text(unit)}".strip() if value is not None else "–"


def interval(estimate: Estimate | None, form: Callable[[float], str], unit: str = "1") -> str:
    """As "0.021 m [0.019, 0.023]"; no brackets where there are too few repeats for an interval."""
    if estimate is None:
        return "–"
    text = f"{form(estimate.value)} {unit_text(unit)}".strip()
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} [{form(estimate.low)}, {form(estimate.high)}]"


def metric_label(metric: str, unit: str) -> str:
    """`position_error_xy_mean_m` as "position error xy mean": the unit stands with the numbers."""
    suffix = "_" + {"1": ""}.get(unit, unit.replace("/", "_").replace("²", "2"))
    return metric.removesuffix(suffix).replace("_", " ")


def limit_text(limit: float | None, unit: str, direction: str) -> str:
    """As "≤ 0.05 m"; empty where nothing is required."""
    if limit is None:
        return ""
    return f"{'≥' if direction == 'higher' else '≤'} {with_unit(limit, unit)}"
