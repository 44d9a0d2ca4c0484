"""Vehicle files load strictly, and a mistake in one is a line that says what would be right."""

import tomllib
from importlib.resources import files

import pytest

from hil.core.errors import BadInput
from hil_sim.vehicle_files import load_vehicle, read_vehicle, vehicle_names

GOOD = (files("hil_sim.vehicles") / "cf21-identified.toml").read_text(encoding="utf-8")


def test_the_shipped_vehicles_are_these():
    assert vehicle_names() == ["cf-l2f-2", "cf-l2f-original", "cf-l2f-package", "cf21-identified"]


@pytest.mark.parametrize("name", vehicle_names())
def test_every_vehicle_loads_under_its_own_name(name):
    assert load_vehicle(name).name == name


@pytest.mark.parametrize("name", vehicle_names())
def test_every_number_has_a_source(name):
    table = tomllib.loads((files("hil_sim.vehicles") / f"{name}.toml").read_text(encoding="utf-8"))
    assert table.pop("name") == name
    assert table.pop("description")
    numbers = [*table.pop("battery", {}).values(), *table.pop("residual", {}).values(), *table.values()]
    assert len(numbers) >= 9
    assert all(len(number["source"]) > 4 for number in numbers)


def test_a_vehicle_can_be_a_file_of_the_users(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("cf21-identified", "mine"), encoding="utf-8")
    assert load_vehicle(path).name == load_vehicle(str(path)).name == "mine"


def test_an_unknown_name_is_bad_input_that_names_the_nearest():
    with pytest.raises(BadInput, match=r"unknown vehicle 'cf21-identifed'; did you mean 'cf21-identified'\?"):
        load_vehicle("cf21-identifed")


def test_a_file_that_is_not_there_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="cannot read vehicle file"):
        load_vehicle(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mass_kg", "mas_kg", "mine.toml: mas_kg: unknown key; did you mean 'mass_kg'?"),
        ("sag_v", "sagg_v", "mine.toml: battery.sagg_v: unknown key; did you mean 'sag_v'?"),
        ("[battery]", "[batery]", "mine.toml: batery: unknown key"),
        ('name = "cf21-identified"', "", "mine.toml: name: missing"),
        ("drain_v_s = {", "# drain_v_s = {", "mine.toml: battery.drain_v_s: missing"),
        ("mass_kg = {", "# mass_kg = {", "mine.toml: mass_kg: missing"),
        ("{value = 0.032, source", "{value = 0.032, sauce", "mine.toml: mass_kg: must be {value = ..., source"),
        ("{value = 0.032, source", "{value = -0.032, source", "mine.toml: mass_kg: value: -0.032 must be above 0"),
        ("{value = 0.032, source", "{value = 0.0, source", "mine.toml: mass_kg: value: 0.0 must be above 0"),
        ("{value = 0.032, source", "{value = nan, source", "mine.toml: mass_kg: value: nan is not a finite number"),
        ("{value = 0.032, source", '{value = "x", source', "mine.toml: mass_kg: value: 'x' is not a finite number"),
        ("{value = 0.032, source", "{value = true, source", "mine.toml: mass_kg: value: True is not a finite number"),
        ("{value = 0.032, source", "{value = [1, 2], source", "mine.toml: mass_kg: value: "),
        ("[-1, 1, -1, 1]", "[-1, 1, -1]", "mine.toml: rotor_torque_sign: value: must be a list of 4 numbers"),
        ("0.0651384", "0.0051384", "mine.toml: thrust_n: the vehicle cannot carry its weight"),
        ("[battery]", "[battery", "mine.toml: not TOML"),
    ],
)
def test_a_mistake_is_bad_input_naming_file_and_key(old, new, message):
    assert old in GOOD
    with pytest.raises(BadInput) as caught:
        read_vehicle(GOOD.replace(old, new, 1), where="mine.toml")
    assert str(caught.value).startswith(message)


def test_an_empty_source_is_bad_input():
    text = GOOD.replace('source = "measured in flight"', 'source = " "')
    with pytest.raises(BadInput, match=r"battery\.drain_v_s: source"):
        read_vehicle(text, where="mine.toml")
