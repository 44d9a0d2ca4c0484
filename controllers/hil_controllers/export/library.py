"""A network's C as a library for this machine, compiled once and kept in the user's cache."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from hil.core.cache_folder import cache_folder
from hil.core.errors import HilError, TargetUnavailable
from hil_controllers.export.folder import sources, write_files
from hil_controllers.network.model import Network

# Without contraction, which would round a product and a sum as one and so make other bits.
FLAGS = ("-std=c11", "-O2", "-ffp-contract=off", "-fno-math-errno", "-shared", "-fPIC", "-Wall", "-Wextra")
_UNITS = ("hil_network.c", "hil_network_layers.c")  # golden vectors are replayed from the network, not from a copy
_DEADLINE_S = 300.0


@cache
def compiler() -> str:
    """The C compiler of this machine. Raises TargetUnavailable."""
    for name in ("cc", "gcc", "clang"):
        if path := shutil.which(name):
            return path
    raise TargetUnavailable("--engine c needs a C compiler: cc, gcc or clang", hint="apt-get install gcc libc6-dev")


def library_of(network: Network) -> Path:
    """The library of this network. Raises TargetUnavailable where there is no compiler, HilError where it fails."""
    return compiled(sources(network), network.hash)


def compiled(files: Mapping[str, str], name: str, *, flags: Sequence[str] = FLAGS) -> Path:
    """The library that these sources make, kept under `name`, the compiler and the flags."""
    program = compiler()
    made_of = hashlib.sha256("\0".join((_version(program), *flags, *(files[file] for file in sorted(files)))).encode())
    folder = cache_folder("networks")
    path = folder / f"{name[:16]}_{made_of.hexdigest()[:16]}.so"
    if path.exists():
        return path
    with tempfile.TemporaryDirectory(dir=folder) as work:
        write_files(files, Path(work))
        made = Path(work) / path.name
        command = [program, *flags, "-o", str(made), *(str(Path(work) / unit) for unit in _UNITS)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
        if done.returncode:
            raise HilError(f"{program} does not compile the network: {done.stderr.strip()}")
        os.replace(made, path)  # at once: another process sees all of it or nothing
    return path


@cache
def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
    return f"{program} {done.stdout}"
