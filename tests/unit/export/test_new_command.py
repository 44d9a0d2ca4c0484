from pathlib import Path

import pytest

from hil.cli.files import new
from hil.core.errors import BadInput
from hil.scenario.model import Scenario


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["ünï", '"a b"', "", "x" * 90, "x" * 300, "a{b}", "a: b", "-x", "sub/ünï", "a\nb"])
def test_a_name_no_scenario_can_have_is_refused_with_the_rule_and_nothing_is_written(tmp_path, name):
    with pytest.raises(BadInput, match="cannot name a scenario") as caught:
        new(name)
    assert "at most 80 letters" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["a", "my-hover", "x" * 80, "123", "1.5", "1e3", "0x10", "on", "yes", "null", "true", "2024-13-45", "a.b"]
)
def test_what_is_written_loads_under_its_name(name):
    new(name)
    assert Scenario.load(Path(f"{name}.yaml")).name == name


def test_an_ending_is_not_added_twice(tmp_path):
    new("mine.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


@pytest.mark.parametrize("force", [True, False])
def test_a_folder_in_its_place_is_bad_input(tmp_path, force):
    (tmp_path / "mine.yaml").mkdir()
    with pytest.raises(BadInput, match="is a folder"):
        new("mine", force=force)


@pytest.mark.parametrize("name", ["/proc/mine", "x" * 300 + "/mine"])
def test_a_place_nothing_can_be_written_to_is_bad_input(name):
    with pytest.raises(BadInput, match="cannot be written"):
        new(name)


def test_a_scenario_that_is_there_is_kept_unless_forced(tmp_path):
    (tmp_path / "mine.yaml").write_text("precious")
    with pytest.raises(BadInput, match="exists"):
        new("mine")
    new("mine", force=True)
    assert Scenario.load(Path("mine.yaml")).name == "mine"
