from pathlib import Path

import pytest

from hil.core.errors import BadInput
from hil.flights.find import find_flights


def test_nothing_asked_for_is_nothing_found():
    assert find_flights(None, None, {}) == []


def test_a_named_flight_comes_before_everything(recorded_file, tmp_path):
    assert find_flights(recorded_file, tmp_path, {"HIL_FLIGHTS": str(tmp_path)}) == [recorded_file]


def test_a_folder_is_searched_to_the_bottom_for_recordings_only(made_up, tmp_path):
    (tmp_path / "deep" / "down").mkdir(parents=True)
    b = made_up().write(tmp_path / "deep" / "down" / "b.csv")
    a = made_up().write(tmp_path / "a.csv")
    (tmp_path / "notes.csv").write_text("x,y\n1,2\n")
    (tmp_path / "a_metadata.yaml").write_text("speed: 1\n")
    assert find_flights(None, tmp_path, {}) == [a, b]


def test_the_environment_comes_last(recorded_file):
    assert find_flights(None, None, {"HIL_FLIGHTS": str(recorded_file.parent)}) == [recorded_file]


@pytest.mark.parametrize(
    ("flight", "folder", "environ"),
    [
        (Path("nowhere.csv"), None, {}),
        (None, Path("nowhere"), {}),
        (None, None, {"HIL_FLIGHTS": "nowhere"}),
    ],
)
def test_what_was_asked_for_and_is_not_there_is_bad_input(tmp_path, monkeypatch, flight, folder, environ):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="nowhere") as caught:
        find_flights(flight, folder, environ)
    assert "git clone https://github.com/syediu/nanobench-iros2026" in caught.value.hint


def test_a_folder_without_recordings_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="no recorded flight in it"):
        find_flights(None, tmp_path, {})
