"""Lines to a process of ours: over its standard input and output, a socket, a pseudo-terminal."""

import os
import socket
import tty
from collections.abc import Sequence
from typing import final

from hil.core.clock import Clock
from hil.link.child import Child
from hil.link.descriptors import DescriptorLine, Ends, Opener
from hil.link.transport import Transport


def stdio(command: Sequence[str], clock: Clock) -> Transport:
    """The process reads the line on its standard input and writes it on its standard output, as semihosting does."""
    return DescriptorLine(_Stdio(command), clock)


def socketpair(command: Sequence[str], clock: Clock) -> Transport:
    """The process inherits one end of a Unix socket; `{fd}` in the command becomes its number."""
    return DescriptorLine(_Socketpair(command), clock)


def pty(command: Sequence[str], clock: Clock) -> Transport:
    """The process opens a terminal, as it would a serial port; `{pty}` in the command becomes its path."""
    return DescriptorLine(_Pty(command), clock)


class _ChildLine(Opener):
    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._descriptors: list[int] = []
        self.name = os.path.basename(command[0])

    def close(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.pop())


@final
class _Stdio(_ChildLine):
    def open(self) -> Ends:
        theirs_in, writing = os.pipe()
        reading, theirs_out = os.pipe()
        self._descriptors = [reading, writing]
        try:
            self.child = Child(self._command)
            self.child.start(stdin=theirs_in, stdout=theirs_out)
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        return Ends(reading, writing)


@final
class _Socketpair(_ChildLine):
    def open(self) -> Ends:
        ours, theirs = (end.detach() for end in socket.socketpair())
        self._descriptors = [ours]
        try:
            self.child = Child([part.replace("{fd}", str(theirs)) for part in self._command])
            self.child.start(keep=(theirs,))
        finally:
            os.close(theirs)
        return Ends(ours, ours)


@final
class _Pty(_ChildLine):
    def open(self) -> Ends:
        ours, theirs = os.openpty()
        self._descriptors = [ours, theirs]  # theirs stays open: the line must not end before the process has opened it
        tty.setraw(theirs)
        self.child = Child([part.replace("{pty}", os.ttyname(theirs)) for part in self._command])
        self.child.start()
        return Ends(ours, ours)
