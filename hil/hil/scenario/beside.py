"""Where a path points: written in a scenario, beside that file; given on the command line, from the working folder."""

from pathlib import Path

from pydantic import ValidationInfo


def beside_scenario(file: str, info: ValidationInfo) -> Path:
    """The absolute path meant; `~` is the home folder. Raises ValueError."""
    folder = (info.context or {}).get("folder", ".")
    try:
        return Path(folder, Path(file).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"not a usable path: {error}") from None


def beside_working_folder(file: str) -> str:
    """The path made absolute, whatever it is later read beside; one that starts with `~` is that already."""
    return file if file.startswith("~") else str(Path.cwd() / file)


def without_home(path: str) -> str:
    """The path with the home folder as `~`, which names neither person nor machine and can be read back."""
    try:
        return f"~/{Path(path).relative_to(Path.home()).as_posix()}"
    except (RuntimeError, ValueError):  # no home, or not inside it
        return path
