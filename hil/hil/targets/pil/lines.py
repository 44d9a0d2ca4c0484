"""Which chip a --uri means, and the line to it.

qemu:                                  emulated, over semihosting: fast          (the default)
qemu:serial                            emulated, over its USART and a pseudo-terminal
serial:///dev/ttyACM0?baud=921600      a board, flashed with `hil export NETWORK --format elf`
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from hil.core.clock import Clock
from hil.core.errors import BadInput
from hil.link.child_lines import pty, stdio
from hil.link.serial_port import BAUD, serial_port
from hil.link.transport import Transport
from hil.targets.pil.emulator import emulator, on_semihosting, on_terminal
from hil_controllers.export.image import arm_compiler, image_of
from hil_controllers.network.model import Network

DEFAULT = "qemu:"
_KNOWN = "qemu:, qemu:serial, or serial:///dev/ttyACM0?baud=921600"


class ChipLine(NamedTuple):
    """A line to be: `line(network, clock)` makes it, not yet opened, building the image that an emulator needs."""

    uri: str
    line: Callable[[Network, Clock], Transport]


def chip_line(uri: str | None) -> ChipLine:
    """What a --uri means. Raises BadInput for one that means nothing, TargetUnavailable where tools are missing."""
    uri = uri or DEFAULT
    parts = urlsplit(uri)
    if parts.scheme == "serial":
        return ChipLine(uri, _board(uri, parts.path, parts.query))
    if uri not in {"qemu:", "qemu:serial"}:
        raise BadInput(f"no chip is at {uri!r}", hint=_KNOWN)
    emulator()
    arm_compiler()
    return ChipLine(uri, _semihosting if uri == DEFAULT else _terminal)


def means_a_chip(uri: str | None) -> bool:
    """Whether a --uri is a chip's; cflib's of a serial port have no absolute path."""
    return uri is not None and uri.startswith(("qemu:", "serial:///"))


def _semihosting(network: Network, clock: Clock) -> Transport:
    return stdio(on_semihosting(image_of(network, "semihosting")), clock)


def _terminal(network: Network, clock: Clock) -> Transport:
    return pty(on_terminal(image_of(network, "usart")), clock)


def _board(uri: str, path: str, query: str) -> Callable[[Network, Clock], Transport]:
    asked = parse_qs(query, keep_blank_values=True)
    bauds = asked.pop("baud", [str(BAUD)])
    if asked or len(bauds) != 1 or not bauds[0].isdecimal() or not int(bauds[0]) or not Path(path).is_absolute():
        raise BadInput(f"{uri!r} names no serial port", hint="serial:///dev/ttyACM0?baud=921600")
    baud = int(bauds[0])
    return lambda network, clock: serial_port(path, clock, baud=baud)
