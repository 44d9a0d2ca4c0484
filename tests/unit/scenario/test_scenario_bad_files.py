"""Every way a scenario file was seen to be wrong, and what the person who wrote it is told."""

import sys

import pytest
import yaml

from hil.cli import main
from hil.core.errors import ScenarioError
from hil.scenario.model import Scenario
from hil.scenario.schema import json_schema

HEAD = "version: 1\nname: a\nduration_s: 10\n"  # lines 1 to 3
HOLD = "task: {kind: hold, position_m: [0, 0, 1]}\n"  # line 4
GOOD = HEAD + HOLD

CASES = {
    # broken as a file
    "empty": ("", None, "", "is empty"),
    "only comments": ("# nothing\n", None, "", "is empty"),
    "not a mapping": ("- 1\n- 2\n", 1, "", "not a scenario"),
    "just a word": ("hover\n", 1, "", "not a scenario"),
    "unclosed bracket": (HEAD + "task: {kind: hold\n", 5, "", "not YAML"),
    "tab indentation": (HEAD + "task:\n\tkind: hold\n", 5, "", "not YAML"),
    "two documents": (GOOD + "---\n" + GOOD, 5, "", "not YAML"),
    "not UTF-8": ((GOOD + "description: caf").encode() + b"\xe9\n", 5, "", "not UTF-8"),
    "binary": (b"\x00\x01\x02\x03", 1, "", "control character"),
    "nested too deeply": (GOOD + "description: " + "[" * 5000, None, "", "nested too deeply"),
    "anchor": (GOOD + "description: &x hello\n", 5, "", "anchors and aliases"),
    "python object": (GOOD + "description: !!python/object:os.system {}\n", 5, "description", "not supported"),
    "duplicate key": (GOOD + "name: b\n", 5, "name", "given twice, first on line 2"),
    "merge key": (GOOD + "start: {<<: {yaw_deg: 3}}\n", 5, "start", "plain words"),
    # YAML's traps
    "exponent without point": (GOOD + "settle_s: 1e-3\n", 5, "settle_s", "YAML reads 1e-3 as text"),
    "exponent without sign": (GOOD + "settle_s: 1.0e3\n", 5, "settle_s", "write 1.0e+3"),
    "on is true": (HEAD.replace("name: a", "name: on") + HOLD, 2, "name", "YAML reads on as true"),
    "off is false": (GOOD + "start: {motors: off}\n", 5, "start.motors", "YAML reads off as false"),
    "on as a key": (GOOD + "on: 3\n", 5, "", "'on' is read by YAML as bool"),
    "sexagesimal": (HEAD.replace("duration_s: 10", "duration_s: 1:30") + HOLD, 3, "duration_s", "plain decimal"),
    "octal": (GOOD + "seed: 010\n", 5, "seed", "plain decimal"),
    "infinite": (GOOD + "settle_s: .inf\n", 5, "settle_s", "less than or equal to 600"),
    "quoted number": (GOOD + 'settle_s: "5"\n', 5, "settle_s", "YAML reads 5 as text"),
    "half a character": (GOOD + 'description: "\\uD800"\n', 5, "description", "lone surrogate"),
    # wrong keys
    "unknown key": (GOOD + "sensor: real-2026\n", 5, "sensor", "did you mean 'sensors'?"),
    "unknown nested key": (
        GOOD + "start:\n  spread:\n    tilt: 3\n",
        7,
        "start.spread.tilt",
        "did you mean 'tilt_deg'?",
    ),
    "unknown task key": (
        HEAD + "task:\n  kind: hold\n  position_m: [0, 0, 1]\n  yaw_dg: 3\n",
        7,
        "task.yaw_dg",
        "did you mean 'yaw_deg'?",
    ),
    "unknown kind": (HEAD + "task: {kind: figure8}\n", 4, "task.kind", "did you mean 'figure_eight'?"),
    "no kind": (GOOD + "disturbances:\n  - {at_s: 3}\n", 6, "disturbances.0.kind", "known: force, gust"),
    "missing key": ("version: 1\nname: a\n" + HOLD, 1, "duration_s", "missing"),
    "missing task key": (HEAD + "task:\n  kind: hold\n", 4, "task.position_m", "missing"),
    "wrong version": ("version: 2\n" + GOOD.removeprefix("version: 1\n"), 1, "version", "must be 1, got 2"),
    # wrong values
    "text for number": (HEAD.replace("10", "long") + HOLD, 3, "duration_s", "must be a number, got 'long'"),
    "true for number": (GOOD + "settle_s: yes\n", 5, "settle_s", "YAML reads yes as true"),
    "number for mapping": (GOOD + "start: 3\n", 5, "start", "must be `key: value` pairs, got 3"),
    "number for list": (GOOD + "criteria: 3\n", 5, "criteria", "must be a list, got 3"),
    "two numbers for three": (GOOD + "start: {position_m: [0, 1]}\n", 5, "start.position_m.2", "too short"),
    "four numbers for three": (GOOD + "start: {position_m: [0, 0, 1, 1]}\n", 5, "start.position_m", "at most 3"),
    "negative duration": (HEAD.replace("10", "-1") + HOLD, 3, "duration_s", "greater than 0, got -1"),
    "endless flight": (HEAD.replace("10", "601") + HOLD, 3, "duration_s", "less than or equal to 600, got 601"),
    "uneven rate": (GOOD + "rate_hz: 300\n", 5, "rate_hz", "nearest that does is 250"),
    "fraction of a repeat": (GOOD + "repeats: 1.5\n", 5, "repeats", "must be a whole number, got 1.5"),
    "name with a slash": (HEAD.replace("name: a", "name: a/b") + HOLD, 2, "name", "got 'a/b'"),
    "fifth motor": (
        GOOD + "faults:\n  - kind: motor_efficiency\n    motor: 5\n    factor: 0.9\n",
        7,
        "faults.0.motor",
        "less than or equal to 4, got 5",
    ),
    "unknown preset": (GOOD + "sensors: real-2025\n", 5, "sensors", "did you mean 'real-2026'?"),
    "unknown metric": (
        GOOD + "criteria:\n  - metric: position_error_xy_means_m\n    limit: 1\n    rationale: x\n",
        6,
        "criteria.0.metric",
        "did you mean 'position_error_xy_mean_m'?",
    ),
    "unknown target": (
        GOOD
        + "criteria:\n  - metric: position_error_xy_mean_m\n    limit: 1\n    rationale: x\n"
        + "    limits:\n      - {target: simm, limit: 2, rationale: y}\n",
        10,
        "criteria.0.limits.0.target",
        "did you mean 'sim'?",
    ),
    "limit for nobody": (
        GOOD
        + "criteria:\n  - metric: position_error_xy_mean_m\n    limit: 1\n    rationale: x\n"
        + "    limits:\n      - {limit: 2, rationale: y}\n",
        10,
        "criteria.0.limits.0",
        "needs a target, a family or both",
    ),
    "no rationale": (
        GOOD + "criteria:\n  - {metric: position_error_xy_mean_m, limit: 1}\n",
        6,
        "criteria.0.rationale",
        "missing",
    ),
    "circle with two paces": (
        HEAD + "task: {kind: circle, radius_m: 1, period_s: 5, speed_m_s: 1}\n",
        4,
        "task",
        "exactly one of period_s and speed_m_s",
    ),
    "no trajectory file": (HEAD + "task: {kind: polynomial, file: gone.csv}\n", 4, "task.file", "no such file"),
    # well-formed, but cannot be meant
    "gust after landing": (
        GOOD + "disturbances:\n  - {kind: gust, at_s: 10, for_s: 1, force_world_n: [0, 0, 0]}\n",
        6,
        "disturbances.0.at_s",
        "the flight ends at 10 s",
    ),
    "start outside the geofence": (GOOD + "start: {position_m: [3, 0, 1]}\n", 5, "start.position_m", "x may reach 3 m"),
    "spread outside the geofence": (
        GOOD + "start: {spread: {position_m: [0, 2.5, 0]}}\n",
        5,
        "start.position_m",
        "y may reach 2.5 m",
    ),
    "start in the ground": (GOOD + "start: {position_m: [0, 0, -1]}\n", 5, "start.position_m", "not above the ground"),
    "hover on the ground": (GOOD + "start: {position_m: [0, 0, 0]}\n", 5, "start.position_m", "motors must be stopped"),
    "tilted more than allowed": (
        GOOD + "start: {spread: {tilt_deg: 90}}\n",
        5,
        "start.spread.tilt_deg",
        "90° is more than safety.tilt_deg, 60°",
    ),
    # absurd, though finite
    "waypoint beyond everything": (
        HEAD + "task: {kind: waypoints, points_m: [[0, 0, 1.0e+300]], leg_s: 3}\n",
        4,
        "task.points_m.0.2",
        "less than or equal to 1000",
    ),
    "noise beyond everything": (
        GOOD + "sensors: {attitude_noise_rad: [0, 1.0e+308, 0]}\n",
        5,
        "sensors.attitude_noise_rad.1",
        "less than or equal to 1,",
    ),
    "kick beyond everything": (
        GOOD + "disturbances:\n  - {kind: kick, at_s: 1, rates_body_rad_s: [1.0e+5, 0, 0]}\n",
        6,
        "disturbances.0.rates_body_rad_s.0",
        "less than or equal to 200",
    ),
    "gust without end": (
        GOOD + "disturbances:\n  - {kind: gust, at_s: 1, for_s: 1.0e+300, force_world_n: [0, 0, 0]}\n",
        6,
        "disturbances.0.for_s",
        "less than or equal to 600",
    ),
    "delay without end": (
        GOOD + "faults:\n  - {kind: delay, added_s: 1.0e+300}\n",
        6,
        "faults.0.added_s",
        "less than or equal to 600",
    ),
    "nothing left to judge": (GOOD + "settle_s: 12\n", 5, "settle_s", "leaves nothing"),
    "settling takes it all": (HEAD.replace("10", "4") + HOLD, 3, "duration_s", "takes 5 s"),
}


