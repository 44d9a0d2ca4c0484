"""The hand-written C: `controllers/firmware`, inside the installed package or in the checkout."""

from pathlib import Path

import hil_controllers


def firmware_dir() -> Path:
    """The folder of all hand-written C."""
    package = Path(hil_controllers.__file__).resolve().parent
    installed = package / "firmware"
    return installed if installed.is_dir() else package.parent / "firmware"


def kernel_sources() -> dict[str, str]:
    """The kernel's files by name: what is the same for every network."""
    folder = firmware_dir() / "network"
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("hil_*.[ch]"))}
