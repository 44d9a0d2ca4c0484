"""docs/performance.md is written from what was measured, says on which machine, and names what was not measured."""

import importlib.util
import sys
from pathlib import Path

import pytest

from hil.batch_benchmark import FlightBenchmark, FlightSpeed
from hil.report_benchmark import ReportBenchmark, ReportSpeed
from hil_sim.batch.benchmark import LEGEND, MODELS
from hil_sim.benchmark import PlantBenchmark, Speed

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
MACHINE = {"cpu": "Abacus 3000", "vectors": "beads", "cores": 1, "load_1_min": 0.25, "numba": None}


@pytest.fixture
def page(monkeypatch):
    """The page over these rows of the plant, one flight and one report."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("performance_page", BENCHMARKS / "performance.py")
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, script)
    spec.loader.exec_module(script)

    def written(*rows, absent=(), networks=()):
        timed = {"seconds_quartiles": (1.0, 3.0), "seconds": 2.0, "flights": 4}
        common = {"flights_s": 2.0, "times_real": 10.0, "ratio_to_run": 7.25, "duration_s": 5.0} | timed
        flights = tuple(FlightSpeed(what=what, **common) for what in ("run_batch, arrays", *networks))
        report = ReportSpeed(what="hil report", flight_ms=500.0, ratio_to_flying=0.2, **timed)
        shared = {"environment": MACHINE | {"pinned_to_core": 0}, "rounds": 3}
        return script.page(
            PlantBenchmark(absent=("gymnasium",), legend=LEGEND | MODELS, speeds=tuple(map(speed, rows)), **shared),
            FlightBenchmark(absent=(), legend={}, duration_s=5.0, speeds=flights, **shared),
            ReportBenchmark(legend={}, duration_s=5.0, flying_s=0.1, speeds=(report,), **shared),
            absent,
        )

    return written


def speed(row):
    what, model, n, call_us, ratio = row
    return Speed(
        what=what,
        model=model,
        dtype="float32",
        vehicles=n,
        call_us=call_us,
        call_us_quartiles=(call_us, call_us),
        million_steps_s=n / call_us,
        ratio_to_numpy=ratio,
    )


def test_goals_are_set_beside_what_was_measured_met_or_not(page):
    text = page(("kernel", "base", 16_384, 100.0, 11.5), ("numpy", "base", 16_384, 1150.0, None))
    assert "| kernel | base | 16,384 | ≥ 100 M steps/s | 164 | met |" in text
    assert "| kernel | base | 16,384 | ≥ 12 × numpy | 11.5 | not met |" in text
    assert "here 11.5 ×" in text


def test_goals_of_networks_are_there_where_a_network_was_flown(page):
    row = ("kernel", "base", 1, 0.5, 3.0)
    assert "| run, snn, logged | ≥ 500 × real time, logged | 10 | not met |" in page(row, networks=["run, snn, logged"])
    assert "Goals for networks" not in page(row)


def test_a_rival_is_set_against_our_kernel_over_as_many_vehicles(page):
    text = page(("kernel", "base", 1, 0.5, 3.0), ("rival 1.0", "its own", 1, 10.0, None))
    assert "| rival 1.0 | its own | float32 | 1 | 10.00 | 10.00 .. 10.00 | 0.1 | 20 × |" in text


def test_the_machine_and_what_is_not_installed_are_named(page):
    text = page(("kernel", "base", 1, 0.5, 3.0), absent=["crazyflow"])
    assert "All figures are from one machine: Abacus 3000, beads, 1 cores" in text
    assert "Not installed, so not measured: crazyflow." in text
    assert "Not installed, so not measured: gymnasium." in text
    assert "numba:" not in text
