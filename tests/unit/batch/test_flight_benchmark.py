"""`hil bench run` measures what it says, what it flies at once hovers, and its gate can fail."""

import json
import tempfile
from functools import partial

import numpy as np
import pytest
from typer.testing import CliRunner

from hil import batch_benchmark
from hil.batch_benchmark import HoverByArrays, hover, measured_flights
from hil.batch_runner import run_batch
from hil.cli.main import app
from hil.targets.batch_loop import build_sim_batch
from hil.vehicle_choice import vehicle_of


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Few and short flights; whatever is left behind is left in `tmp_path`."""
    monkeypatch.setattr(batch_benchmark, "ALONE", 1)
    monkeypatch.setattr(batch_benchmark, "measured_flights", partial(measured_flights, duration_s=0.5))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_the_json_has_flights_ratios_and_the_machine(quick):
    done = CliRunner().invoke(app, ["bench", "run", "--flights", "4", "--json", "--min-ratio", "0.001"])
    assert done.exit_code == 0
    result = json.loads(done.stdout)
    assert {"cpu", "vectors", "cores", "python", "load_1_min"} <= result["environment"].keys()
    speeds = {speed["what"]: speed for speed in result["speeds"]}
    assert list(speeds)[:4] == ["run_batch, arrays", "run_batch, geometric", "run, geometric", "hil run, geometric"]
    assert [speed["flights"] for speed in speeds.values()][:4] == [4, 4, 1, 1]
    alone = speeds["run, geometric"]
    for speed in speeds.values():
        assert speed["flights_s"] == pytest.approx(speed["flights"] / speed["seconds"])
        assert speed["times_real"] == pytest.approx(speed["duration_s"] * speed["flights_s"])
        assert speed["ratio_to_run"] == pytest.approx(speed["times_real"] / alone["times_real"])
    assert result["gated_ratio"] == speeds["run_batch, arrays"]["ratio_to_run"]


def test_where_a_network_ships_it_flies_too(quick, networks_ship):
    speeds = {speed.what: speed for speed in measured_flights(3, duration_s=0.5).speeds}
    assert list(speeds)[4:] == ["run_batch, snn", "run, snn, logged"]
    logged = speeds["run, snn, logged"]
    assert (logged.flights, logged.duration_s) == (1, 1.0)
    assert logged.times_real == pytest.approx(1.0 / logged.seconds)


def test_it_leaves_nothing_behind(quick, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    measured_flights(2, duration_s=0.5)
    assert list(tmp_path.iterdir()) == []


def test_the_gate_fails_below_its_ratio_and_says_so(quick):
    done = CliRunner().invoke(app, ["bench", "run", "--flights", "2", "--min-ratio", "100000"])
    assert done.exit_code == 1
    assert "less than 100000 ×" in done.stderr
    assert "run_batch, arrays" in done.stdout


def test_without_numba_it_flies_by_numpy_and_says_so(quick, monkeypatch):
    monkeypatch.setattr(batch_benchmark, "numba_is_here", lambda: False)
    done = CliRunner().invoke(app, ["bench", "run", "--flights", "2"])
    assert done.exit_code == 0
    assert "numba is not installed: flights at once are flown by numpy (pip install 'hil-bench[fast]')" in done.stdout


def test_its_controller_hovers():
    scenario = hover(20, 5.0)
    target, plans = build_sim_batch(scenario, HoverByArrays(vehicle_of(scenario)))
    logs = list(run_batch(plans, target))
    assert sum(log.aborted is None for log in logs) >= 18
    assert np.median([np.linalg.norm(log.position[-1] - (0.0, 0.0, 1.0)) for log in logs]) < 0.5
