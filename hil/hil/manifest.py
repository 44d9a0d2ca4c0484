"""What a flight was made with, so that it can be made again: versions, commit, hashes, seed, command.

Nothing that names a person or a machine: no user name, no host name; the home folder is `~`, other paths in the
command stay as they were typed.
"""

import hashlib
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import hil
from hil.core.errors import BadInput
from hil.log import LogInfo
from hil.machine import cpu_model, version_of
from hil.run_files import SAMPLES
from hil.scenario.model import Scenario

_LIBRARIES = ("hil-bench", "numpy", "pydantic", "pyyaml", "pyarrow")


def manifest(
    scenario: Scenario, info: LogInfo, *, flight: Path | None, utc: datetime, command: Sequence[str]
) -> dict[str, Any]:
    """Plain data for manifest.json. `flight` is the recording that is replayed; `command` the words after `hil`."""
    commit, dirty = checkout_of(Path(hil.__file__).parent)
    return {
        "command": " ".join(["hil", *(_without_home(word) for word in command)]),
        "commit": commit,
        "dirty": dirty,
        "utc": utc.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"),
        "scenario": info.scenario,
        "target": info.target,
        "controller": info.controller,
        "vehicle": info.vehicle,
        "simulated": info.simulated,
        "seed": info.seed,
        "repeat": info.repeat,
        "source": info.source,
        "hashes": _hashes(scenario, info, flight),
        "versions": {name: version_of(name) for name in _LIBRARIES} | {"python": platform.python_version()},
        "platform": f"{platform.system()}-{platform.machine()}".lower(),
        "cpu": cpu_model(),
    }


def checkout_of(folder: Path) -> tuple[str | None, bool | None]:
    """Commit that `folder` is tracked at, and whether tracked files differ from it; (None, None) outside a checkout."""
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None, None  # not a repository, or one that merely surrounds an installed copy
    commit = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return commit, None if changed is None else bool(changed)


def sha256_of(path: Path) -> str:
    """`sha256:…` of a file; of a run folder, of its samples. Raises BadInput."""
    if path.is_dir():
        path = next((path / name for name in SAMPLES if (path / name).exists()), path)
    try:
        return _sha256(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from error


def _hashes(scenario: Scenario, info: LogInfo, flight: Path | None) -> dict[str, str]:
    hashes: dict[str, str] = {}
    if scenario.path is not None:
        hashes[scenario.path.name] = sha256_of(scenario.path)
    if info.simulated:
        if scenario.vehicle.endswith(".toml"):
            vehicle = (scenario.path.parent if scenario.path else Path()) / scenario.vehicle
            hashes[vehicle.name] = sha256_of(vehicle)
        else:
            shipped = files("hil_sim.vehicles") / f"{scenario.vehicle}.toml"
            hashes[f"{scenario.vehicle}.toml"] = _sha256(shipped.read_bytes())
    recording = flight or getattr(scenario.task, "flight", None)
    if recording is not None:
        hashes[Path(recording).name] = sha256_of(Path(recording))
    return hashes


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _without_home(word: str) -> str:
    home = str(Path.home())
    return word.replace(home, "~") if len(home) > 1 else word


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
