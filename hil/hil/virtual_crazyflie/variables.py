"""Which variables the firmware has: the tables of contents of 2026.08 (2a18fc29), as the real one told them.

`tables/log.tsv` and `tables/param.tsv` hold a line per variable, in the firmware's order, which gives the ids: its
name, its type as on the wire and, for parameters, the extended type and the value after boot. The CRC in a table's
first line is the real one's too, so a client's cache of the real table serves here. To clients it is the name of the
table and nothing more: whoever changes a table must change it.
"""

import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from hil.core.errors import BadInput, nearest
from hil.virtual_crazyflie.number import LOGGED, PARAMETERS, Number

EXTENDED, READ_ONLY = 0x10, 0x40  # flags in a parameter's type; 0x20, "core", only sorts them in a client's list
PERSISTENT = 0x01  # flag in an extended type


@dataclass(frozen=True, slots=True)
class Variable:
    """One line of a table. `value` is what it holds after boot: parameters alone have one."""

    ident: int
    name: str  # group.name
    wire_type: int
    number: Number
    extended: int = 0
    value: int | float = 0

    @property
    def read_only(self) -> bool:
        """The firmware alone may write it."""
        return bool(self.wire_type & READ_ONLY)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of contents: variables by id and by name."""

    variables: tuple[Variable, ...]
    by_name: dict[str, Variable]
    crc: int

    def get(self, ident: int) -> Variable | None:
        """The variable of this id, or None."""
        return self.variables[ident] if ident < len(self.variables) else None

    def info(self) -> bytes:
        """Number of variables and CRC, as `GET_INFO_V2` tells them."""
        return len(self.variables).to_bytes(2, "little") + self.crc.to_bytes(4, "little")

    def item(self, request: bytes) -> bytes:
        """The answer to `GET_ITEM_V2`, after its command byte; nothing for an id that is none."""
        ident = int.from_bytes(request[:2], "little")
        found = self.get(ident) if len(request) >= 2 else None
        if found is None:
            return b""
        group, name = found.name.split(".")
        return ident.to_bytes(2, "little") + bytes((found.wire_type,)) + f"{group}\0{name}\0".encode()

    def without(self, names: Collection[str]) -> "Table":
        """The table of firmware that lacks these variables: ids close up. Raises BadInput for one that is not there."""
        for name in names:
            if name not in self.by_name:
                close = nearest(name, self.by_name)
                raise BadInput(f"no log variable {name!r}", hint=f"did you mean {close}?" if close else "")
        if not names:
            return self
        left = (variable for variable in self.variables if variable.name not in names)
        crc = zlib.crc32(" ".join(sorted(names)).encode(), self.crc)
        return _table(crc, (replace(variable, ident=ident) for ident, variable in enumerate(left)))


@cache
def log_table() -> Table:
    """What can be logged: 404 variables."""
    crc, rows = _read("log.tsv")
    return _table(
        crc, (Variable(i, name, int(kind, 16), LOGGED[int(kind, 16) & 0xF]) for i, (name, kind) in enumerate(rows))
    )


@cache
def parameter_table() -> Table:
    """The parameters: 267."""
    crc, rows = _read("param.tsv")
    return _table(crc, (_parameter(ident, *row) for ident, row in enumerate(rows)))


def _parameter(ident: int, name: str, kind: str, extended: str, value: str) -> Variable:
    number = PARAMETERS[int(kind, 16) & 0xF]
    # float32's shortest digits, held as float32
    held = number.held(float(value) if number.is_float else int(value))
    return Variable(ident, name, int(kind, 16), number, int(extended), held)


def _table(crc: int, variables: Iterable[Variable]) -> Table:
    listed = tuple(variables)
    return Table(listed, {variable.name: variable for variable in listed}, crc)


def _read(file: str) -> tuple[int, list[list[str]]]:
    text = (files("hil.virtual_crazyflie") / "tables" / file).read_text(encoding="utf-8")
    first, _, *lines = text.splitlines()
    return int(first.removeprefix("# crc "), 16), [line.split("\t") for line in lines]
