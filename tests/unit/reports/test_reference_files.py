"""Reference files: written, read back, and kept apart."""

import pytest

from hil.core.errors import BadInput
from hil_reports.regression.reference import MadeWith, Over, References, Result, Who, read

WHO = Who("sim", "lab/mine.py:factory", "cf21-identified")


def result(**changes):
    stated = {
        "scenario_hash": "a",
        "vehicle_hash": "b",
        "seed": 1,
        "repeats": 5,
        "made_with": MadeWith(hil="0", python="0", numpy="0", machine="0"),
        "metrics": {"tilt_p95_rad": Over(mean=1.234e-05, worst=2.0), "settling_time_s": None},
    }
    return Result(**stated | changes)


def test_what_is_written_is_what_is_read(tmp_path):
    written = References(tmp_path, {}).updated(WHO, "hover", result(aborted=(1, 3), why="left: the room # at 2 s"))
    written.write(WHO)
    assert read(tmp_path).results == written.results


def test_a_controller_from_a_file_is_called_by_that_files_name(tmp_path):
    assert References(tmp_path, {}).path(WHO).name == "sim-mine.py-factory-cf21-identified.yaml"


def test_one_file_never_takes_the_place_of_another(tmp_path):
    other = WHO._replace(controller="rival/mine.py:factory")
    both = References(tmp_path, {}).updated(WHO, "hover", result()).updated(other, "hover", result())
    with pytest.raises(BadInput, match="needs another file or folder"):
        both.write(other)


def test_scenarios_stand_in_the_order_of_their_names(tmp_path):
    references = References(tmp_path, {}).updated(WHO, "square", result()).updated(WHO, "circle", result())
    text = references.write(WHO).read_text()
    assert text.index("circle:") < text.index("square:")


def test_a_number_is_one_line_of_a_difference(tmp_path):
    before = References(tmp_path, {}).updated(WHO, "hover", result())
    lines = before.write(WHO).read_text().splitlines()
    metrics = {"tilt_p95_rad": Over(mean=0.1, worst=2.0), "settling_time_s": None}
    after = before.updated(WHO, "hover", result(metrics=metrics)).write(WHO).read_text().splitlines()
    assert sum(one != two for one, two in zip(lines, after, strict=True)) == 1


def test_a_folder_that_is_not_there_has_no_references(tmp_path):
    assert read(tmp_path / "nowhere").results == {}
