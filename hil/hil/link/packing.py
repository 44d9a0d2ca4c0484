"""Bodies of messages as bytes, by the description in `messages`."""

import struct
import zlib
from functools import cache
from typing import Any, NamedTuple, TypeVar

from hil.link.messages import ANSWER, BODY_MAX, FAULT, MESSAGES, PROTOCOL, FaultReport, Status, Wire

AnyBody = type[tuple[object, ...]]
Body = TypeVar("Body", bound=tuple[object, ...])

KINDS = {"u8": "B", "u16": "H", "u32": "I", "f32": "f"}  # by struct, little-endian


class WrongLength(ValueError):
    """A body is not as long as its message says."""


class Layout(NamedTuple):
    """How the fields of one body lie: those of fixed size, then at most one that takes what is left."""

    fixed: struct.Struct
    sizes: tuple[int | None, ...]  # per field, how many values of `fixed` are its own; None for bytes and single ones
    rest: Wire | None


def fields(body: type[Body]) -> dict[str, Wire]:
    """The fields of a body in their order."""
    return {name: hint.__metadata__[0] for name, hint in body.__annotations__.items()}


@cache
def layout(body: type[Body]) -> Layout:
    """How a body lies. Raises ValueError for one whose open field is not the last, or that is too long."""
    wires = list(fields(body).values())
    rest = wires.pop() if wires and wires[-1].up_to else None
    if any(wire.up_to for wire in wires):
        raise ValueError(f"{body.__name__}: only the last field may be open")
    fixed = struct.Struct("<" + "".join(_format(wire) for wire in wires))
    if fixed.size + (size(rest) if rest else 0) > BODY_MAX:
        raise ValueError(f"{body.__name__} has more than {BODY_MAX} bytes")
    return Layout(fixed, tuple(None if wire.count == 1 or wire.kind == "u8" else wire.count for wire in wires), rest)


def size(wire: Wire) -> int:
    """Bytes of a field; of an open one, at most."""
    return struct.calcsize("<" + _format(wire))


def pack(body: tuple[object, ...]) -> bytes:
    """The bytes of a body. Raises struct.error for a value that its field cannot hold, OverflowError for a
    number beyond float32.
    """
    fixed, sizes, rest = layout(type(body))
    flat: list[Any] = []
    for value, count in zip(body, sizes, strict=False):
        if count is None:
            flat.append(value)
        else:
            flat += value  # type: ignore[arg-type]
    packed = fixed.pack(*flat)
    if rest is None:
        return packed
    tail: Any = body[-1]
    if len(tail) > rest.count:
        raise struct.error(f"{len(tail)} values in a field of {rest.count} at most")
    return packed + (tail if rest.kind == "u8" else struct.pack(f"<{len(tail)}{KINDS[rest.kind]}", *tail))


def unpack(body: type[Body], data: bytes) -> Body:
    """The body in those bytes. Raises WrongLength for bytes that are too few or too many."""
    fixed, sizes, rest = layout(body)
    left = len(data) - fixed.size
    each = struct.calcsize(KINDS[rest.kind]) if rest else 1
    if left < 0 or left % each or left // each > (rest.count if rest else 0):
        raise WrongLength(f"{body.__name__} has not {len(data)} bytes")
    flat = fixed.unpack_from(data)
    values: list[Any] = []
    at = 0
    for count in sizes:
        values.append(flat[at] if count is None else flat[at : at + count])
        at += count or 1
    if rest is not None:
        tail = data[fixed.size :]
        values.append(tail if rest.kind == "u8" else struct.unpack(f"<{left // each}{KINDS[rest.kind]}", tail))
    return body(*values)


def described() -> str:
    """The description as text: what `layout_crc32` is the checksum of."""
    lines = [f"protocol {PROTOCOL} body_max {BODY_MAX} answer {ANSWER}"]
    lines += [f"status {status.value} {status.name}" for status in Status]
    for code, body in bodies():
        lines.append(f"{code} {body.__name__}")
        lines += [f"  {name} {wire.kind} {wire.count} {wire.up_to}" for name, wire in fields(body).items()]
    return "\n".join(lines)


def bodies() -> list[tuple[int, AnyBody]]:
    """Every body that can cross, with its type byte."""
    asked: list[tuple[int, AnyBody]] = [(message.code, message.request) for message in MESSAGES]
    answered: list[tuple[int, AnyBody]] = [(message.code | ANSWER, message.answer) for message in MESSAGES]
    return [*asked, *answered, (FAULT, FaultReport)]


def layout_crc32() -> int:
    """Checksum of the description: equal on both sides, or they do not speak the same."""
    return zlib.crc32(described().encode())


def _format(wire: Wire) -> str:
    return f"{wire.count}s" if wire.kind == "u8" and wire.count > 1 else f"{wire.count}{KINDS[wire.kind]}"
