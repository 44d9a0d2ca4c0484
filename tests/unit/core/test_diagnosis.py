import sys
from importlib.metadata import PackageNotFoundError

import pytest

from hil.cli import main


@pytest.fixture
def doctor_without(monkeypatch, capsys):
    """Exit code and lines of `hil doctor` on a machine that lacks one package."""

    def diagnose(lacking):
        def version(name):
            if name == lacking:
                raise PackageNotFoundError(name)
            return "1.0"

        monkeypatch.setattr("hil.cli.diagnosis.version", version)
        monkeypatch.setattr(sys, "argv", ["hil", "doctor"])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, capsys.readouterr().out.splitlines()

    return diagnose


def test_doctor_names_the_extra_that_is_missing(doctor_without):
    code, lines = doctor_without("mcap")
    assert code == 0  # an extra may be absent
    (line,) = [line for line in lines if " mcap " in line]
    assert line.startswith("absent ")
    assert "pip install 'hil-bench[mcap]'" in line


def test_doctor_fails_when_something_needed_is_missing(doctor_without):
    code, lines = doctor_without("pyarrow")
    assert code == 3
    assert any(line.startswith("missing  pyarrow") for line in lines)


def test_hil_scenarios_lists_what_flies_and_no_suites(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["hil", "scenarios"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    names = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert {"hover", "figure_eight", "flights/recorded"} <= names
    assert not any("suites" in name for name in names)


def test_doctor_replays_the_networks_that_ship(doctor_without):
    _, lines = doctor_without("mcap")
    (line,) = [line for line in lines if " networks " in line]
    assert line.startswith("ok ")
    assert "golden vectors replayed" in line
