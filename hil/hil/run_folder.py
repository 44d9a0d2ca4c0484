"""One folder per flight, with everything needed to judge it again and to fly it again.

    <utc>-<scenario>-<target>-<controller>-s<seed>[-<repeat>]/
        scenario.yaml   manifest.json   samples.parquet (or samples.part)   events.jsonl   result.json

Written so that a reader never sees half a file, and read so that a damaged folder is a line in a list, not an end.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hil.core.errors import BadInput, unknown_name
from hil.core.outcome import Measurement, Outcome, RunResult
from hil.core.whole_file import write_whole
from hil.from_json import record, value
from hil.log import Log, LogInfo
from hil.log_files import read_events, read_info
from hil.run_files import MANIFEST, RESULT, SCENARIO, is_run_folder
from hil.scenario.model import Scenario

UNJUDGED, DAMAGED = "UNJUDGED", "DAMAGED"
OUTCOMES = (*(outcome.value for outcome in Outcome), UNJUDGED, DAMAGED)


def run_folder_name(
    utc: datetime, scenario: str, target: str, controller: str, seed: int, repeat: int, repeats: int
) -> str:
    """`20260101T120000Z-hover-sim-pid-s7`, and `-2` for repeat 2 where there are several."""
    stamp = utc.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    words = "-".join(re.sub(r"[^A-Za-z0-9._-]+", "_", word) or "_" for word in (scenario, target, controller))
    return f"{stamp}-{words}-s{seed}" + (f"-{repeat}" if repeats > 1 else "")


def create(root: Path, utc: datetime, info: LogInfo, repeats: int) -> Path:
    """A new, empty run folder. Never one that was there: the next free name gets `.2`, `.3` … Raises BadInput."""
    name = run_folder_name(utc, info.scenario, info.target, info.controller, info.seed, info.repeat, repeats)
    try:
        root.mkdir(parents=True, exist_ok=True)
        attempt = 1
        while True:
            folder = root / (name if attempt == 1 else f"{name}.{attempt}")
            try:
                folder.mkdir()  # fails where another process was first: no check-then-make race
            except FileExistsError:
                attempt += 1
            else:
                return folder
    except OSError as error:
        raise BadInput(
            f"{root}: cannot make a run folder: {error.strerror}", hint="choose another with --out"
        ) from error


def write_scenario(run_dir: Path, scenario: Scenario) -> None:
    """The task as flown, overrides included."""
    write_whole(run_dir / SCENARIO, scenario.resolved_yaml().encode())


def write_manifest(run_dir: Path, manifest: Mapping[str, Any]) -> None:
    """How to fly it again."""
    write_whole(run_dir / MANIFEST, _json(manifest).encode())


def write_result(run_dir: Path, result: RunResult) -> None:
    """The verdict; the same flight gives the same bytes."""
    write_whole(run_dir / RESULT, _json(result.as_json()).encode())


def read_result(run_dir: Path) -> RunResult:
    """The verdict in a run folder. Raises BadInput."""
    path = run_dir / RESULT
    data = _read_json(path)
    try:
        return RunResult(
            **{name: value(str, data[name], name) for name in ("scenario", "target", "controller", "reason")},
            **{name: value(int, data[name], name) for name in ("seed", "repeat")},
            outcome=Outcome(data["outcome"]),
            measurements=tuple(record(Measurement, entry) for entry in data["measurements"]),
            run_dir=run_dir,
        )
    except KeyError as error:
        raise BadInput(f"{path}: not a verdict of this version of hil: {error.args[0]} is missing") from error
    except (TypeError, ValueError) as error:
        raise BadInput(f"{path}: not a verdict of this version of hil: {error}") from error


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run folder, read on demand. Every method raises BadInput where its file is missing or damaged."""

    path: Path

    def scenario_yaml(self) -> str:
        """The task as flown."""
        return _read_text(self.path / SCENARIO)

    def manifest(self) -> dict[str, Any]:
        """How it was flown."""
        return _read_json(self.path / MANIFEST)

    def log(self) -> Log:
        """What happened."""
        return Log.open(self.path)

    def result(self) -> RunResult:
        """The verdict."""
        return read_result(self.path)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line about a run folder. A damaged one has outcome DAMAGED and says why; an unjudged one, UNJUDGED."""

    path: Path
    scenario: str
    target: str
    controller: str
    seed: int | None
    repeat: int | None
    outcome: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Plain data; the folder by its name."""
        return {"run": self.path.name} | {name: getattr(self, name) for name in self.__slots__ if name != "path"}


def list_runs(
    root: Path,
    *,
    scenario: str | None = None,
    target: str | None = None,
    controller: str | None = None,
    outcome: str | None = None,
) -> list[RunSummary]:
    """Run folders directly under `root`, oldest first, that match all that is given. Raises BadInput without `root`."""
    if not os.path.isdir(root):
        raise BadInput(f"{root}: no such folder", hint="hil run writes run folders to runs/ unless told otherwise")
    if outcome is not None and outcome.upper() not in OUTCOMES:
        raise BadInput(unknown_name("outcome", outcome.upper(), OUTCOMES))
    wanted = {"scenario": scenario, "target": target, "controller": controller, "outcome": outcome and outcome.upper()}
    summaries = (summarise(path) for path in _run_folders_in(root))
    return [s for s in summaries if all(value in (None, getattr(s, name)) for name, value in wanted.items())]


def summarise(run_dir: Path) -> RunSummary:
    """What a run folder says of itself; never raises."""
    try:
        info, rows = read_info(run_dir)
        read_events(run_dir)
        if not (run_dir / RESULT).exists():
            return RunSummary(
                run_dir, info.scenario, info.target, info.controller, info.seed, info.repeat, UNJUDGED,
                "no verdict: the bench was stopped before it could judge",
            )  # fmt: skip
        found = read_result(run_dir)
        if not rows and found.outcome.is_verdict:
            raise BadInput(f"{run_dir}: the log has no samples")
    except BadInput as error:
        return RunSummary(run_dir, "", "", "", None, None, DAMAGED, _without(run_dir, error.message))
    return RunSummary(
        run_dir, found.scenario, found.target, found.controller, found.seed, found.repeat, found.outcome.value,
        found.reason,
    )  # fmt: skip


def _without(run_dir: Path, text: str) -> str:
    return text.replace(f"{run_dir}{os.sep}", "").replace(f"{run_dir}: ", "")


def expand_runs(paths: Sequence[Path]) -> list[Path]:
    """Run folders among `paths` and directly under them, each once, in order. Raises BadInput where there are none."""
    found: dict[Path, None] = {}
    for path in paths:
        if not os.path.isdir(path):
            raise BadInput(f"{path}: no such folder")
        inside = [path] if is_run_folder(path) else _run_folders_in(path)
        if not inside:
            raise BadInput(f"{path}: neither a run folder of hil nor a folder of them")
        found |= dict.fromkeys(inside)
    return list(found)


def _run_folders_in(root: Path) -> list[Path]:
    try:
        return sorted(child for child in root.iterdir() if is_run_folder(child))
    except OSError as error:
        raise BadInput(f"{root}: cannot be read: {error.strerror}") from error


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"{path}: missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read: {error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: damaged: {error}") from error
    if not isinstance(data, dict):
        raise BadInput(f"{path}: damaged: not a JSON object")
    return data
