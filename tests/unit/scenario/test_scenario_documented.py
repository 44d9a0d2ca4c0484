"""scenarios/README.md documents every key of every model, with its unit and its true default."""

import re

import pytest
from pydantic import BaseModel

from hil.scenario.model import Scenario
from hil.scenario.sensor_presets import PRESETS
from hil.scenario.shape import kind_of, models_in
from hil.scenario.shipped import shipped_dir, shipped_names

UNITS = {
    "_rad_s": "rad/s", "_m_s": "m/s", "_n_m": "N m", "_deg": "°", "_rad": "rad", "_hz": "Hz", "_m": "m", "_s": "s",
    "_n": "N", "_v": "V", "volts": "V",
}  # fmt: skip


def unit_of(key):
    return next((unit for suffix, unit in UNITS.items() if key.endswith(suffix)), "–")


def written(value):
    if value is None:
        return "null"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value) or '""'


def default_of(name, field):
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return "see below" if isinstance(value, BaseModel) else f"`{written(value)}`"


def expected(model, path=""):
    """By heading, the rows its table must have: (key, unit, default)."""
    heading = f"`{path}`" if path else "Top level"
    if kind_of(model):
        heading += f" of kind `{kind_of(model)}`"
    rows = {(f"`{name}`", unit_of(name), default_of(name, field)) for name, field in model.model_fields.items()}
    if path == "sensors":
        rows.add(("`preset`", "–", "`none`"))
    tables = {heading: rows}
    for name, field in model.model_fields.items():
        for inner in models_in(field.annotation):
            tables |= expected(inner, f"{path}.{name}" if path else name)
    return tables


def documented(text):
    """By heading, the (key, unit, default) of each table row that says what the key means."""
    tables = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        rows = re.findall(r"^\| (`\w+`) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", body, flags=re.MULTILINE)
        tables[heading.strip()] = set(rows)
    return tables


def undocumented(text):
    """Every (heading, row) that README and models do not share."""
    have, want = documented(text), expected(Scenario)
    return {(heading, row) for heading in have | want for row in have.get(heading, set()) ^ want.get(heading, set())}


@pytest.fixture(scope="module")
def readme():
    return (shipped_dir() / "README.md").read_text()


def test_the_readme_documents_every_key_with_unit_and_default(readme):
    assert undocumented(readme) == set()


@pytest.mark.parametrize(
    ("old", "new", "heading"),
    [
        ("| `seed` | – | `0` | root of all chance |\n", "", "Top level"),
        ("| `period_s` | s | `5.5` |", "| `period_s` | s | `5` |", "`task` of kind `figure_eight`"),
        ("| `force_world_n` | N | required |", "| `force_world_n` | mN | required |", "`disturbances` of kind `gust`"),
        ("| `added_s` | s | required | delay on top of what there is |", "| `added_s` | s | required | |", "`faults`"),
        ("## `criteria.limits`", "## `criteria.limit`", "`criteria.limits`"),
    ],
)
def test_a_row_removed_or_wrong_would_be_noticed(readme, old, new, heading):
    assert readme.count(old) == 1
    assert any(where.startswith(heading) for where, _ in undocumented(readme.replace(old, new)))


def test_the_readme_names_every_preset_and_links_every_scenario(readme):
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \| [^|]+ \|$", readme, flags=re.MULTILINE)) == set(PRESETS)
    assert {name + ".yaml" for name in shipped_names()} == set(re.findall(r"\]\(([^)]+\.yaml)\)", readme))
