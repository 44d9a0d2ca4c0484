"""A suite file: what it amounts to, and how its mistakes are told."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from hil.core.errors import BadInput, ScenarioError
from hil.scenario.shape import models_in
from hil.scenario.shipped import shipped_names, shipped_suites
from hil.suite.model import SuiteFile, find_suite, load_suite

GOOD = """\
version: 1
name: small
vehicle: cf-l2f-original
controllers: [geometric, pid]
repeats: 4
set: {sensors: l2f-original}
cells:
  - name: hover
    scenario: hover
    set: {duration_s: 6}
  - name: latency
    scenario: hover
    set: {duration_s: 6}
    sweep: {key: sensors.action_delay_s, values: [0, 0.01]}
"""


@pytest.fixture
def write(tmp_path):
    def written(text=GOOD):
        path = tmp_path / "suite.yaml"
        path.write_text(text)
        return path

    return written


def told(path):
    with pytest.raises(ScenarioError) as caught:
        load_suite(path)
    return caught.value


def test_a_suite_amounts_to_scenarios(write):
    suite = load_suite(write())
    assert [(point.cell.name, point.value) for point in suite.points] == [
        ("hover", None),
        ("latency", 0),
        ("latency", 0.01),
    ]
    for point in suite.points:
        assert (point.scenario.vehicle, point.scenario.repeats) == ("cf-l2f-original", 4)
        assert point.scenario.sensors.position_noise_m == (0.001, 0.001, 0.001)
    assert suite.points[2].scenario.sensors.action_delay_s == 0.01


def test_all_conditions_of_a_scenario_have_its_seed(write):
    assert len({point.scenario.seed for point in load_suite(write()).points}) == 1
    assert {point.scenario.seed for point in load_suite(write(GOOD + "seed: 9\n")).points} == {9}


def test_repeats_can_be_replaced(write):
    assert {point.scenario.repeats for point in load_suite(write(), repeats=7).points} == {7}


def test_too_few_repeats_for_an_interval_are_refused(write):
    with pytest.raises(BadInput, match="at least 3"):
        load_suite(write(), repeats=2)


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words"),
    [
        ("repeats: 4", "repeets: 4", 5, "repeets", "unknown key; did you mean 'repeats'?"),
        ("    sweep:", "    swep:", 14, "cells.1.swep", "unknown key; did you mean 'sweep'?"),
        ("{key: sens", "{labl: x, key: sens", 14, "cells.1.sweep.labl", "unknown key; did you mean 'label'?"),
        ("version: 1", "version: 2", 1, "version", "must be 1"),
        ("vehicle: cf-l2f-original\n", "", 1, "vehicle", "missing"),
        ("[geometric, pid]", "[geometric]", 4, "controllers", "at least 2 items"),
        ("[geometric, pid]", "[pid, pid]", 4, "controllers.1", "'pid' is given twice"),
        ("name: latency", "name: hover", 11, "cells.1.name", "'hover' is given twice"),
        ("[0, 0.01]", "[0, 0.0]", 14, "cells.1.sweep.values.1", "given twice"),
        ("[0, 0.01]", "[0, -1]", 14, "cells.1.sweep.values.1", "greater than or equal to 0"),
        ("key: sensors.action_delay_s", "key: sensors.action_delai_s", 14, "cells.1.sweep.key", "action_delay_s"),
        ("set: {duration_s: 6}\n    sweep", "set: {duratoin_s: 6}\n    sweep",
         13, "cells.1.set.duratoin_s", "duration_s"),
        ("set: {sensors: l2f-original}", "set: {sensors: l2f}", 6, "set.sensors", "unknown sensor preset 'l2f'"),
        ("set: {sensors: l2f-original}", "set: {vehicle: x}", 6, "set.vehicle", "cannot be set here"),
        ("    scenario: hover\n    set: {duration_s: 6}\n  -", "    scenario: hovr\n  -",
         9, "cells.0.scenario", "'hover'"),
        ("repeats: 4", "repeats: 2", 5, "repeats", "greater than or equal to 3"),
        ("cf-l2f-original", "cf-l2f", 3, "vehicle", "cf-l2f-original"),
        ("    scenario: hover\n    set: {duration_s: 6}\n  -", "    scenario: hover\n    metric: eror\n  -", 10,
         "cells.0.metric", "unknown metric"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_file_line_and_key(write, old, new, line, key, words):
    assert old in GOOD
    path = write(GOOD.replace(old, new, 1))
    error = told(path)
    assert (error.file, error.line, error.key) == (str(path), line, key)
    assert words in str(error)


def test_a_task_that_the_vehicle_cannot_fly_is_told_by_the_suites_line(write):
    text = GOOD.replace("cf-l2f-original", "cf21-identified").replace("scenario: hover", "scenario: figure_eight", 1)
    path = write(text.replace("set: {duration_s: 6}", "set: {duration_s: 6, task.period_s: 3}", 1))
    error = told(path)
    assert (error.line, error.key) == (10, "cells.0.set.task.period_s")
    assert "thrust-to-weight" in str(error)


def test_a_recorded_task_is_refused(write):
    error = told(write(GOOD.replace("scenario: hover\n    set: {duration_s: 6}", "scenario: flights/recorded", 1)))
    assert (error.key, "recorded flight" in str(error)) == ("cells.0.scenario", True)


def test_scenarios_and_vehicles_lie_beside_the_suite(write, tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(
        "version: 1\nname: mine\nduration_s: 7\ntask: {kind: hold, position_m: [0, 0, 1]}\n"
    )
    path = write(GOOD.replace("scenario: hover\n", "scenario: mine.yaml\n", 1))
    monkeypatch.chdir("/")
    assert load_suite(path).points[0].scenario.name == "mine"


@pytest.mark.parametrize("name", sorted(shipped_suites()))
def test_a_shipped_suite_loads_and_can_be_flown_by_its_vehicle(name):
    suite = load_suite(find_suite(name))
    assert suite.file.name.replace("-", "_") == name
    assert suite.file.controllers[:3] == ("snn", "ann-history", "ann")
    assert suite.file.repeats >= 20
    assert {cell.paper for cell in suite.file.cells} == {None, "hover", "trajectory"}


def test_the_papers_suite_has_the_papers_disturbances():
    from hil.core.vehicle import GRAVITY_M_S2
    from hil_sim.vehicle_files import load_vehicle

    scenario = load_suite(find_suite("controllers")).points[0].scenario
    weight_n = load_vehicle(scenario.vehicle).mass_kg * GRAVITY_M_S2
    force, torque = scenario.disturbances
    assert force.std_n == pytest.approx(weight_n / 20, rel=1e-3)
    assert torque.std_n_m == pytest.approx(weight_n / 10_000, rel=1e-3)
    assert scenario.sensors.action_delay_s == 0.01


def test_a_suite_is_no_scenario():
    assert not any("suites" in name for name in shipped_names())


@pytest.mark.parametrize("name", ["controllers", "suites/controllers", "scenarios/suites/controllers.yaml"])
def test_a_shipped_suite_is_found_by_name_and_path(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert find_suite(name) == shipped_suites()["controllers"]


def test_an_unknown_suite_names_the_nearest():
    with pytest.raises(BadInput, match="did you mean 'controllers'"):
        find_suite("controlers")


def test_every_key_is_documented():
    text = (Path(__file__).parents[3] / "docs/suites.md").read_text()
    rows = set(re.findall(r"^\| `([\w.]+)` \|", text, flags=re.MULTILINE))

    def keys(model: type[BaseModel], prefix: str = "") -> set[str]:
        found = set()
        for name, field in model.model_fields.items():
            found.add(prefix + name)
            for inner in models_in(field.annotation):
                found |= keys(inner, f"{prefix}{name}.")
        return found

    assert rows == keys(SuiteFile)
