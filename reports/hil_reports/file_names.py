"""File names instead of paths: a report says which file was used, never where it lies on somebody's machine."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

_ABSOLUTE = re.compile(r"(?:/|~[^/\s]*/|[A-Za-z]:[\\/])[^\n]*")
_WORD = re.compile(r"(?<![^\s='\"])(?:/|~[^/\s]*/|[A-Za-z]:[\\/])[^\s'\"]*")


def scenario_without_folders(text: str) -> str:
    """A scenario file with absolute paths cut to their file names; as it is where it has none, empty if unreadable."""
    import yaml

    data = _loaded(text)
    if not _paths_in(data):
        return "" if data is None else text
    return yaml.safe_dump(_cut(data, {}), sort_keys=False, allow_unicode=True, width=120)


def paths_in_scenario(text: str) -> set[str]:
    """Every absolute path in a scenario file; none in one that cannot be read."""
    return _paths_in(_loaded(text))


def manifest_without_folders(manifest: Mapping[str, Any], paths: set[str]) -> dict[str, Any]:
    """A manifest with `paths`, and every word of it that is an absolute path, cut to file names."""
    cut: dict[str, Any] = _cut(dict(manifest), {path: file_name(path) for path in sorted(paths, key=len, reverse=True)})
    return cut


def _loaded(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _paths_in(data: Any) -> set[str]:
    if isinstance(data, Mapping):
        return set().union(*(_paths_in(item) for item in data.values()))
    if isinstance(data, list):
        return set().union(*(_paths_in(item) for item in data))
    return {data} if isinstance(data, str) and _ABSOLUTE.fullmatch(data) else set()


def file_name(path: str) -> str:
    """What a path ends in, on whichever system it was written."""
    return (PureWindowsPath(path) if "\\" in path else PurePosixPath(path)).name


def _cut(data: Any, names: Mapping[str, str]) -> Any:
    if isinstance(data, dict):
        return {key: _cut(item, names) for key, item in data.items()}
    if isinstance(data, list):
        return [_cut(item, names) for item in data]
    if not isinstance(data, str):
        return data
    if _ABSOLUTE.fullmatch(data):
        return file_name(data)
    for path, name in names.items():
        data = data.replace(path, name)
    return _WORD.sub(lambda word: file_name(word[0]), data)
