"""The command line, in this process: what it prints and the code it exits with."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml


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
    monkeypatch.setattr("hil.operator.elsewhere", list)  # `hil stop` is for the benches of this test alone

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


@dataclass(frozen=True)
class Reference:
    """A scenario with reference results of its own, and ways to make them wrong."""

    scenario: Path
    folder: Path

    @property
    def file(self) -> Path:
        (path,) = (path for path in self.folder.glob("*.yaml") if path.name != "tolerances.yaml")
        return path

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the one result in it."""
        data = yaml.safe_load(self.file.read_text())
        (result,) = data["scenarios"].values()
        change(result)
        self.file.write_text(yaml.safe_dump(data, sort_keys=False))

    def move(self, tolerances: float) -> None:
        """Put the reference of the mean error so that the flights are this many tolerances worse than it."""
        allowed = yaml.safe_load((self.folder / "tolerances.yaml").read_text())["metrics"]["position_error_mean_m"]

        def change(result: dict[str, Any]) -> None:
            flown = result["metrics"]["position_error_mean_m"]["mean"]
            relative = flown / (1 + tolerances * allowed["share"])
            absolute = flown - tolerances * allowed["least"]
            moved = relative if allowed["share"] * relative > allowed["least"] else absolute
            result["metrics"]["position_error_mean_m"]["mean"] = moved

        self.edit(change)


@pytest.fixture
def reference_in() -> type[Reference]:
    """`reference_in(scenario, folder)`: one that is there already."""
    return Reference


@pytest.fixture
def reference(
    hil: Callable[..., Answer], scenario_file: Callable[..., Path], tmp_path: Path
) -> Callable[..., Reference]:
    """`reference()`: a noisy short hover and what `geometric` made of it, in folders of their own."""

    def make(*, controller: str = "geometric", **changes: Any) -> Reference:
        scenario = scenario_file("sensors: real-2026\n", **{"duration_s": 1, **changes})
        folder = tmp_path / "reference"
        answer = hil("refresh", scenario, "-c", controller, "--reference", folder, "--yes", "-j", 1)
        assert answer.code == 0, answer.err
        return Reference(scenario, folder)

    return make
