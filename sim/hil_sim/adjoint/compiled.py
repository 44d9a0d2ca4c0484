"""The program of `hil_sim.adjoint.program`, compiled by numba and kept on disk."""

from functools import cache
from types import ModuleType

from hil_sim.adjoint import program
from hil_sim.adjoint.senses import LATE, MEMORY, NOW, OTHER, SHOWN, Senses, seen
from hil_sim.kernel_files import WIDTH, module_of


@cache
def compiled(senses: Senses) -> ModuleType:
    """Module with `step`, `see` and their adjoints, compiled at their first call."""
    text = program.module(seen(senses), (LATE, NOW, MEMORY, OTHER, SHOWN))
    return module_of(text, "adjoint", (WIDTH,))
