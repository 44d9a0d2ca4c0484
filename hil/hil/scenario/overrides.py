"""`--set key=value`: changes to a scenario made on the command line, before it is checked."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from hil.core.errors import ScenarioError
from hil.scenario import yaml_file
from hil.scenario.beside import beside_working_folder
from hil.scenario.source import OVERRIDE

_PATHS = ("task.file", "task.flight")


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """`["task.period_s=6"]` as `{"task.period_s": 6}`; values are read as in a scenario file. Raises ScenarioError."""
    parsed = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip()
        if not equals or not key:
            raise ScenarioError(
                f"{setting!r} is not key=value", file=OVERRIDE, line=None, key=key, hint="such as task.period_s=6"
            )
        try:
            document = yaml_file.parse(f"value: {text}\n", OVERRIDE)
        except ScenarioError as error:
            raise ScenarioError(error.problem, file=OVERRIDE, line=None, key=key, hint=error.hint) from None
        parsed[key] = document.data["value"]
    return parsed


def apply(data: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """`data` with dotted keys replaced; numbers index lists, missing mappings are made. Raises ScenarioError.

    Paths among them are relative to the working folder, where they were typed.
    """
    changed = copy.deepcopy(data)
    for key, value in overrides.items():
        _set(changed, key, _from_here(key, value))
    return changed


def _from_here(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _from_here(f"{key}.{name}", item) for name, item in value.items()}
    is_path = isinstance(value, str) and (key in _PATHS or (key == "vehicle" and value.endswith(".toml")))
    return beside_working_folder(value) if is_path else value


def _set(data: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    node: Any = data
    for depth, part in enumerate(parents):
        child = _child(node, part, key)
        if part == "sensors" and depth == 0 and isinstance(child, str):
            child = {"preset": child}  # `sensors: real-2026` is short for this
            node[part] = child
        elif child is None and isinstance(node, dict):
            child = node[part] = {}
        node = child
    if isinstance(node, list):
        node[_index(node, last, key)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise _no_such(key, f"{'.'.join(parents)} is {node!r}, which has no keys")


def _child(node: Any, part: str, key: str) -> Any:
    if isinstance(node, list):
        return node[_index(node, part, key)]
    if isinstance(node, dict):
        return node.get(part)
    raise _no_such(key, f"nothing to set inside {node!r}")


def _index(items: list[Any], part: str, key: str) -> int:
    if part.isdecimal() and part.isascii() and len(part) < 7 and int(part) < len(items):
        return int(part)
    raise _no_such(key, f"no item {part!r} in a list of {len(items)} (they count from 0)")


def _no_such(key: str, problem: str) -> ScenarioError:
    return ScenarioError(problem, file=OVERRIDE, line=None, key=key)
