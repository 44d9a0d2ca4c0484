"""Programs that were written out as source: kept on disk beside what numba makes of them, imported by their hash."""

import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from hil.core.cache_folder import cache_folder

WIDTH = Path(__file__).parent / "batch" / "vector_width.py"  # compiled into every program


def module_of(text: str, name: str, imported: Sequence[Path]) -> ModuleType:
    """Module with this source; `imported` are files it imports from that are compiled in.

    The name of its file has the hash of all that text, so that numba's cache, which looks at one file only, is never
    stale.
    """
    digest = hashlib.sha256(text.encode() + b"".join(path.read_bytes() for path in imported)).hexdigest()[:16]
    path = cache_folder("programs") / f"{name}_{digest}.py"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        _written(path, text)
    spec = importlib.util.spec_from_file_location(f"hil_sim_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _written(path: Path, text: str) -> None:
    """Write at once, so that another process sees all of it or nothing."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", encoding="utf-8", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)
