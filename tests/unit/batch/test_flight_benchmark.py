"""The benchmark of flights measures what it says, and what it flies at once hovers."""

import numpy as np
import pytest

from hil import batch_benchmark
from hil.batch_benchmark import HoverByArrays, measured_flights
from hil.batch_runner import run_batch
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil.targets.batch_loop import build_sim_batch
from hil.vehicle_choice import vehicle_of


def test_it_times_flights_at_once_and_alone(monkeypatch):
    monkeypatch.setattr(batch_benchmark, "ALONE", 1)
    arrays, one_by_one, alone = measured_flights(2, duration_s=0.5)
    assert arrays.what == "run_batch, hover-by-arrays"
    assert one_by_one.what == "run_batch, geometric one by one"
    assert (arrays.flights, one_by_one.flights, alone.flights) == (2, 2, 1)
    for speed in (arrays, one_by_one, alone):
        assert speed.flights_s == pytest.approx(speed.flights / speed.seconds)
        assert speed.times_real == pytest.approx(0.5 * speed.flights_s)


def test_its_controller_hovers():
    scenario = Scenario.load(shipped_dir() / "hover.yaml", {"repeats": 20, "duration_s": 5, "settle_s": 4})
    target, plans = build_sim_batch(scenario, HoverByArrays(vehicle_of(scenario)))
    logs = list(run_batch(plans, target))
    assert sum(log.aborted is None for log in logs) >= 18
    assert np.median([np.linalg.norm(log.position[-1] - (0.0, 0.0, 1.0)) for log in logs]) < 0.5
