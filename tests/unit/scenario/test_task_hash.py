"""What makes it another task, and what does not."""

import shutil
from pathlib import Path

import pytest

from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil.task_hash import scenario_hash, vehicle_hash

VEHICLES = Path(__file__).parents[3] / "sim" / "hil_sim" / "vehicles"
HOVER = (shipped_dir() / "hover.yaml").read_text()


@pytest.fixture
def hashes(tmp_path):
    """`hashes(text)`: of a scenario with this text."""

    def of(text, folder=tmp_path):
        path = folder / "task.yaml"
        path.write_text(text)
        scenario = Scenario.load(path)
        return scenario_hash(scenario), vehicle_hash(scenario)

    return of


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seed: 1", "seed: 1 # a comment"),
        ("description: Hold", "description: Keep"),
        ("rationale: half", "rationale: about half"),
        ("seed: 1", "seed: 1\nrepeats: 30"),
        ("seed: 1", "seed: 1\nrate_hz: 100\nbattery_hover_v: null"),
    ],
    ids=["comment", "description", "rationale", "repeats", "default written out"],
)
def test_words_and_defaults_leave_the_task_the_same(hashes, old, new):
    assert old in HOVER
    assert hashes(HOVER.replace(old, new)) == hashes(HOVER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seed: 1", "seed: 2"),
        ("limit: 0.06", "limit: 0.07"),
        ("sensors: real-2026", "sensors: l2f-original"),
        ("duration_s: 20", "duration_s: 21"),
        ("{kind: residual}", "{kind: residual, scale: 0.5}"),
    ],
)
def test_what_is_flown_and_required_makes_it_another(hashes, old, new):
    (scenario, vehicle), (before, vehicle_before) = hashes(HOVER.replace(old, new)), hashes(HOVER)
    assert scenario != before
    assert vehicle == vehicle_before


def test_a_vehicle_counts_by_its_numbers_wherever_its_file_lies(hashes, tmp_path):
    text = (VEHICLES / "cf21-identified.toml").read_text()
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder in folders:
        folder.mkdir()
        (folder / "mine.toml").write_text(text)
    (folders[1] / "mine.toml").write_text("# weighed again\n" + text)
    assert "mass_kg = {value = 0.032," in text
    (folders[2] / "mine.toml").write_text(text.replace("mass_kg = {value = 0.032,", "mass_kg = {value = 0.033,"))
    one, commented, heavier = (hashes(HOVER + "vehicle: mine.toml\n", folder) for folder in folders)
    assert one == commented
    assert one[0] == heavier[0]
    assert one[1] != heavier[1]


def test_a_file_that_a_task_names_counts_by_its_content(hashes, tmp_path):
    header = "duration," + ",".join(f"{axis}^{n}" for axis in ("x", "y", "z", "yaw") for n in range(8))
    text = "version: 1\nname: piece\nduration_s: 2\ntask: {kind: polynomial, file: piece.csv}\n"
    (tmp_path / "piece.csv").write_text(header + "\n" + ",".join(["2", "0", *["0"] * 31]) + "\n")
    before = hashes(text)
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(tmp_path / "piece.csv", tmp_path / "elsewhere")
    assert hashes(text, tmp_path / "elsewhere") == before
    (tmp_path / "piece.csv").write_text(header + "\n" + ",".join(["2", "0.1", *["0"] * 31]) + "\n")
    assert hashes(text) != before
