"""Port 2: parameters read, written, described and stored.

Sources: Bitcraze, crtp_parameters.md; behaviour of firmware 2026.08 where the page is silent: a write to a read-only
parameter has no answer, the answer to any other repeats what was written, and what the firmware then makes of it shows
in a later read. Ids are two bytes; requests of the time before that have no answer.
"""

from collections.abc import Callable, Iterable, MutableMapping

from hil.virtual_crazyflie.packet import Packet
from hil.virtual_crazyflie.variables import EXTENDED, Table, Variable

PORT = 2
TABLE, READ, WRITE, MISC = range(4)  # channels
OK, ENOENT, EACCES, EINVAL = 0, 2, 13, 22

_GET_ITEM, _GET_INFO = 2, 3
_SET_BY_NAME, _VALUE_UPDATED = 0, 1
_STORED = 1


class Parameters:
    """The parameter service. `values` are the firmware's variables by full name, which others read and write too.

    `stored` is the memory that survives a reboot: values by name. `say` sends a packet nobody asked for.
    """

    def __init__(
        self,
        table: Table,
        values: MutableMapping[str, float],
        stored: MutableMapping[str, float],
        say: Callable[[Packet], None],
    ) -> None:
        self.ports = (PORT,)
        self._table, self._values, self._stored, self._say = table, values, stored, say
        self._misc: dict[int, Callable[[Variable], bytes]] = {
            2: self._extended_type_v1,
            3: self._store,
            4: self._state,
            5: self._clear,
            6: self._default_v1,
            7: self._extended_type,
            8: self._default,
        }

    def boot(self) -> None:
        """Give every parameter its value after boot: the stored one, else the table's."""
        for variable in self._table.variables:
            self._values[variable.name] = self._stored.get(variable.name, variable.value)

    def update(self, name: str, value: float) -> None:
        """Change a parameter from inside, as an app aboard does: clients are told. Raises KeyError for no such name."""
        variable = self._table.by_name[name]
        self._values[name] = variable.number.held(value)
        self._say(Packet(PORT, MISC, bytes((_VALUE_UPDATED,)) + _ident(variable) + self._bytes(variable)))

    def handle(self, packet: Packet) -> Iterable[Packet]:
        """The reply, none or one; `data` that is too short has none."""
        answer = (self._contents, self._read, self._write, self._other)[packet.channel](packet.data)
        return () if answer is None else (Packet(PORT, packet.channel, answer),)

    def _contents(self, data: bytes) -> bytes | None:
        if data[:1] == bytes((_GET_INFO,)):
            return data[:1] + self._table.info()
        if data[:1] == bytes((_GET_ITEM,)):
            return data[:1] + self._table.item(data[1:])
        return None

    def _read(self, data: bytes) -> bytes | None:
        if len(data) < 2:
            return None
        variable = self._find(data)
        if variable is None:
            return data[:2] + bytes((ENOENT,))
        return data[:2] + bytes((OK,)) + self._bytes(variable)

    def _write(self, data: bytes) -> bytes | None:
        if len(data) < 2:
            return None
        variable = self._find(data)
        if variable is None:
            return data[:2] + bytes((ENOENT,))
        if variable.read_only:
            return None
        self._set(variable, data[2:])
        return data[:2] + self._bytes(variable)

    def _other(self, data: bytes) -> bytes | None:
        if data[:1] == bytes((_SET_BY_NAME,)):
            return self._set_by_name(data)
        if len(data) < 3 or data[0] not in self._misc:
            return None
        variable = self._find(data[1:])
        return data[:3] + (bytes((ENOENT,)) if variable is None else self._misc[data[0]](variable))

    def _set_by_name(self, data: bytes) -> bytes | None:
        parts = data[1:].split(b"\0", 2)
        if len(parts) < 3 or not parts[2]:
            return None
        group, name, rest = parts
        variable = self._table.by_name.get(f"{group.decode('latin-1')}.{name.decode('latin-1')}")
        if variable is None:
            error = ENOENT
        elif rest[0] != variable.wire_type & 0xF:
            error = EINVAL
        elif variable.read_only:
            error = EACCES
        else:
            self._set(variable, rest[1:])
            error = OK
        return data[: 1 + len(group) + 1 + len(name) + 1] + bytes((error,))

    def _extended_type(self, variable: Variable) -> bytes:
        return bytes((OK, variable.extended)) if variable.wire_type & EXTENDED else bytes((ENOENT,))

    def _extended_type_v1(self, variable: Variable) -> bytes:
        return bytes((variable.extended if variable.wire_type & EXTENDED else ENOENT,))

    def _default(self, variable: Variable) -> bytes:
        if variable.read_only:
            return bytes((ENOENT,))
        return bytes((OK,)) + variable.number.pack(variable.value)

    def _default_v1(self, variable: Variable) -> bytes:
        return bytes((ENOENT,)) if variable.read_only else variable.number.pack(variable.value)

    def _store(self, variable: Variable) -> bytes:
        self._stored[variable.name] = self._values[variable.name]
        return bytes((OK,))

    def _state(self, variable: Variable) -> bytes:
        default = variable.number.pack(variable.value)
        if variable.name not in self._stored:
            return bytes((0,)) + default
        return bytes((_STORED,)) + default + variable.number.pack(self._stored[variable.name])

    def _clear(self, variable: Variable) -> bytes:
        return bytes((ENOENT if self._stored.pop(variable.name, None) is None else OK,))

    def _find(self, data: bytes) -> Variable | None:
        return self._table.get(int.from_bytes(data[:2], "little"))

    def _set(self, variable: Variable, data: bytes) -> None:
        size = variable.number.size
        self._values[variable.name] = variable.number.unpack(data[:size].ljust(size, b"\0"))

    def _bytes(self, variable: Variable) -> bytes:
        return variable.number.pack(variable.number.held(self._values[variable.name]))


def _ident(variable: Variable) -> bytes:
    return variable.ident.to_bytes(2, "little")
