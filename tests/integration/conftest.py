"""The command line, in this process: what it prints and the code it exits with."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def results(self) -> list[dict[str, Any]]:
        return json.loads(self.out)


@pytest.fixture
def hil(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Answer]:
    """`hil("run", "hover")` in an empty folder, with no recorded flights around."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_FLIGHTS", raising=False)

    def call(*words: str | Path) -> Answer:
        from hil.cli import main

        monkeypatch.setattr(sys, "argv", ["hil", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call


@pytest.fixture
def scenario_file(tmp_path: Path) -> Callable[..., Path]:
    """A short hover with some lines changed: `scenario_file(limit=…)`, or extra YAML appended."""

    def write(extra: str = "", *, limit: float = 0.5, duration_s: float = 2, name: str = "short-hover") -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(
            f"version: 1\nname: {name}\nduration_s: {duration_s}\nsettle_s: 0.5\n"
            "start: {position_m: [0, 0, 1]}\n"
            "task: {kind: hold, position_m: [0, 0, 1]}\n"
            "criteria:\n"
            f"  - {{metric: position_error_xy_mean_m, limit: {limit}, rationale: a test's}}\n" + extra
        )
        return path

    return write