@pytest.fixture
def load(tmp_path):
    def load_text(text):
        path = tmp_path / "a.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Scenario.load(path)

    return load_text


def test_the_scenario_that_the_cases_break_is_good(load):
    assert load(GOOD).name == "a"


@pytest.mark.parametrize("case", CASES)
def test_a_bad_scenario_is_one_clear_error(load, tmp_path, case):
    text, line, key, fragment = CASES[case]
    with pytest.raises(ScenarioError) as caught:
        load(text)
    error = caught.value
    place = ":".join(str(part) for part in (tmp_path / "a.yaml", line, key) if part)
    assert str(error).startswith(place + ": ")
    assert fragment in str(error)
    assert (error.line, error.key, error.exit_code) == (line, key, 2)


@pytest.fixture
def validate(monkeypatch, capsys):
    """`hil validate FILE` in this process: its exit code, and what it prints to stdout and stderr."""

    def call(path):
        monkeypatch.setattr(sys, "argv", ["hil", "validate", str(path)])
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return int(stop.value.code or 0), printed.out, printed.err

    return call


def test_validate_says_what_a_good_scenario_asks_of_its_vehicle(validate, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD)
    assert validate(path) == (0, f"ok  {path}   up to 0.00 m/s, thrust-to-weight 1.00 of 1.21\n", "")


