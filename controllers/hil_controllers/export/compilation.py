"""C compiled once and kept in the user's cache, under what it was made of."""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from hil.core.cache_folder import cache_folder
from hil.core.errors import HilError
from hil_controllers.export.folder import write_files

_DEADLINE_S = 300.0


def built(
    files: Mapping[str, str], name: str, *, compiler: str, flags: Sequence[str], units: Sequence[str], suffix: str
) -> Path:
    """What `compiler` makes of the `units` among these files, kept under `name`, its version, flags and all files.

    Raises HilError, with what the compiler says, where it does not compile.
    """
    texts = (files[file] for file in sorted(files))
    made_of = hashlib.sha256("\0".join((version(compiler), *flags, *units, *sorted(files), *texts)).encode())
    folder = cache_folder("networks")
    path = folder / f"{name[:16]}_{made_of.hexdigest()[:16]}{suffix}"
    if path.exists():
        return path
    with tempfile.TemporaryDirectory(dir=folder) as work:
        write_files(files, Path(work))
        command = [compiler, *flags, "-o", path.name, *units]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
        if done.returncode:
            raise HilError(f"{compiler} does not compile the network: {done.stderr.strip()}")
        os.replace(Path(work) / path.name, path)  # at once: another process sees all of it or nothing
    return path


@cache
def version(compiler: str) -> str:
    """What the compiler says of itself, and where it is."""
    done = subprocess.run([compiler, "--version"], capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
    return f"{compiler} {done.stdout}"
