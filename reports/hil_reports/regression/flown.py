"""What one flight came to, and what several flights of one scenario came to together."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hil.core.outcome import Outcome
from hil.log import Log
from hil.scenario.model import Scenario
from hil_reports.criteria import judge, measure, outcome
from hil_reports.metrics.catalogue import find
from hil_reports.regression.reference import Over

DIGITS = 4  # significant
# compared in every scenario, beside the metrics of its own criteria: where it was, how calmly, with what reserve
ALWAYS = ("position_error_mean_m", "position_error_max_m", "tilt_p95_rad", "saturation_share", "chatter_1_s")


@dataclass(frozen=True, slots=True)
class Flown:
    """One flight: its verdict, and by metric its value, None where the flight cannot give it."""

    repeat: int
    outcome: Outcome
    reason: str
    values: dict[str, float | None]


def compared_metrics(scenario: Scenario) -> list[str]:
    """The metrics of the scenario's criteria and those that are always compared; none that wall time decides."""
    names = dict.fromkeys([find(criterion.metric).name for criterion in scenario.criteria] + list(ALWAYS))
    return [name for name in names if not find(name).timing]


def flown(log: Log, scenario: Scenario, metrics: Iterable[str]) -> Flown:
    """What the flight of this log came to."""
    verdict, reason = outcome(log, judge(log, scenario.criteria))
    return Flown(log.info.repeat, verdict, reason, {name: measure(find(name), log).value for name in metrics})


def over(flights: Sequence[Flown], metric: str) -> Over | None:
    """The metric over the flights that went to their end, rounded; None where one cannot give it, or none ended."""
    values = [flight.values[metric] for flight in flights if flight.outcome is not Outcome.ABORTED]
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    worst = max if find(metric).direction == "lower" else min
    return Over(mean=_rounded(math.fsum(known) / len(known)), worst=_rounded(worst(known)))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
