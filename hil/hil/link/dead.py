"""What goes wrong on a link.

TargetUnavailable  3
├── LinkDead           nobody answers any more: gone, stopped, hung or faulted
├── Stranger           somebody answers, but not who was expected
└── RequestRefused     the peer understood, and said no

All say what is known of the peer's end: exit code, signal, registers, last words.
"""

from hil.core.errors import TargetUnavailable
from hil.link.messages import FaultReport, Status
from hil.link.packing import WrongLength, unpack

# Arm v7-M Architecture Reference Manual (DDI 0403E), B3.2.15 and B3.2.16
_CFSR = {
    0: "IACCVIOL: code fetched where none may be",
    1: "DACCVIOL: data touched where the MPU forbids it",
    3: "MUNSTKERR: MPU fault on return from an exception",
    4: "MSTKERR: MPU fault on entry to an exception, often a full stack",
    5: "MLSPERR: MPU fault while saving the FPU's registers",
    8: "IBUSERR: code fetched where there is no memory",
    9: "PRECISERR: data touched where there is no memory",
    10: "IMPRECISERR: data written where there is no memory, some instructions earlier",
    11: "UNSTKERR: bus fault on return from an exception",
    12: "STKERR: bus fault on entry to an exception, often a full stack",
    13: "LSPERR: bus fault while saving the FPU's registers",
    16: "UNDEFINSTR: not an instruction",
    17: "INVSTATE: jump to an even address, often a function pointer that is none",
    18: "INVPC: broken return from an exception",
    19: "NOCP: the FPU is not switched on (CPACR)",
    24: "UNALIGNED: unaligned access",
    25: "DIVBYZERO: integer division by zero",
}
_HFSR = {1: "VECTTBL: vector table unreadable", 31: "DEBUGEVT: breakpoint without a debugger"}


class LinkDead(TargetUnavailable):
    """The peer answers no more."""


class Stranger(TargetUnavailable):
    """The peer speaks another protocol, or carries another network."""


class RequestRefused(TargetUnavailable):
    """The peer answered with a `status` other than OK."""

    def __init__(self, message: str, *, status: int = Status.BAD_VALUE, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


def refused(name: str, status: int) -> RequestRefused:
    """A refusal, told."""
    known = Status(status).name.lower().replace("_", " ") if status in {*Status} else "unknown to this version"
    return RequestRefused(f"the chip refused {name}: status {status}, {known}", status=status)


def faulted(body: bytes) -> LinkDead:
    """The end of a processor that faulted, told so that the line of code can be found."""
    try:
        report = unpack(FaultReport, body)
    except WrongLength:
        return LinkDead(f"the processor faulted, and its report is unreadable: {body.hex()}")
    causes = [text for bit, text in _CFSR.items() if report.cfsr >> bit & 1]
    causes += [text for bit, text in _HFSR.items() if report.hfsr >> bit & 1]
    where = f" at {report.address:#010x}" if report.address else ""
    registers = " ".join(
        f"{name.upper()}={value:#010x}" for name, value in report._asdict().items() if name != "address"
    )
    return LinkDead(
        f"the processor faulted{where}: {'; '.join(causes) or 'cause unknown'} ({registers})",
        hint=f"arm-none-eabi-addr2line -fe the.elf {report.pc:#x} {report.lr & ~1:#x} names the lines",
    )
