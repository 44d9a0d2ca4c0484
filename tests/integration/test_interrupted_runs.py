"""What is left of a flight that was stopped from outside: Ctrl-C, or a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hil.log import Log


@pytest.fixture
def begun(scenario_file: Callable[..., Path], tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """`hil run` of a five-minute flight in a process group of its own, once `flying` flights are well in the air."""
    path = scenario_file("vehicle: cf-l2f-original\n", duration_s=300)  # no battery that would run down

    def start(*words: str, flying: int = 1) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "hil", "run", path, "--no-report", "--out", tmp_path / "runs", *words]
        process = subprocess.Popen(
            [*command, "--set", "rate_hz=1000"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        deadline_s = time.monotonic() + 60.0
        while sum(p.stat().st_size > 100_000 for p in tmp_path.glob("runs/*/samples.part")) < flying:
            assert time.monotonic() < deadline_s, "the flight never started"
            time.sleep(0.05)
        return process

    return start


def test_ctrl_c_ends_the_flight_keeps_its_log_and_exits_4(begun, tmp_path):
    process = begun()
    process.send_signal(signal.SIGINT)
    shown, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "result.json").read_text())["outcome"] == "ABORTED"
    assert "interrupted" in shown
    assert Log.open(folder).aborted


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_the_whole_batch_and_shows_what_was_flown(begun, tmp_path, workers):
    process = begun("--repeats", "6", "--jobs", str(workers), flying=workers)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
    shown, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    assert "of 6 flights begun" in err
    assert "interrupted by the operator" in shown
    outcomes = [json.loads(p.read_text())["outcome"] for p in tmp_path.glob("runs/*/result.json")]
    assert outcomes == ["ABORTED"] * workers
    assert len(list((tmp_path / "runs").iterdir())) == workers


def test_a_killed_run_leaves_a_readable_log(begun, tmp_path):
    process = begun()
    process.kill()
    process.communicate()
    (folder,) = (tmp_path / "runs").iterdir()
    log = Log.open(folder)
    assert len(log) > 50
    assert np.array_equal(log["tick"], np.arange(len(log)))
