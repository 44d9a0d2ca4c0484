"""docs/regression.md: its workflow is one, its actions are pinned, and its figures are those of the reference."""

import inspect
import re
from pathlib import Path

import yaml

from hil.cli import regression

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "regression.md").read_text()
SECTION, WORKFLOW = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_workflow_is_yaml_with_every_action_pinned_to_a_commit():
    workflow = yaml.safe_load(WORKFLOW)
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action) for action in used)
    assert workflow["permissions"] == {"contents": "read"}


def test_the_workflow_checks_with_options_that_there_are():
    (command,) = re.findall(r"run: hil check (.*)", WORKFLOW)
    options = re.findall(r"--([a-z]+)", command)
    assert options == ["junit"]
    assert set(options) <= inspect.signature(regression.check).parameters.keys()


def test_the_section_it_shows_is_the_one_that_is_committed():
    path = ROOT / "reports" / "reference" / "sim-geometric-cf21-identified.yaml"
    committed = yaml.safe_load(path.read_text())["scenarios"]["hover"]
    shown = yaml.safe_load(SECTION)["hover"]
    metrics = shown.pop("metrics")
    assert {key: committed[key] for key in shown} == shown
    assert {name: committed["metrics"][name] for name in metrics} == metrics
    mean, worst = metrics["position_error_mean_m"].values()
    assert f"{mean} m" in PAGE
    assert f"{worst} m" in PAGE
