"""One process asks another on this machine: a line of JSON there, a line of JSON back, over a Unix socket."""

import os
import tempfile
from pathlib import Path


def socket_path(name: str) -> Path:
    """Where the process of that name listens, in a folder that is this user's alone."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime) / "hil" if runtime else Path(tempfile.gettempdir()) / f"hil-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{name}.sock"
