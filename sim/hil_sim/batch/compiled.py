"""The program compiled by numba, for this CPU, and kept on disk: the next process starts in a fraction of a second."""

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from hil_sim.batch import program
from hil_sim.kernel_files import WIDTH, module_of


class Extension(NamedTuple):
    """Source to be compiled with the plant's program, and the files it imports from, whose text counts, too."""

    text: str
    files: tuple[Path, ...]


NOTHING = Extension("", ())


def numba_is_here() -> bool:
    """Whether numba can be imported."""
    return importlib.util.find_spec("numba") is not None


@cache
def compiled(
    terms: frozenset[str], dtype: str, *, varying: tuple[str, ...], extension: Extension = NOTHING
) -> ModuleType:
    """Module with `fly`, `accept` and `place` for tiles, and what `extension` adds, compiled at their first call."""
    text = program.module(terms, dtype, varying=varying, extension=extension.text)
    return module_of(text, f"plant_{dtype}", (WIDTH, *extension.files))
