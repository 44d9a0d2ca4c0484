"""What a user installs: one wheel, four packages, scenarios and vehicles inside, no checkout needed."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"hil", "hil_sim", "hil_controllers", "hil_reports"}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("clean")
    venv.create(home / "venv", with_pip=True)
    python = home / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True)
    return python


def test_the_wheel_holds_our_four_packages_and_nothing_else_at_the_top(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == OURS


def test_scenarios_vehicles_networks_firmware_and_references_travel_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for path in (ROOT / "scenarios").rglob("*.yaml"):
        assert f"hil/data/scenarios/{path.relative_to(ROOT / 'scenarios').as_posix()}" in names
    for path in (ROOT / "sim/hil_sim/vehicles").glob("*.toml"):
        assert f"hil_sim/vehicles/{path.name}" in names
    trained = ROOT / "controllers/trained"
    for path in filter(Path.is_file, trained.rglob("*")):
        assert f"hil_controllers/trained/{path.relative_to(trained).as_posix()}" in names
    for path in (ROOT / "controllers/configs").glob("*.yaml"):
        assert f"hil_controllers/configs/{path.name}" in names
    for path in filter(Path.is_file, (ROOT / "controllers/firmware").rglob("*")):
        assert f"hil_controllers/firmware/{path.relative_to(ROOT / 'controllers/firmware').as_posix()}" in names
    for path in (ROOT / "reports/reference").glob("*.yaml"):
        assert f"hil/data/reference/{path.name}" in names
    for path in (ROOT / "hil/hil/virtual_crazyflie/tables").iterdir():
        assert f"hil/virtual_crazyflie/tables/{path.name}" in names


def test_installing_it_adds_only_our_names_to_site_packages(installed: Path) -> None:
    script = (
        "import importlib.metadata as m; print([n for n, d in m.packages_distributions().items() if 'hil-bench' in d])"
    )
    answer = subprocess.run([installed, "-c", script], check=True, capture_output=True, text=True, cwd="/")
    assert set(eval(answer.stdout)) == OURS


def test_hil_run_flies_a_shipped_scenario_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    hil = installed.parent / "hil"
    environment = {k: v for k, v in os.environ.items() if k not in ("HIL_FLIGHTS", "PYTHONPATH")}
    command = [hil, "run", "scenarios/hover.yaml", "--no-report", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert answer.returncode == 0, answer.stderr
    (result,) = json.loads(answer.stdout)
    assert result["outcome"] == "PASS"
    assert (tmp_path / result["run_dir"] / "samples.parquet").exists()


def test_hil_check_flies_against_the_references_that_ship_and_refresh_leaves_them_alone(
    installed: Path, tmp_path: Path
) -> None:
    hil = installed.parent / "hil"
    environment = {k: v for k, v in os.environ.items() if k not in ("HIL_FLIGHTS", "PYTHONPATH")}
    words = {"capture_output": True, "text": True, "cwd": tmp_path, "env": environment}
    checked = subprocess.run([hil, "check", "step", "-c", "geometric"], **words)
    assert checked.returncode == 0, checked.stderr
    refused = subprocess.run([hil, "refresh", "step", "-c", "geometric", "--yes"], **words)
    assert refused.returncode == 2
    assert "not yours to change" in refused.stderr
