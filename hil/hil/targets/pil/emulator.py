"""QEMU's STM32F405: where it is, and how it is started. It has no clock cycles; it counts instructions."""

import shutil
from pathlib import Path

from hil.core.errors import TargetUnavailable
from hil_controllers.export.image import APT

PROGRAM = "qemu-system-arm"
# One instruction is one nanosecond of the machine's time, so that its timers count instructions, and a flight is the
# same however busy the host is.
_MACHINE = ("-machine", "netduinoplus2", "-icount", "shift=0", "-display", "none", "-monitor", "none", "-nodefaults")
_USART2 = ("-serial", "null", "-serial", "chardev:line")  # the second of the machine's ports is what images use


def emulator() -> str:
    """The program. Raises TargetUnavailable."""
    path = shutil.which(PROGRAM)
    if path is None:
        raise TargetUnavailable(f"there is no {PROGRAM}, which emulates a Cortex-M4", hint=APT)
    return path


def on_semihosting(image: Path) -> list[str]:
    """The command for an image that hears standard input and answers on standard output."""
    return [emulator(), *_MACHINE, "-semihosting-config", "enable=on,target=native", "-kernel", str(image)]


def on_terminal(image: Path) -> list[str]:
    """The command for an image whose USART is the terminal `{pty}`."""
    return [emulator(), *_MACHINE, "-chardev", "serial,id=line,path={pty}", *_USART2, "-kernel", str(image)]
