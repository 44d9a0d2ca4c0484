"""Parameters of a vehicle, written and read back; nothing here waits for ever."""

import struct
from typing import Any, Final

from hil.core.errors import TargetUnavailable, unknown_name
from hil.targets.crazyflie.link import Link

PORT, READ, WRITE = 2, 1, 2
SETTLE_S: Final = 0.1  # firmware may take a value back that it echoed: it looks at it in another task


def read(link: Link, name: str) -> float:
    """The value of a parameter now. Raises TargetUnavailable where there is no answer or no such parameter."""
    element = _element(link, name)
    number = struct.pack("<H", element.ident)
    answer = link.ask(PORT, READ, number, answer=number)
    if answer[2] != 0:
        raise TargetUnavailable(f"the vehicle cannot read {name}: error {answer[2]}")
    return float(struct.unpack(element.pytype, answer[3:])[0])


def write(link: Link, name: str, value: float) -> float:
    """Write it; the value that is there a moment later, which is not what was written where firmware refused it.

    Raises TargetUnavailable as `read` does, and for a parameter that cannot be written.
    """
    element = _element(link, name)
    if element.get_readable_access() == "RO":
        raise TargetUnavailable(f"{name} can only be read")
    number = struct.pack("<H", element.ident)
    link.ask(PORT, WRITE, number + _packed(element, value), answer=number)
    link.pace.wait_until(link.pace.now_s() + SETTLE_S)
    return read(link, name)


def _packed(element: Any, value: float) -> bytes:
    whole = element.pytype[-1] not in "efd"
    return struct.pack(element.pytype, int(value) if whole else float(value))


def _element(link: Link, name: str) -> Any:
    table = link.cf.param.toc
    element = table.get_element(*name.split("."))
    if element is None:
        names = [f"{group}.{one}" for group, ones in table.toc.items() for one in ones]
        raise TargetUnavailable(_short(unknown_name("parameter", name, names)), hint="update the firmware")
    return element


def _short(text: str) -> str:
    return text.partition(" (known")[0]
