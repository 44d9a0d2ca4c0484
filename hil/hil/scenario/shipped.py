"""Which scenario files are meant: paths, folders, or names of those that ship with the bench."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import hil
from hil.core.errors import BadInput, unknown_name

SUITES = "suites"  # a folder of suites of scenarios, which are no scenarios


def shipped_dir() -> Path:
    """The folder of scenarios that ship: inside the installed package, or the checkout's own. Raises BadInput."""
    packaged = Path(str(files("hil"))) / "data" / "scenarios"
    checkout = Path(hil.__file__).resolve().parents[2] / "scenarios"
    for folder in (packaged, checkout):
        if folder.is_dir():
            return folder
    raise BadInput("the scenarios that ship with hil are missing from this installation", hint="reinstall hil-bench")


def shipped_names() -> dict[str, Path]:
    """Every scenario that ships, by name: `hover`, `flights/recorded`."""
    folder = shipped_dir()
    paths = [path for path in sorted(folder.rglob("*.yaml")) if path.parent.name != SUITES]
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths}


def shipped_suites() -> dict[str, Path]:
    """Every suite that ships, by name: `controllers`."""
    return {path.stem: path for path in sorted((shipped_dir() / SUITES).glob("*.yaml"))}


def find(names_or_paths: Sequence[str]) -> list[Path]:
    """The files meant, in order: a path, a folder's own *.yaml sorted by name, or a shipped name. Raises BadInput."""
    return [path for name in names_or_paths for path in _find_one(name)]


def _find_one(name: str) -> list[Path]:
    path = Path(name)
    try:
        path = path.expanduser()
        if path.is_dir():
            inside = sorted(path.glob("*.yaml"))
            if not inside:
                raise BadInput(f"{name}: no *.yaml in this folder")
            return inside
        if path.exists():
            return [path]
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput(f"{name!r}: not a usable path: {error}") from None
    shipped = shipped_names()
    plain = path.as_posix().removeprefix("./").removeprefix("scenarios/").removesuffix(".yaml")
    for candidate in (plain, f"flights/{plain}"):
        if candidate in shipped:
            return [shipped[candidate]]
    if plain == "scenarios":
        return sorted(shipped_dir().glob("*.yaml"))
    raise BadInput(unknown_name("scenario", plain, shipped), hint="give a path, a folder or one of these names")
