"""A line over file descriptors: pipes, sockets, terminals. How they come about is in the files that build one."""

import errno
import os
import select
from abc import ABC, abstractmethod
from typing import NamedTuple, final

from hil.core.clock import Clock
from hil.link.child import Child
from hil.link.dead import LinkDead
from hil.link.transport import Transport

LOOK_S = 0.1  # how often a silent line's process is looked at: a terminal does not tell that nobody holds its other end
READ_BYTES = 65536
_GONE = {errno.EPIPE, errno.EIO, errno.ECONNRESET, errno.ENXIO, errno.ENODEV, errno.EBADF}


class Ends(NamedTuple):
    """The descriptors of an open line, which may be one and the same."""

    reading: int
    writing: int


class Opener(ABC):
    """Makes a line, and takes it down."""

    name: str
    child: Child | None = None  # the peer, where it is a process of ours

    @abstractmethod
    def open(self) -> Ends:
        """Ends of a new line. Raises TargetUnavailable where there is none."""

    @abstractmethod
    def close(self) -> None:
        """Close the descriptors. Any number of times."""


@final
class DescriptorLine(Transport):
    """A line whose ends an opener makes. The clock has to be one that goes by itself, as `WallClock` does."""

    def __init__(self, opener: Opener, clock: Clock) -> None:
        self._opener, self._clock = opener, clock
        self._ends: Ends | None = None
        self._readable, self._writable = select.poll(), select.poll()
        self._ended = False
        self.name = opener.name

    def open(self) -> None:
        """Make the line."""
        self.close()
        try:
            self._ends = self._opener.open()
        except BaseException:
            self.close()
            raise
        for descriptor in set(self._ends):
            os.set_blocking(descriptor, False)
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(self._ends.reading, select.POLLIN)
        self._writable.register(self._ends.writing, select.POLLOUT)
        self._ended = False

    def write(self, data: bytes, deadline_s: float) -> None:
        """All of the bytes, or LinkDead."""
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._open().writing, left) :]
            except BlockingIOError:
                if not self._ready(self._writable, deadline_s):
                    raise self._dead("took no more bytes") from None
            except OSError as error:
                raise self._lost(error) from error

    def read(self, deadline_s: float) -> bytes:
        """What has come, or nothing at the deadline."""
        while True:
            try:
                data = os.read(self._open().reading, READ_BYTES)
            except BlockingIOError:
                if not self._ready(self._readable, deadline_s):
                    return b""
                continue
            except OSError as error:
                raise self._lost(error) from error
            if not data:
                raise self._ended_with("was closed by its other end")
            return data

    def alive(self) -> bool:
        """Whether the line is open, has not ended, and its process runs."""
        return self._ends is not None and not self._ended and (self._opener.child is None or self._opener.child.alive())

    def last_words(self) -> str:
        """Those of the process."""
        return "" if self._opener.child is None else self._opener.child.last_words()

    def close(self) -> None:
        """Close the line, then end the process: one that reads sees the end of its input first."""
        self._ends = None
        self._opener.close()
        if self._opener.child is not None:
            self._opener.child.end()

    def _open(self) -> Ends:
        if self._ends is None:
            raise LinkDead(f"{self.name} is not open")
        return self._ends

    def _ready(self, poll: select.poll, deadline_s: float) -> bool:
        """False at the deadline. Raises LinkDead once the process has ended and the line is empty."""
        child = self._opener.child
        while True:
            left_s = deadline_s - self._clock.now_s()
            gone = child is not None and not child.alive()
            if poll.poll(0 if gone else max(0.0, min(left_s, LOOK_S)) * 1000.0):
                return True
            if gone:
                raise self._ended_with("has nobody at its other end")
            if left_s <= 0.0:
                return False

    def _lost(self, error: OSError) -> LinkDead:
        return self._ended_with("has nobody at its other end" if error.errno in _GONE else f"broke: {error.strerror}")

    def _ended_with(self, what: str) -> LinkDead:
        self._ended = True
        if self._opener.child is not None:
            self._opener.child.wait(LOOK_S)  # the line ends a moment before its process has an exit code
        return self._dead(what)

    def _dead(self, what: str) -> LinkDead:
        words = self.last_words()
        message = f"{self.name} {what}; {words}" if words else f"{self.name} {what}"
        return LinkDead(message, hint="start again: in what state the peer is, nobody knows")
