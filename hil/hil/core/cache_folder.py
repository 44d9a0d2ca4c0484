"""Where things are kept that can be made again: the user's cache."""

import os
import tempfile
from pathlib import Path


def cache_folder(name: str) -> Path:
    """The folder `name` of the cache, made if need be; one of this process where the cache cannot be written."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hil" / name
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix=f"hil-{name}-"))
