import pickle

import pytest

from hil.core.errors import ScenarioError
from hil.scenario.conditions import Sensors
from hil.scenario.criteria import Criterion, Limit
from hil.scenario.model import Scenario
from hil.scenario.overrides import parse_settings
from hil.scenario.sensor_presets import PRESETS

FULL = """\
version: 1
name: hover-gust
description: "a: b — ünïcode, # no comment"
battery_hover_v: 3.55
duration_s: 20
rate_hz: 100
start: {position_m: [0, 0, 0.5], spread: {tilt_deg: 10, velocity_m_s: [1.0e-7, 0, 0]}}
task: {kind: hold, position_m: [0, 0, 1]}
sensors: {preset: real-2026, action_delay_s: 0.01}
disturbances:
  - {kind: gust, at_s: 8, force_world_n: [0.02, 0, 0], for_s: 0.5}
  - {kind: residual}
randomise: {mass: 0.2}
faults: [{kind: motor_efficiency, motor: 1, factor: 0.9, at_s: 5}]
criteria:
  - metric: position_error_xy_mean_m
    limit: 0.05
    rationale: half the motor diagonal
    limits:
      - {target: sim, limit: 0.1, rationale: r1}
      - {family: position-only, limit: 0.2, rationale: r2}
      - {target: sim, family: position-only, limit: 0.3, rationale: r3}
seed: 7
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "full.yaml"
    path.write_text(FULL)
    return path


def test_a_scenario_with_all_defaults_written_out_loads_back_equal(file, tmp_path):
    scenario = Scenario.load(file)
    resolved = tmp_path / "elsewhere.yaml"
    resolved.write_text(scenario.resolved_yaml())
    assert Scenario.load(resolved) == scenario
    assert "geofence_m" in resolved.read_text()


def test_scenarios_that_say_something_else_are_not_equal(file):
    assert Scenario.load(file) != Scenario.load(file, {"seed": 8})


def test_a_scenario_survives_pickling_with_its_lines(file):
    scenario = pickle.loads(pickle.dumps(Scenario.load(file)))
    assert scenario == Scenario.load(file)
    assert scenario.error("task", "x").line == 8


def test_keys_beside_a_sensor_preset_replace_its_own(file):
    expected = PRESETS["real-2026"].model_copy(update={"action_delay_s": 0.01})
    assert Scenario.load(file).sensors == expected


def test_sensors_are_perfect_by_default(file, tmp_path):
    file.write_text(FULL.replace("sensors:", "# sensors:"))
    assert Scenario.load(file).sensors == Sensors()


def test_a_vehicle_file_is_found_beside_the_scenario(file):
    file.write_text(FULL + "vehicle: mine.toml\n")
    scenario = Scenario.load(file)
    assert scenario.vehicle == str(file.parent / "mine.toml")


def test_a_later_check_can_point_at_a_line(file):
    scenario = Scenario.load(file)
    assert str(scenario.error("disturbances.1.scale", "too much")) == f"{file}:12:disturbances.1.scale: too much"
    assert scenario.error("vehicle", "unknown").line == 1  # not in the file: where its content begins


@pytest.mark.parametrize(
    ("target", "family", "expected"),
    [
        ("sim", "position-only", (0.3, "r3", "sim, position-only")),
        ("sim", "feed-forward", (0.1, "r1", "sim")),
        ("replay", "position-only", (0.2, "r2", "position-only")),
        ("replay", "feed-forward", (0.05, "half the motor diagonal", "default")),
    ],
)
def test_the_most_specific_limit_counts(file, target, family, expected):
    assert Scenario.load(file).criteria[0].applicable(target, family) == expected


def test_of_two_equally_specific_limits_the_first_counts():
    limits = (
        Limit(family="position-only", limit=2.0, rationale="f"),
        Limit(target="sim", limit=1.0, rationale="t"),
    )
    criterion = Criterion(metric="position_error_xy_mean_m", limit=0.0, rationale="d", limits=limits)
    assert criterion.applicable("sim", "position-only").label == "position-only"


def test_settings_on_the_command_line_are_read_like_the_file():
    settings = ["task.position_m=[0, 0, 2]", "criteria.0.limit=1.0e-3", "name=a=b", "start.motors='off'"]
    assert parse_settings(settings) == {
        "task.position_m": [0, 0, 2],
        "criteria.0.limit": 0.001,
        "name": "a=b",
        "start.motors": "off",
    }


@pytest.mark.parametrize("setting", ["seed", "=3", "task={", "seed=010", "name=&x y"])
def test_a_bad_setting_is_told_as_such(setting):
    with pytest.raises(ScenarioError, match="--set"):
        parse_settings([setting])


def test_overrides_reach_into_lists_mappings_and_things_not_in_the_file(file):
    changed = Scenario.load(
        file, {"criteria.0.limits.1.limit": 9, "safety.tilt_deg": 30, "start.position_m.2": 0.7, "seed": 1}
    )
    assert changed.criteria[0].limits[1].limit == 9
    assert changed.safety.tilt_deg == 30
    assert changed.start.position_m == (0, 0, 0.7)
    assert changed.seed == 1


def test_overriding_one_key_of_a_preset_keeps_the_others(file):
    file.write_text(FULL.replace("sensors: {preset: real-2026, action_delay_s: 0.01}", "sensors: real-2026"))
    sensors = Scenario.load(file, {"sensors.action_delay_s": 0.02}).sensors
    assert sensors == PRESETS["real-2026"].model_copy(update={"action_delay_s": 0.02})


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("task.positon_m", 3, "--set:task.positon_m: unknown key; did you mean 'position_m'?"),
        ("task.kind", "hoold", "--set:task.kind: unknown kind 'hoold'; did you mean 'hold'?"),
        ("duration_s", -1, "--set:duration_s: must be greater than 0, got -1"),
        ("name", True, "--set:name: must be text, got True"),
        ("disturbances.0.at_s", 30, "--set:disturbances.0.at_s: at 30 s, but the flight ends at 20 s"),
        ("criteria.4.limit", 1, "--set:criteria.4.limit: no item '4' in a list of 1"),
        ("seed.x", 1, "--set:seed.x: seed is 7, which has no keys"),
        ("seed.x.y", 1, "--set:seed.x.y: nothing to set inside 7"),
        ("a.b.c", 3, "--set:a.b.c: unknown key"),
        ("sensors.preset", "bogus", "--set:sensors.preset: unknown sensor preset 'bogus'"),
        ("task.kind", "circle", "--set:task.kind: "),
        ("start.spread.tilt_deg", 90, "--set:start.spread.tilt_deg: 90° is more than"),
    ],
)
def test_an_error_in_an_override_blames_the_override(file, key, value, told):
    with pytest.raises(ScenarioError) as caught:
        Scenario.load(file, {key: value})
    assert str(caught.value).startswith(told)


def test_a_problem_that_the_file_had_before_is_not_blamed_on_a_setting_near_it(file):
    file.write_text(FULL.replace("{kind: hold, position_m: [0, 0, 1]}", "{kind: circle, radius_m: 1}"))
    with pytest.raises(ScenarioError) as caught:
        Scenario.load(file, {"task.yaw_deg": 3})
    assert str(caught.value).startswith(f"{file}:8:task: needs exactly one of period_s and speed_m_s")


PIECE = "1.5," + ",".join(["0"] * 32) + "\n"


def test_a_path_on_the_command_line_is_relative_to_the_working_folder(file, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    (here / "x.csv").write_text(PIECE)
    monkeypatch.chdir(here)
    assert Scenario.load(file, {"vehicle": "mine.toml"}).vehicle == str(here / "mine.toml")
    whole = Scenario.load(file, {"task": {"kind": "polynomial", "file": "x.csv"}, "settle_s": 0})
    assert whole.task.file == str(here / "x.csv")
    (tmp_path / "x.csv").write_text(PIECE)
    file.write_text(FULL.replace("{kind: hold, position_m: [0, 0, 1]}", "{kind: polynomial, file: x.csv}"))
    assert Scenario.load(file).task.file == str(tmp_path / "x.csv")
    assert Scenario.load(file, {"task.file": "x.csv"}).task.file == str(here / "x.csv")


def test_a_resolved_scenario_names_no_home_folder_and_loads_back_equal(file, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x.csv").write_text(PIECE)
    text = FULL.replace("{kind: hold, position_m: [0, 0, 1]}", "{kind: polynomial, file: x.csv}")
    file.write_text(text + "vehicle: mine.toml\n")
    scenario = Scenario.load(file)
    resolved = tmp_path / "elsewhere" / "scenario.yaml"
    resolved.parent.mkdir()
    resolved.write_text(scenario.resolved_yaml())
    assert "vehicle: ~/mine.toml" in resolved.read_text()
    assert str(tmp_path) not in resolved.read_text()
    assert Scenario.load(resolved) == scenario


def test_the_metrics_window_is_the_tasks_own_unless_the_scenario_says(file):
    from hil.scenario.start import nominal_start

    scenario = Scenario.load(file)
    reference = scenario.task.reference(nominal_start(scenario.start))
    assert scenario.judge_from_s(reference) == 5.0
    assert Scenario.load(file, {"settle_s": 2}).judge_from_s(reference) == 2.0
