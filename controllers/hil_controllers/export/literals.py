"""Numbers and words as C writes them."""

import json
from collections.abc import Iterable

import numpy as np

from hil_controllers.network.layers import Float32

_WIDTH, _INDENT = 112, "    "


def number(value: object) -> str:
    """A finite float32 as a literal: the shortest decimal that a compiler reads back to the same bits."""
    return f"{np.float32(value)!s}f"  # type: ignore[arg-type]


def numbers(values: Float32, indent: str = _INDENT) -> str:
    """The lines inside the braces of a table of floats."""
    return _lines((f"{value!s}f" for value in values.ravel()), indent)


def table(declared: str, values: Float32) -> str:
    """Definition of a constant table of floats (n,)."""
    return f"static const float {declared}[{values.size}] = {{\n{numbers(values)}}};\n"


def bytes_of(data: bytes, indent: str = _INDENT) -> str:
    """The lines inside the braces of a table of bytes."""
    return _lines((f"0x{byte:02x}" for byte in data), indent)


def text(words: str) -> str:
    """A string literal, ASCII whatever the words; no trigraphs."""
    plain = words.encode("ascii", "replace").decode()
    return json.dumps("".join(letter if letter.isprintable() else "?" for letter in plain)).replace("??", '?""?')


def remark(words: str) -> str:
    """The words so that they end no comment, and start none."""
    return text(words)[1:-1].replace("*/", "* /").replace("/*", "/ *")


def _lines(words: Iterable[str], indent: str) -> str:
    lines, line = [], ""
    for word in words:
        if line and len(indent) + len(line) + len(word) + 2 > _WIDTH:
            lines.append(f"{indent}{line}\n")
            line = ""
        line += f"{' ' if line else ''}{word},"
    return "".join((*lines, f"{indent}{line}\n" if line else ""))
