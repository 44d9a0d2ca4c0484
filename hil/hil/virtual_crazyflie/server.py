"""The process of a virtual Crazyflie: one loop over its UDP port, its control socket and its clock.

In real time the vehicle's milliseconds follow the wall clock, times `speed`. A process that was kept from running
catches up, a millisecond after the other, by what it missed up to `LATE_MAX_S`; of more the vehicle never knows, since
its clients, too, would find their set-points too old. In lock-step time stands still, and passes when the control
socket is told to advance. Either way a datagram is answered at once, at the time that it is on board.
"""

import os
import selectors
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from hil.control_socket import Answer, Listener, socket_path
from hil.core.errors import BadInput, TargetUnavailable
from hil.virtual_crazyflie.control import Control
from hil.virtual_crazyflie.linked import Linked

HOST = "127.0.0.1"
PORT = 19850  # where clients scan first
DATAGRAM_MAX = 64  # bytes; more than any packet
LATE_MAX_S = 0.2
HEARD_AT_ONCE = 1000  # datagrams, before time goes on: more than a socket's queue holds
AT_ONCE_MS = 5  # of catching up, before sockets are looked at again
IDLE_S = 0.5  # in lock-step nothing happens without being asked


def control_path(port: int) -> Path:
    """Where the virtual vehicle at that UDP port is controlled."""
    return socket_path(f"virtual-{port}")


class Server:
    """Serves one vehicle on a UDP port of this machine until told to quit; `port` 0 takes any that is free.

    `until_eof`: a file descriptor; when what it reads from ends, so does the server.
    """

    def __init__(
        self,
        linked: Linked,
        *,
        port: int = PORT,
        lock_step: bool = False,
        speed: float = 1.0,
        until_eof: int | None = None,
        tell: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.linked, self.port = linked, port
        self.ending = False
        self._lock_step, self._speed, self._until_eof = lock_step, speed, until_eof
        self._tell, self._now_s = tell, now_s
        self._udp: socket.socket | None = None
        self._listener: Listener | None = None
        self._selector: selectors.BaseSelector | None = None
        self._begin_s = 0.0  # wall time of the vehicle's 0 ms
        self._told_late = self._told_taken = False

    def open(self) -> None:
        """Take the port and the control socket. Raises TargetUnavailable where the port is taken, BadInput for a
        control socket or a file to read that cannot be.
        """
        self._selector = selectors.DefaultSelector()
        try:
            self._open_udp()
            control = Control(self.linked, advance=self._advance if self._lock_step else None, quit_=self._quit)
            self._listener = Listener(control_path(self.port), lambda request: self._done(control.answer(request)))
            self._listener.open()
            self._selector.register(self._listener, selectors.EVENT_READ, self._listener.poll)
            if self._until_eof is not None:
                self._wait_for_eof(self._until_eof)
        except BaseException:
            self.close()
            raise

    def serve(self) -> None:
        """Serve until told to quit."""
        assert self._selector is not None
        self._begin_s = self._now_s() - self.linked.now_ms / 1000.0 / self._speed
        while not self.ending:
            for key, _ in self._selector.select(IDLE_S if self._lock_step else self._until_next_s()):
                key.data()
            if not self._lock_step:
                self._keep_pace()

    def close(self) -> None:
        """Let go of port and control socket; doing it twice does no harm."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._close_udp()
        if self._selector is not None:
            self._selector.close()
            self._selector = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def _open_udp(self) -> None:
        assert self._selector is not None
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind((HOST, self.port))
        except OSError as problem:
            udp.close()
            raise TargetUnavailable(
                f"UDP port {self.port} of {HOST} cannot be taken: {problem.strerror}",
                hint="another virtual vehicle? hil virtual --port N, or --port 0 for any that is free",
            ) from problem
        udp.setblocking(False)
        self.port = udp.getsockname()[1]
        self._udp = udp
        self._selector.register(udp, selectors.EVENT_READ, self._talk)

    def _reopen_udp(self) -> None:
        """Take the port again; where another process has it meanwhile, say so once, and stay refused until it goes."""
        try:
            self._open_udp()
        except TargetUnavailable as taken:
            if not self._told_taken:
                self._told_taken = True
                self._tell(f"hil: {taken.message}: refused until it is free")

    def _close_udp(self) -> None:
        if self._udp is not None:
            if self._selector is not None:
                self._selector.unregister(self._udp)
            self._udp.close()
            self._udp = None

    def _talk(self) -> None:
        """Hear what was sent, say what there is to say; with a port that is closed or open as the link has it."""
        refused = self.linked.refused
        if refused and self._udp is not None:
            self._close_udp()
        elif not refused and self._udp is None:
            self._reopen_udp()
        if self._udp is not None:
            self._hear(self._udp)
            self._say(self._udp)
        else:
            self.linked.outgoing()  # is lost

    def _hear(self, udp: socket.socket) -> None:
        for _ in range(HEARD_AT_ONCE):
            try:
                datagram, peer = udp.recvfrom(DATAGRAM_MAX)
            except BlockingIOError:
                return
            except ConnectionError:  # a client that has gone
                continue
            self.linked.receive(datagram, peer)

    def _say(self, udp: socket.socket) -> None:
        for datagram, to in self.linked.outgoing():
            with suppress(OSError):  # nobody is there, or its queue is full: lost, as in the air
                udp.sendto(datagram, to)

    def _done(self, answer: Answer) -> Answer:
        """The answer, once what it tells of is true of the port, too."""
        self._talk()
        return answer

    def _pass_ms(self) -> None:
        self.linked.tick()
        self._talk()

    def _advance(self, to_ms: int) -> None:
        self._talk()
        while self.linked.now_ms < to_ms and not self.ending:
            self._pass_ms()

    def _keep_pace(self) -> None:
        due_ms = int((self._now_s() - self._begin_s) * self._speed * 1000.0)
        late_s = (due_ms - self.linked.now_ms) / 1000.0 / self._speed
        if late_s > LATE_MAX_S:
            self._begin_s += late_s - LATE_MAX_S
            if not self._told_late:
                self._told_late = True
                self._tell(f"hil: the virtual vehicle falls behind by {late_s:.2f} s: time it missed does not count")
        for _ in range(min(due_ms - self.linked.now_ms, AT_ONCE_MS)):
            self._pass_ms()

    def _until_next_s(self) -> float:
        next_s = self._begin_s + (self.linked.now_ms + 1) / 1000.0 / self._speed
        return max(0.0, next_s - self._now_s())

    def _wait_for_eof(self, file: int) -> None:
        assert self._selector is not None
        try:
            self._selector.register(file, selectors.EVENT_READ, self._read_eof)
        except OSError as problem:  # a plain file, /dev/null, or closed: nothing to wait for
            raise BadInput(
                f"--until-eof: the end of stdin cannot be waited for: {problem.strerror}", hint="give it a pipe"
            ) from problem

    def _read_eof(self) -> None:
        assert self._until_eof is not None
        if not os.read(self._until_eof, DATAGRAM_MAX):
            self._quit()

    def _quit(self) -> None:
        self.ending = True
