"""Networks that ship, by vehicle and name: `trained/<vehicle>/<name>.safetensors`."""

from functools import cache
from pathlib import Path

import hil_controllers
from hil_controllers.network.model import Network

SUFFIX = ".safetensors"


def trained_dir() -> Path:
    """The folder of networks that ship: inside the installed package, or the checkout's own; it may be missing."""
    package = Path(hil_controllers.__file__).resolve().parent
    installed = package / "trained"
    return installed if installed.is_dir() else package.parent / "trained"


def shipped(vehicle: str) -> dict[str, Path]:
    """The networks that ship for a vehicle of this name, by their own names."""
    return {path.stem: path for path in sorted((trained_dir() / vehicle).glob(f"*{SUFFIX}"))}


def shipped_names() -> set[str]:
    """Names that some vehicle has a network for."""
    return {path.stem for path in trained_dir().glob(f"*/*{SUFFIX}")}


def load(path: Path, *, force: bool = False) -> Network:
    """`Network.load`, once for a file that stays as it is. Raises BadInput."""
    try:
        status = path.stat()
    except OSError:
        return Network.load(path, force=force)  # which says what is wrong
    return _loaded(path.resolve(), (status.st_mtime_ns, status.st_size), force)


@cache
def _loaded(path: Path, as_of: tuple[int, int], force: bool) -> Network:
    return Network.load(path, force=force)
