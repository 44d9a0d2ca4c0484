"""The shipped tasks on the simulator and on a virtual Crazyflie through cflib, one command, one report."""

import json
from pathlib import Path

import pytest

pytest.importorskip("cflib", reason="needs cflib: pip install 'hil-bench[crazyflie]'")
pytest.importorskip("matplotlib", reason="needs the report extra")

TASKS = ("hover", "figure_eight_slow")


@pytest.mark.slow
def test_the_same_tasks_fly_on_both_and_stand_side_by_side(hil, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    answer = hil("run", *TASKS, "-t", "sim,crazyflie", "-c", "pid-firmware", "--uri", "virtual")
    assert answer.code == 0, answer.out + answer.err
    (page,) = Path("runs").glob("*report*/report.json")
    groups = json.loads(page.read_text())["groups"]
    flown = {(group["scenario"], group["target"], group["controller"]) for group in groups}
    assert flown == {
        (task.replace("_", "-"), target, controller)
        for task in TASKS
        for target, controller in (("sim", "pid-firmware"), ("crazyflie", "onboard-pid"))
    }
    assert all(group["simulated"] for group in groups)
