import getpass
import hashlib
import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hil.manifest import checkout_of, manifest, sha256_of
from hil.scenario.model import Scenario

SCENARIO = """
version: 1
name: hover
duration_s: 20
task: {kind: hold, position_m: [0, 0, 1]}
"""
NOW = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "hover.yaml"
    path.write_text(SCENARIO)
    return Scenario.load(path)


def made(scenario, info, **changed):
    return manifest(scenario, info, **({"flight": None, "utc": NOW, "command": ("run", "hover")} | changed))


def test_a_manifest_says_how_to_fly_it_again(scenario, info):
    found = made(scenario, info)
    assert found["command"] == "hil run hover"
    assert (found["seed"], found["repeat"], found["target"], found["controller"]) == (7, 0, "sim", "pid")
    assert (found["utc"], found["simulated"]) == ("20260504T123015Z", True)
    assert found["versions"]["python"] == platform.python_version()
    assert {"hil-bench", "numpy"} <= set(found["versions"])


def test_a_manifest_hashes_scenario_vehicle_and_recording(scenario, info, tmp_path):
    recording = tmp_path / "flight.csv"
    recording.write_text("t\n0\n")
    hashes = made(scenario, info, flight=recording)["hashes"]
    assert hashes["hover.yaml"] == "sha256:" + hashlib.sha256(SCENARIO.encode()).hexdigest()
    assert hashes["flight.csv"] == "sha256:" + hashlib.sha256(b"t\n0\n").hexdigest()
    assert "cf21-identified.toml" in hashes


def test_another_scenario_has_another_hash(scenario, info):
    before = made(scenario, info)["hashes"]
    scenario.path.write_text(SCENARIO + "seed: 1\n")
    assert made(scenario, info)["hashes"]["hover.yaml"] != before["hover.yaml"]


def test_a_manifest_names_no_person_and_no_machine(scenario, info, tmp_path):
    home = Path.home()
    text = json.dumps(made(scenario, info, command=("run", f"{home}/hover.yaml"), flight=scenario.path))
    assert str(home) + "/" not in text
    assert str(tmp_path) not in text
    assert platform.node() not in text
    if getpass.getuser() != "root":
        assert getpass.getuser() not in text


def test_a_manifest_is_plain_json(scenario, info):
    found = made(scenario, info)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    env = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "PATH": os.environ["PATH"]}
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-q", "-m", "first"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True, env=env)
    return folder


def test_a_clean_checkout_is_its_commit(checkout):
    commit, dirty = checkout_of(checkout)
    assert len(commit) == 40
    assert dirty is False


def test_a_changed_checkout_is_dirty(checkout):
    (checkout / "__init__.py").write_text("changed\n")
    assert checkout_of(checkout)[1] is True


def test_outside_a_checkout_there_is_no_commit(tmp_path):
    (tmp_path / "__init__.py").write_text("")
    assert checkout_of(tmp_path) == (None, None)


def test_a_checkout_that_merely_surrounds_an_installation_is_not_its_commit(checkout):
    installed = checkout / "venv"
    installed.mkdir()
    (installed / "__init__.py").write_text("")
    assert checkout_of(installed) == (None, None)


def test_a_run_folder_is_hashed_by_its_samples(tmp_path):
    (tmp_path / "samples.parquet").write_bytes(b"rows")
    assert sha256_of(tmp_path) == "sha256:" + hashlib.sha256(b"rows").hexdigest()