@pytest.mark.parametrize("case", CASES)
def test_validate_exits_2_and_prints_file_line_and_key(validate, tmp_path, case):
    text, line, key, _ = CASES[case]
    path = tmp_path / "a.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    code, out, err = validate(path)
    place = ":".join(str(part) for part in (path, line, key) if part)
    assert (code, out) == (2, "")
    assert err.startswith(f"hil: {place}: ")


def test_all_problems_of_a_file_are_told_at_once_in_its_order(load):
    with pytest.raises(ScenarioError) as caught:
        load("version: 1\nname: a\nduration_s: x\n" + HOLD + "sede: 3\nrate_hz: 7\n")
    first, second, third = caught.value.message.splitlines()
    assert "a.yaml:3:duration_s: must be a number" in first
    assert "a.yaml:5:sede: unknown key; did you mean 'seed'?" in second
    assert "a.yaml:6:rate_hz: must divide 1000" in third


@pytest.mark.parametrize("name", ["gone.yaml", ".", "a\0b.yaml", "x" * 300 + ".yaml"])
def test_a_path_that_is_no_file_is_told_as_such(tmp_path, name):
    with pytest.raises(ScenarioError):
        Scenario.load(f"{tmp_path}/{name}")


def test_a_file_of_a_gigabyte_is_not_read(tmp_path):
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(1_000_000_000)
    with pytest.raises(ScenarioError, match="larger than"):
        Scenario.load(path)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("1.0e3", "write 1.0e+3"),
        ("1e3", "write 1.0e+3"),
        ("1e-3", "write 1.0e-3"),
        ("-2.5E3", "write -2.5e+3"),
        (".5e3", "write .5e+3"),
        ('"1.0e-3"', "write 1.0e-3, without quotes"),
        ('"5"', "write 5, without quotes"),
    ],
)
def test_a_number_that_yaml_takes_for_text_is_told_as_yaml_would_take_it(load, written, hint):
    with pytest.raises(ScenarioError) as caught:
        load(f"{GOOD}settle_s: {written}\n")
    assert caught.value.hint == hint
    wanted = hint.removeprefix("write ").removesuffix(", without quotes")
    assert isinstance(yaml.safe_load(wanted), float | int)


def numbers_without_bounds(schema, path=""):
    """Every number of a JSON schema that is not bounded on both sides."""
    if isinstance(schema, list):
        return [found for item in schema for found in numbers_without_bounds(item, path)]
    if not isinstance(schema, dict):
        return []
    bounds = [{"minimum", "exclusiveMinimum"} & schema.keys(), {"maximum", "exclusiveMaximum"} & schema.keys()]
    open_ended = schema.get("type") in ("number", "integer") and "const" not in schema and not all(bounds)
    inner = [found for key, item in schema.items() for found in numbers_without_bounds(item, f"{path}.{key}")]
    return [path, *inner] if open_ended else inner


def test_every_number_of_the_schema_has_bounds():
    assert numbers_without_bounds(json_schema()) == []


@pytest.mark.parametrize("bound", ["maximum", "minimum"])
def test_a_number_without_a_bound_would_be_noticed(bound):
    schema = json_schema()
    del schema["$defs"]["Delay"]["properties"]["at_s"][bound]
    assert numbers_without_bounds(schema) == [".$defs.Delay.properties.at_s"]
