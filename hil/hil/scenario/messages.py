"""What is wrong, in words: pydantic's findings as (dotted key, problem, hint) for a person at a bench."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hil.core.errors import ScenarioError, nearest, unknown_name
from hil.scenario.shape import kind_of, model_at, models_in
from hil.scenario.source import Source

_NUMBER = re.compile(r"\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*")
_EXPECTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "tuple_type": "a list",
    "model_type": "`key: value` pairs",
    "model_attributes_type": "`key: value` pairs",
    "dict_type": "`key: value` pairs",
}


class Problem(NamedTuple):
    """One thing that is wrong with a scenario."""

    key: str  # dotted
    text: str
    hint: str = ""


def problems(error: ValidationError, root: type[BaseModel], data: Any, source: Source) -> list[Problem]:
    """Every finding of `error` about `data`; `source` gives scalars as they were written."""
    return [_problem(details, root, data, source) for details in error.errors(include_url=False)]


def gathered(wrong: Sequence[Problem], source: Source) -> ScenarioError:
    """All problems in the order of the file: the first is the error's own, the others follow, one per line."""
    errors = [source.error(*problem) for problem in wrong]
    errors.sort(key=lambda error: error.line or 0)
    first = errors[0]
    if len(errors) == 1:
        return first
    texts = [first.problem, *(error.message for error in errors[1:])]
    lines = [f"{text} ({error.hint})" if error.hint else text for text, error in zip(texts, errors, strict=True)]
    return ScenarioError("\n".join(lines), file=first.file, line=first.line, key=first.key)


def _problem(details: ErrorDetails, root: type[BaseModel], data: Any, source: Source) -> Problem:
    path = _path_in(data, details["loc"])
    key = ".".join(map(str, path))
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return Problem(key, *_unknown_key(str(path[-1]), model_at(root, data, path[:-1])))
    if kind == "missing":
        return Problem(key, "missing") if isinstance(path[-1], str) else Problem(key, "missing: the list is too short")
    if kind == "union_tag_not_found":
        if isinstance(value, dict):
            return Problem(f"{key}.kind", f"missing (known: {', '.join(_kinds(root, data, path))})")
        return _wrong_type(key, "`key: value` pairs with a `kind`", value, source)
    if kind == "union_tag_invalid":
        tag = str(context["tag"])
        known = re.findall(r"'([^']*)'", str(context["expected_tags"]))
        return Problem(f"{key}.kind", unknown_name("kind", tag, known))
    if kind in _EXPECTED:
        return _wrong_type(key, _EXPECTED[kind], value, source)
    if kind == "literal_error":
        return Problem(key, *_not_among(value, str(context["expected"]), source.text(key)))
    if kind == "too_short":
        return Problem(key, f"needs at least {context['min_length']} items, got {context['actual_length']}")
    if kind == "too_long":
        return Problem(key, f"needs at most {context['max_length']} items, got {context['actual_length']}")
    return Problem(key, _sentence(details), "")


def _kinds(root: type[BaseModel], data: Any, path: Sequence[str | int]) -> list[str]:
    """The kinds that the mapping at `path`, the value of a key or an item of its list, may have."""
    at = len(path) - (2 if isinstance(path[-1], int) else 1)
    parent = model_at(root, data, path[:at])
    field = parent.model_fields.get(str(path[at])) if parent else None
    return sorted(filter(None, (kind_of(model) for model in models_in(field.annotation)))) if field else []


def _path_in(data: Any, location: Sequence[str | int]) -> list[str | int]:
    """A finding's location without the union tags that pydantic inserts: the path as the file has it."""
    path: list[str | int] = []
    node, tag_taken = data, False
    for position, part in enumerate(location):
        inner = position < len(location) - 1 or (isinstance(node, dict) and part not in node)
        if isinstance(node, dict) and not tag_taken and inner and node.get("kind") == part:
            tag_taken = True
            continue
        path.append(part)
        tag_taken = False
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            node = None
    return path


def _unknown_key(key: str, model: type[BaseModel] | None) -> tuple[str, str]:
    known = sorted(model.model_fields) if model else []
    close = nearest(key, known)
    meant = f"; did you mean {close!r}?" if close else ""
    return f"unknown key{meant}", f"known keys: {', '.join(known)}" if known else ""


def _wrong_type(key: str, expected: str, value: Any, source: Source) -> Problem:
    written = source.text(key)
    if isinstance(value, bool) and written is not None:
        return Problem(
            key,
            f"must be {expected}; YAML reads {written} as {str(value).lower()}",
            f'text goes in quotes: "{written}"',
        )
    if isinstance(value, str) and "number" in expected and _NUMBER.fullmatch(value):
        number = _as_yaml(value.strip())
        hint = f"write {number}, without quotes" if number == value.strip() else f"write {number}"
        return Problem(key, f"must be {expected}; YAML reads {value.strip()} as text", hint)
    return Problem(key, f"must be {expected}, got {_shown(value)}")


def _as_yaml(number: str) -> str:
    """The same number as YAML 1.1 takes it for one: with an exponent, the point and the exponent's sign are needed."""
    digits, letter, exponent = number.lower().partition("e")
    if not letter:
        return number
    point = "" if "." in digits else ".0"
    sign = "" if exponent[0] in "+-" else "+"
    return f"{digits}{point}e{sign}{exponent}"


def _not_among(value: Any, expected: str, written: str | None) -> tuple[str, str]:
    known = re.findall(r"'([^']*)'", expected)
    if isinstance(value, bool) and written is not None and known:
        return f"must be {expected}; YAML reads {written} as {str(value).lower()}", f'put it in quotes: "{written}"'
    close = nearest(value, known) if isinstance(value, str) else None
    return f"must be {expected}, got {_shown(value)}", f"did you mean {close!r}?" if close else ""


def _sentence(details: ErrorDetails) -> str:
    message = (
        details["msg"].removeprefix("Value error, ").replace("Input should", "must").replace("String should", "must")
    )
    kind = details["type"]
    got_matters = kind in ("string_pattern_mismatch",) or kind.startswith(("greater", "less", "multiple"))
    return f"{message}, got {_shown(details['input'])}" if got_matters else message


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "`key: value` pairs"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
