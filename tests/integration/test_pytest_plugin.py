"""`pytest --hil-target sim scenarios/`: scenario files as tests, and no trace of hil without that option.

pytest runs in a process of its own, in a folder that holds what `hil refresh` made.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CACHE = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")  # compiled plants; pytester moves the home
_INSTALLED = any(point.value == "hil.pytest_plugin" for point in entry_points(group="pytest11"))
PLUGIN = () if _INSTALLED else ("-p", "hil.pytest_plugin")

HOVER = """\
version: 1
name: short-hover
duration_s: 1
settle_s: 0.5
task: {kind: hold, position_m: [0, 0, 1]}
sensors: real-2026
criteria:
  - {metric: position_error_xy_mean_m, limit: 0.5, rationale: a test's}
"""
SABOTAGE = """
import hil_controllers.geometric as geometric
from hil.core.types import Command

act = geometric.Geometric.act
def wrong(self, state, setpoint):
    {line}
geometric.Geometric.act = wrong
"""
PERMUTED = "m = act(self, state, setpoint).motors; return Command((m[1], m[0], m[2], m[3]))"
DEGREES = "return act(self, state._replace(rates=tuple(57.3 * rate for rate in state.rates)), setpoint)"
CHANCE = """
import numpy
import hil_sim.batch.chances as chances
chances.rng = lambda seed, purpose: numpy.random.default_rng()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with `tasks/hover.yaml` and `reference/`; made in a process of its own: pytester unloads modules."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "tasks").mkdir()
    (folder / "tasks" / "hover.yaml").write_text(HOVER)
    words = ["refresh", "tasks", "-c", "geometric", "--reference", "reference", "--yes", "-j", "1"]
    subprocess.run([sys.executable, "-m", "hil", *words], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def flown(made, pytester, reference_in):
    """That folder, copied to where pytest runs."""
    shutil.copytree(made, pytester.path, dirs_exist_ok=True)
    return reference_in(pytester.path / "tasks" / "hover.yaml", pytester.path / "reference")


@pytest.fixture
def run(pytester, monkeypatch):
    """`run("tasks")`: pytest with the plugin on the target sim."""
    monkeypatch.setenv("XDG_CACHE_HOME", CACHE)

    def call(*words):
        return pytester.runpytest_subprocess(*PLUGIN, "--hil-target", "sim", "--hil-reference", "reference", *words)

    return call


def test_scenarios_of_a_folder_are_tests_that_pass(flown, run):
    result = run("tasks", "-v")
    result.stdout.fnmatch_lines(["*tasks/hover.yaml::sim-geometric PASSED*"])
    result.assert_outcomes(passed=1)


def test_one_and_a_half_tolerances_worse_is_red(flown, run):
    flown.move(tolerances=1.5)
    result = run("tasks")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*short-hover · sim · geometric*", "*WORSE *short-hover*", "*position_error_mean_m, mean*worse"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_half_a_tolerance_worse_is_not(flown, run):
    flown.move(tolerances=0.5)
    run("tasks").assert_outcomes(passed=1)


def test_better_is_a_warning(flown, run):
    flown.move(tolerances=-1.5)
    result = run("tasks")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*BetterThanReference: BETTER *refresh it*"])


@pytest.mark.parametrize(
    "sabotage", [SABOTAGE.format(line=PERMUTED), SABOTAGE.format(line=DEGREES), CHANCE], ids=["motors", "gyro", "seed"]
)
def test_a_broken_bench_is_red(flown, run, pytester, sabotage):
    pytester.makeconftest(sabotage)
    run("tasks").assert_outcomes(failed=1)


def test_a_broken_scenario_is_told_with_file_line_and_key(flown, run):
    flown.scenario.write_text(flown.scenario.read_text().replace("duration_s", "duration"))
    result = run("tasks")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*hover.yaml:3:duration: unknown key; did you mean 'duration_s'?*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_stale_reference_is_an_error_with_the_command_that_refreshes_it(flown, run):
    flown.scenario.write_text(flown.scenario.read_text().replace("limit: 0.5", "limit: 0.4"))
    result = run("tasks")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*hint: hil refresh tasks/hover.yaml --target sim --controller geometric*"])


def test_only_files_that_are_named_or_lie_in_a_named_folder_are_scenarios(flown, run, pytester):
    (pytester.path / "tasks" / "suites").mkdir()
    (pytester.path / "tasks" / "suites" / "other.yaml").write_text("no: scenario\n")
    (pytester.path / "compose.yml").write_text("services: {}\n")

    def collected(where):
        return [line for line in run("--collect-only", "-q", where).outlines if "::" in line or "ERROR" in line]

    assert collected("tasks") == collected("tasks/hover.yaml::sim-geometric") == ["tasks/hover.yaml::sim-geometric"]
    assert collected(".") == []
    assert any("compose.yml" in line for line in collected("compose.yml"))


def test_tests_in_python_are_run_beside_scenarios(flown, run, pytester):
    pytester.makepyfile(test_other="def test_other(): pass")
    run("tasks", "test_other.py").assert_outcomes(passed=2)


def test_results_go_into_the_junit_file(flown, run, pytester):
    run("tasks", "--junit-xml", "junit.xml")
    assert 'name="position_error_mean_m, mean"' in (pytester.path / "junit.xml").read_text()


def test_it_flies_in_the_workers_of_xdist(flown, run):
    run("tasks", "-n", "2").assert_outcomes(passed=1)


def test_without_its_option_nothing_of_hil_is_imported(pytester):
    pytester.makefile(".yaml", task="no: scenario")
    pytester.makepyfile(
        "import sys\n"
        "def test_imports():\n"
        "    ours = {m for m in sys.modules if m.partition('.')[0] in ('hil', 'hil_sim', 'hil_reports', 'pydantic')}\n"
        "    assert ours <= {'hil', 'hil.pytest_plugin'}\n"
    )
    result = pytester.runpytest_subprocess(*PLUGIN)
    result.assert_outcomes(passed=1)


def test_it_is_an_entry_point_of_the_package():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"hil": "hil.pytest_plugin"}
