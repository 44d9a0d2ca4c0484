"""The benchmark says what it measured, on what, and its gate can fail."""

import json

import pytest
from typer.testing import CliRunner

from hil.cli.main import app

pytest.importorskip("numba", reason="numba is not installed")


@pytest.fixture
def quick(monkeypatch):
    from hil_sim.batch import benchmark

    monkeypatch.setattr(benchmark, "ROUND_S", 1e-3)
    monkeypatch.setattr(benchmark, "SIZES", (("base", "float32", 1_024),))


def test_the_json_has_figures_ratios_and_the_machine(quick):
    done = CliRunner().invoke(app, ["bench", "plant", "--json", "--rounds", "3", "--min-ratio", "0.001"])
    assert done.exit_code == 0
    result = json.loads(done.output)
    assert {"cpu", "vectors", "numpy", "numba", "python", "load_1_min"} <= result["environment"].keys()
    speeds = {(s["what"], s["vehicles"]): s for s in result["speeds"]}
    kernel, oracle = speeds["kernel", 1_024], speeds["numpy", 1_024]
    assert kernel["ratio_to_numpy"] == pytest.approx(oracle["call_us"] / kernel["call_us"])
    assert kernel["million_steps_s"] == pytest.approx(1_024 / kernel["call_us"])
    assert ("kernel", 1) in speeds


def test_the_gate_fails_below_its_ratio_and_the_table_shows_the_cases(quick):
    done = CliRunner().invoke(app, ["bench", "plant", "--rounds", "3", "--min-ratio", "100000"])
    assert done.exit_code == 1
    assert "BatchPlant.step" in done.output
    assert "numba" in done.output
