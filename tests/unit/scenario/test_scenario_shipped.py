import pytest
import yaml

from hil.core.errors import BadInput, ScenarioError
from hil.preflight import check
from hil.scenario.model import Scenario
from hil.scenario.schema import json_schema
from hil.scenario.shipped import find, shipped_dir, shipped_names
from hil.scenario.template import template

NAMES = sorted(shipped_names())
FLOWN = [name for name in NAMES if not name.startswith("flights/")]


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_loads_and_is_named_like_its_file(name):
    scenario = Scenario.load(shipped_names()[name])
    assert scenario.name.replace("-", "_") == name.removeprefix("flights/")
    assert scenario.criteria


@pytest.mark.parametrize("name", FLOWN)
def test_a_shipped_scenario_can_be_flown_by_its_vehicle(name):
    assert check(Scenario.load(shipped_names()[name])).demand is not None


def test_the_fast_figure_eight_is_too_fast_for_the_identified_vehicle():
    path = shipped_names()["figure_eight_fast"]
    with pytest.raises(ScenarioError) as caught:
        check(Scenario.load(path, {"vehicle": "cf21-identified"}))
    assert "task.period_s: needs thrust-to-weight 1.22 at 2.3 s; cf21-identified gives 1." in str(caught.value)
    assert "vehicle: cf-l2f-original" in caught.value.hint


def test_a_name_a_path_and_a_folder_are_found(tmp_path):
    for name in ("b.yaml", "a.yaml", "c.txt"):
        (tmp_path / name).write_text("x")
    assert find([str(tmp_path)]) == [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    assert find([str(tmp_path / "c.txt")]) == [tmp_path / "c.txt"]
    assert find(["hover", "recorded"]) == [shipped_dir() / "hover.yaml", shipped_dir() / "flights/recorded.yaml"]


def test_shipped_scenarios_are_found_by_their_checkout_path_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find(["scenarios/hover.yaml"]) == [shipped_dir() / "hover.yaml"]
    assert find(["scenarios"]) == [shipped_dir() / f"{name}.yaml" for name in FLOWN]


def test_a_file_here_comes_before_a_shipped_one_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hover").write_text("x")
    assert find(["hover"])[0].read_text() == "x"


@pytest.mark.parametrize(
    ("name", "told"),
    [("hoover", "did you mean 'hover'"), ("gone/x.yaml", "unknown scenario"), ("~nobody-here/x", "not a usable path")],
)
def test_an_unknown_scenario_is_told_with_the_nearest_name(name, told):
    with pytest.raises(BadInput, match=told):
        find([name])


def test_a_folder_without_scenarios_is_told_as_such(tmp_path):
    with pytest.raises(BadInput, match="no \\*\\.yaml"):
        find([str(tmp_path)])


def test_the_template_loads(tmp_path):
    path = tmp_path / "new.yaml"
    path.write_text(template("my-task"))
    assert Scenario.load(path).name == "my-task"


def test_the_templates_commented_lines_load_too(tmp_path):
    path = tmp_path / "new.yaml"
    head, _, rest = template("my-task").partition("\n")
    path.write_text(f"{head}\n" + rest.replace("\n# ", "\n"))
    scenario = Scenario.load(path)
    assert (len(scenario.disturbances), len(scenario.faults), scenario.randomise.mass) == (1, 1, 0.2)


# The schema


def allowed(schema, definitions):
    """The object schemas that a schema allows, references followed."""
    if "$ref" in schema:
        return allowed(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    options = [option for word in ("anyOf", "oneOf") for option in schema.get(word, [])]
    return [schema] if schema.get("type") == "object" else [x for o in options for x in allowed(o, definitions)]


def strangers(data, schema, definitions, path=""):
    """Every key and name in `data` that the schema does not know."""
    if isinstance(data, list):
        items = schema.get("items", {})
        return [s for i, item in enumerate(data) for s in strangers(item, items, definitions, f"{path}.{i}")]
    if not isinstance(data, dict):
        return [path] if "enum" in schema and data not in schema["enum"] else []
    options = allowed(schema, definitions)
    model = next(
        (o for o in options if len(options) == 1 or o["properties"]["kind"]["const"] == data.get("kind")), None
    )
    if model is None:
        return [path]
    found = [f"{path}.{key}" for key in data if key not in model["properties"]]
    known = [key for key in data if key in model["properties"]]
    return found + [s for k in known for s in strangers(data[k], model["properties"][k], definitions, f"{path}.{k}")]


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_knows_every_key_of_a_shipped_scenario(name):
    schema = json_schema()
    data = yaml.safe_load(shipped_names()[name].read_text())
    assert strangers(data, schema, schema["$defs"]) == []
    assert set(schema["required"]) <= set(data)


@pytest.mark.parametrize(
    ("change", "stranger"),
    [
        ({"sede": 1}, ".sede"),
        ({"task": {"kind": "hold", "at_s": 3}}, ".task.at_s"),
        ({"task": {"kind": "hoold"}}, ".task"),
        ({"criteria": [{"metric": "x"}]}, ".criteria.0.metric"),
        ({"sensors": {"preset": "x"}}, ".sensors.preset"),
    ],
)
def test_the_schema_does_not_know_what_does_not_exist(change, stranger):
    schema = json_schema()
    assert strangers(change, schema, schema["$defs"]) == [stranger]


def test_every_key_of_the_schema_says_what_it_is():
    schema = json_schema()
    objects = [schema, *schema["$defs"].values()]
    silent = [
        f"{thing.get('title')}.{key}"
        for thing in objects
        for key, value in thing.get("properties", {}).items()
        if key != "kind" and "description" not in value
    ]
    assert silent == []
