"""A network's C as a library for this machine."""

import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from hil.core.errors import TargetUnavailable
from hil_controllers.export.compilation import built
from hil_controllers.export.folder import sources
from hil_controllers.network.model import Network

# Without contraction, which would round a product and a sum as one and so make other bits.
FLAGS = ("-std=c11", "-O2", "-ffp-contract=off", "-fno-math-errno", "-shared", "-fPIC", "-Wall", "-Wextra")
_UNITS = ("hil_network.c", "hil_network_layers.c")  # golden vectors are replayed from the network, not from a copy


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
    """The library that these sources make."""
    return built(files, name, compiler=compiler(), flags=flags, units=_UNITS, suffix=".so")
