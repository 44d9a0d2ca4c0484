"""How the bench judges a network that is in training or just was: all repeats of a scenario in one batch."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from hil.batch_runner import run_batch
from hil.controller_choice import refuse_yaw
from hil.core.interfaces import BatchController
from hil.flight_plan import plan_flight
from hil.preflight import check
from hil.scenario.model import Scenario
from hil.scenario.shipped import find
from hil.targets.batch_loop import build_sim_batch


class Figures(NamedTuple):
    """What was measured over the repeats of one scenario."""

    survived: float  # share of flights that no safety limit ended
    means: Mapping[str, float]  # of every metric that needs no wall time, over survivors; nan where none gives it


def scenario_of(name: str, overrides: Mapping[str, Any], *, network: str) -> Scenario:
    """A scenario by name or path, with dotted keys replaced, that the network so named can fly. Raises BadInput."""
    scenario = Scenario.load(find([name])[0], dict(overrides))
    check(scenario)
    refuse_yaw(network, plan_flight(scenario, repeat=0))
    return scenario


def evaluate(controller: BatchController, scenario: Scenario) -> Figures:
    """Fly all repeats of the scenario, measure every metric."""
    from hil_reports.criteria import measure_all
    from hil_reports.metrics.catalogue import every_metric

    target, plans = build_sim_batch(scenario, controller)
    survived, flights = 0, 0
    values: dict[str, list[float]] = {metric.name: [] for metric in every_metric() if not metric.timing}
    for log in run_batch(plans, target):
        flights += 1
        alive = not any(event.kind == "abort" for event in log.events)
        survived += alive
        for measurement in measure_all(log):
            if alive and measurement.value is not None and math.isfinite(measurement.value):
                values[measurement.metric].append(measurement.value)
    means = {metric: sum(kept) / len(kept) if kept else math.nan for metric, kept in values.items()}
    return Figures(survived / flights, means)
