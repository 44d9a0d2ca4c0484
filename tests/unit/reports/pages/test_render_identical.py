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


@pytest.fixture(scope="module")
def runs(tmp_path_factory, fly):
    folder = tmp_path_factory.mktemp("identical") / "runs"
    for repeat in range(3):
        for controller in ("pid", "snn"):
            fly(folder, repeat=repeat, controller=controller, duration_s=3.0)
    return folder


@pytest.fixture(scope="module")
def written(runs, tmp_path_factory):
    return in_another_process(runs, tmp_path_factory.mktemp("written"), "forward", "1")


def test_the_same_runs_elsewhere_in_another_order_give_the_same_bytes_in_another_process(tmp_path, runs, written):
    copy = tmp_path / "somewhere" / "else"
    shutil.copytree(runs, copy)
    assert len(written) == 7
    assert in_another_process(copy, tmp_path / "out", "backward", "2") == written


def test_nothing_written_names_a_folder_of_this_machine(runs, written):
    assert not any(str(runs.parent).encode() in text for text in written.values())


def test_a_changed_verdict_changes_every_file_of_the_report(tmp_path, runs, written):
    copy = tmp_path / "runs"
    shutil.copytree(runs, copy)
    path = next(iter(sorted(copy.iterdir()))) / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"outcome": "FAIL", "reason": "changed"}))
    after = in_another_process(copy, tmp_path / "out", "forward", "1")
    changed = {name for name in written if written[name] != after[name]}
    assert changed == {"report.html", "report.md", "report.json", "report.junit.xml"}
