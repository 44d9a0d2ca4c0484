"""Data from a JSON file as the frozen dataclass it was written from, each value of the type its field says."""

import types
import typing
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


def record(kind: type[T], data: Any) -> T:
    """The `kind` that `data` describes. Raises TypeError or ValueError that names the field which is wrong."""
    if not isinstance(data, dict):
        raise TypeError(f"expected an object, got {_short(data)}")
    hints = typing.get_type_hints(kind)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: value(hints[name], item, name) if name in known else item for name, item in data.items()})


def value(kind: Any, item: Any, name: str) -> Any:
    """`item`, if it is a `kind` (str, bool, int, float, or one of them or None). Raises TypeError or ValueError."""
    allowed = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if type(item) is int and float in allowed:
        try:
            return float(item)
        except OverflowError:
            raise ValueError(f"{name} is out of range") from None
    if type(item) not in [type(None) if one is None else one for one in allowed]:
        words = " or ".join("null" if one in (None, type(None)) else one.__name__ for one in allowed)
        raise TypeError(f"{name} must be {words}, got {_short(item)}")
    return item


def _short(item: Any) -> str:
    text = repr(item)
    return text if len(text) <= 40 else f"{text[:37]}…"
