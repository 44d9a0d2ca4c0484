"""Where a path written in a scenario points: beside the scenario file, whatever the working folder."""

from pathlib import Path

from pydantic import ValidationInfo


def beside_scenario(file: str, info: ValidationInfo) -> Path:
    """The absolute path meant; `~` is the home folder. Raises ValueError."""
    folder = (info.context or {}).get("folder", ".")
    try:
        return Path(folder, Path(file).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"not a usable path: {error}") from None
