"""cflib itself: imported when a link opens, its drivers made ready once per process, its cache in a private folder."""

import logging
import os
import threading
from pathlib import Path
from typing import Any

from hil.core.errors import TargetUnavailable

_once = threading.Lock()
_ready = False


def cflib_ready() -> Any:
    """The package cflib, with its link drivers. Raises TargetUnavailable with how to install it."""
    global _ready  # cflib's own list of drivers is global, and each call makes it longer
    try:
        import cflib
        import cflib.crazyflie
        import cflib.crtp
    except ImportError as problem:
        raise TargetUnavailable(
            f"cflib is not installed (no module {problem.name})", hint="pip install 'hil-bench[crazyflie]'"
        ) from problem
    with _once:
        if not _ready:
            logging.getLogger("cflib").addHandler(logging.NullHandler())  # its tracebacks are not for the terminal
            cflib.crtp.init_drivers()
            _ready = True
    return cflib


def table_cache() -> Path:
    """Where tables of contents are kept between connections: cflib evaluates what it reads there, so this user's alone.

    Raises TargetUnavailable where it is not.
    """
    home = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(home) if home else Path.home() / ".cache") / "hil" / "crazyflie"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as problem:
        raise TargetUnavailable(f"no folder for the tables: {problem}", hint="set XDG_CACHE_HOME") from problem
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise TargetUnavailable(
            f"{folder} is not this user's alone", hint="remove it, or set XDG_CACHE_HOME to a folder that is"
        )
    return folder
