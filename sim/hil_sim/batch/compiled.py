"""The program compiled by numba, for this CPU, and kept on disk: the next process starts in a fraction of a second."""

import hashlib
import importlib.util
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from hil_sim.batch import program

_WIDTH = Path(__file__).with_name("vector_width.py")  # compiled in, too


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
    """Module with `fly`, `accept` and `place` for tiles, and what `extension` adds, compiled at their first call.

    The name of its file has the hash of its text, so that numba's cache, which looks at one file only, is never stale.
    """
    text = program.module(terms, dtype, varying=varying, extension=extension.text)
    imported = b"".join(path.read_bytes() for path in (_WIDTH, *extension.files))
    digest = hashlib.sha256(text.encode() + imported).hexdigest()[:16]
    path = _folder() / f"plant_{dtype}_{digest}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        _written(path, text)
    spec = importlib.util.spec_from_file_location(f"hil_sim_batch_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _folder() -> Path:
    """Where programs are kept: the user's cache, or a folder of this process where that cannot be written."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hil" / "kernels"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="hil-kernels-"))


def _written(path: Path, text: str) -> None:
    """Write at once, so that another process sees all of it or nothing."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", encoding="utf-8", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)
