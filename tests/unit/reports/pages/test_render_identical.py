import json
import os
import shutil
import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pathlib import Path
from hil_reports.render import write_comparison, write_report
runs, out = sorted(Path(sys.argv[1]).iterdir()), Path(sys.argv[2])
if sys.argv[3] == "backward":
    runs = runs[::-1]
write_report(runs, out)
write_comparison([r for r in runs if "-pid-" in r.name], [r for r in runs if "-snn-" in r.name], out)
"""


def in_another_process(runs, out, order, hash_seed):
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-c", PROGRAM, str(runs), str(out), order], check=True, env=environment)
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


@pytest.fixture
def runs(tmp_path, fly):
    for repeat in range(3):
        for controller in ("pid", "snn"):
            fly(tmp_path / "runs", repeat=repeat, controller=controller, duration_s=4.0)
    return tmp_path / "runs"


def test_the_same_runs_elsewhere_in_another_order_give_the_same_bytes_in_another_process(tmp_path, runs):
    copy = tmp_path / "somewhere" / "else"
    shutil.copytree(runs, copy)
    here = in_another_process(runs, tmp_path / "one", "forward", "1")
    there = in_another_process(copy, tmp_path / "two", "backward", "2")
    assert len(here) == 7
    assert here == there
    assert not any(str(tmp_path).encode() in text for text in here.values())


def test_a_changed_verdict_changes_every_file_of_the_report(tmp_path, runs):
    before = in_another_process(runs, tmp_path / "one", "forward", "1")
    path = next(iter(sorted(runs.iterdir()))) / "result.json"
    data = json.loads(path.read_text()) | {"outcome": "FAIL", "reason": "changed"}
    path.write_text(json.dumps(data))
    after = in_another_process(runs, tmp_path / "two", "forward", "1")
    assert {name for name in before if before[name] != after[name]} == {
        "report.html",
        "report.md",
        "report.json",
        "report.junit.xml",
    }
