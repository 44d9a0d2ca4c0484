import sys
from importlib.metadata import PackageNotFoundError

import pytest

from hil.cli import main


def test_doctor_names_the_extra_that_is_missing(monkeypatch, capsys):
    def version(name):
        if name == "mcap":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr("hil.cli.diagnosis.version", version)
    monkeypatch.setattr(sys, "argv", ["hil", "doctor"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0  # an extra may be absent
    (line,) = [line for line in capsys.readouterr().out.splitlines() if " mcap " in line]
    assert line.startswith("absent ")
    assert "pip install 'hil-bench[mcap]'" in line


def test_doctor_fails_when_something_needed_is_missing(monkeypatch, capsys):
    def version(name):
        if name == "pyarrow":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr("hil.cli.diagnosis.version", version)
    monkeypatch.setattr(sys, "argv", ["hil", "doctor"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 3
    assert "missing  pyarrow" in capsys.readouterr().out
