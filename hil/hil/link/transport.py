"""A line of bytes to a peer: what every transport owes the client."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Transport(ABC):
    """Bytes out, bytes in, in order, possibly cut, lost or broken. No method waits beyond its deadline.

    Deadlines are instants of the clock that the transport was made with. A peer that is gone is `LinkDead`, from `read`
    always, from `write` where the system tells.
    """

    name: str  # as a person would name the line: a device's path, a command

    @abstractmethod
    def open(self) -> None:
        """Touch the line. Raises TargetUnavailable where there is none."""

    @abstractmethod
    def write(self, data: bytes, deadline_s: float) -> None:
        """Hand over all of the bytes. Raises LinkDead if the peer has not taken them by the deadline."""

    @abstractmethod
    def read(self, deadline_s: float) -> bytes:
        """What has come, as soon as something has; empty at the deadline. Raises LinkDead at the end of the line."""

    @abstractmethod
    def alive(self) -> bool:
        """False once the peer is known to be gone. True proves nothing: only an answer does."""

    @abstractmethod
    def last_words(self) -> str:
        """What is known of the peer, for an error's message: exit code, what it printed; or empty."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the line, and end the peer if this transport started it. Any number of times, never raises."""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        self.close()
