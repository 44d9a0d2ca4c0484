"""`hil bench plant` says what it measured, on what; its gate can fail; what is not installed is named."""

import importlib.util
import json

import pytest
from typer.testing import CliRunner

from hil.cli.main import app
from hil.core.errors import BadInput

pytest.importorskip("numba", reason="numba is not installed")

from hil_sim import benchmark
from hil_sim.batch import benchmark as of_plant


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(benchmark, "ROUND_S", 1e-3)
    monkeypatch.setattr(of_plant, "SIZES", (("base", "float32", 1_024),))
    if importlib.util.find_spec("gymnasium"):
        from hil_sim.gym import benchmark as of_environment

        monkeypatch.setattr(of_environment, "SIZES", (1_024,))


@pytest.fixture
def lacking(monkeypatch):
    """Make as if a package were not installed."""
    real = importlib.util.find_spec

    def lack(name):
        monkeypatch.setattr(benchmark, "find_spec", lambda asked: None if asked == name else real(asked))

    return lack


def test_the_json_has_figures_ratios_and_the_machine(quick):
    done = CliRunner().invoke(app, ["bench", "plant", "--json", "--rounds", "3", "--min-ratio", "0.001"])
    assert done.exit_code == 0
    result = json.loads(done.stdout)
    assert {"cpu", "vectors", "cores", "numpy", "numba", "python", "load_1_min"} <= result["environment"].keys()
    speeds = {(s["what"], s["vehicles"]): s for s in result["speeds"]}
    kernel, oracle = speeds["kernel", 1_024], speeds["numpy", 1_024]
    assert kernel["ratio_to_numpy"] == pytest.approx(oracle["call_us"] / kernel["call_us"])
    assert kernel["million_steps_s"] == pytest.approx(1_024 / kernel["call_us"])
    assert result["gated_ratio"] == kernel["ratio_to_numpy"]
    assert ("kernel", 1) in speeds


def test_the_environment_is_measured_in_the_same_rounds_with_and_without_noise(quick):
    pytest.importorskip("gymnasium", reason="gymnasium is not installed")
    result = benchmark.measured_plant(rounds=3)
    speeds = {s.what: s for s in result.speeds if s.what.startswith("VectorEnv")}
    assert speeds.keys() == {"VectorEnv.step", "VectorEnv, noisy"}
    assert all(speed.ratio_to_numpy > 0 for speed in speeds.values())
    assert result.absent == ()


def test_without_gymnasium_its_rows_are_absent_and_named(quick, lacking):
    lacking("gymnasium")
    done = CliRunner().invoke(app, ["bench", "plant", "--json", "--rounds", "3"])
    result = json.loads(done.stdout)
    assert result["absent"] == ["gymnasium"]
    assert not any("VectorEnv" in speed["what"] for speed in result["speeds"])
    done = CliRunner().invoke(app, ["bench", "plant", "--rounds", "3"])
    assert "gymnasium is not installed: not measured (pip install 'hil-bench[gym]')" in done.stdout


def test_without_numba_there_is_nothing_to_measure(monkeypatch):
    monkeypatch.setattr(benchmark, "numba_is_here", lambda: False)
    done = CliRunner().invoke(app, ["bench", "plant"])
    assert isinstance(done.exception, BadInput)
    assert "hil-bench[fast]" in done.exception.hint


def test_the_gate_fails_below_its_ratio_and_says_so(quick):
    done = CliRunner().invoke(app, ["bench", "plant", "--json", "--rounds", "3", "--min-ratio", "100000"])
    assert done.exit_code == 1
    assert "less than 100000 ×" in done.stderr
    json.loads(done.stdout)


def test_the_table_fits_80_columns_and_shows_cases_and_machine(quick, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = CliRunner().invoke(app, ["bench", "plant", "--rounds", "3"])
    assert done.exit_code == 0
    assert "BatchPlant.step" in done.stdout
    assert "numba" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
