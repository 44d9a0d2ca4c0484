"""A link to one Crazyflie: cflib underneath, and a deadline of our own on every step.

cflib opens the link, reads the tables and receives packets in a thread of its own. Everything that must not be lost
goes through `ask`, which sends a request again until it is answered or its time is over; cflib's own set and get wait
for ever for a lost packet, and so does its connection sequence, whose requests are sent again from here.
"""

import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hil.core.errors import TargetUnavailable
from hil.targets.crazyflie.closing import close_link
from hil.targets.crazyflie.drivers import cflib_ready, table_cache
from hil.targets.crazyflie.pace import Pace, WallPace, is_past
from hil.targets.crazyflie.packets import packet
from hil.targets.crazyflie.resending import Unanswered

CONNECT_S = 30.0  # a radio takes 5 s without cached tables; the rest is for packets lost
FIRST_ANSWER_S = 10.0  # the first question is asked once a second
ANSWER_S, AGAIN_S = 1.0, 0.1
PROTOCOL = 12  # of firmware 2026.08: arming, emergency stop and keep-alive are on port 9

ECHO_PORT, ECHO_CHANNEL = 15, 0
_VERSION_AT, _FIRMWARE, _DEVICE = (13, 1), b"\x01", b"\x02"
BARRIER, PING = 1, 2  # first byte of our echoes, nine bytes as cflib's own, which begin with 0
_EXCHANGES, _QUIET = 500, 5  # barriers in a row while cflib connects; so many without a packet: it waits for one
_BARRIER_AGAIN_S, _BARRIER_S = 0.5, 30.0  # wall time

Listener = Callable[[bytes], None]


class LinkSilent(TargetUnavailable):
    """No answer within the time there was."""


class Link:
    """One connection, from `open` to `close`; a later `open` makes a new one."""

    def __init__(self, uri: str, pace: Pace | None = None) -> None:
        self.uri = uri
        self.pace: Pace = pace or WallPace()
        self.lost: str | None = None  # why the link broke, first line
        self.cf: Any = None
        self._listeners: list[tuple[int, int, Listener]] = []
        self._unanswered = Unanswered()
        self._changed = threading.Event()
        self._phase = ""
        self._heard = 0  # packets, barriers apart
        self._facts: dict[str, Any] = {}
        self._failed: str | None = None
        self._barrier_seen = threading.Event()
        self._barriers = 0

    def open(self, within_s: float = CONNECT_S) -> None:
        """Connect, read the tables and every parameter. Raises TargetUnavailable, at the latest after `within_s`."""
        cflib = cflib_ready()
        self.lost = self._failed = None
        self._phase = "the tables did not come"
        self._heard = 0
        self._unanswered = Unanswered()
        self.cf = cf = cflib.crazyflie.Crazyflie(rw_cache=str(table_cache()))
        # its pings hold the lock that a broken link needs for joining them; latency is measured here instead
        cf.link_statistics.latency = _NoPings()
        cf.packet_sent.add_callback(lambda sent: self._unanswered.sent(sent, self.pace.now_s()))
        cf.packet_received.add_callback(self._received)
        reached = {
            cf.connected: "not all parameters came",
            cf.fully_connected: "",
        }
        for caller, missing in reached.items():
            caller.add_callback(lambda _, missing=missing: self._reach(missing))
        cf.connection_failed.add_callback(lambda _, message: self._fail(message))
        cf.connection_lost.add_callback(lambda _, message: self._lose(message))
        cf.disconnected.add_callback(lambda _: self._lose("disconnected"))
        begin_s = self.pace.now_s()
        # a thread: opening a TCP link to a host that does not answer takes minutes
        threading.Thread(target=cf.open_link, args=(self.uri,), name="open link", daemon=True).start()
        try:
            self._connected_by(begin_s, begin_s + within_s)
            self._refuse_old_firmware()
            self._facts = self._introduced()
        except BaseException:
            self.close()
            raise

    def _connected_by(self, begin_s: float, deadline_s: float) -> None:
        while self._phase and not (self._failed or self.lost):
            if is_past(self.pace, deadline_s if self._heard else begin_s + FIRST_ANSWER_S):
                waited_s = self.pace.now_s() - begin_s
                lost = f" ({self._unanswered.resent} packets sent again)" if self._unanswered.resent else ""
                raise TargetUnavailable(
                    f"{self.uri}: {self._phase if self._heard else 'no answer'} within {waited_s:.0f} s{lost}",
                    hint="is it switched on, in reach, on that channel and address, and not connected elsewhere?",
                )
            for request in self._unanswered.due(self.pace.now_s()):
                with suppress(AttributeError):  # closed by an error just now
                    self.cf.link.send_packet(request)
            self._changed.clear()
            self._exchange()
            if self._phase:
                self.pace.wait_for(self._changed, self.pace.now_s() + 0.01)
        if problem := self._failed or self.lost:
            raise TargetUnavailable(f"{self.uri}: {problem}", hint=_hint(self.uri, problem))

    def _exchange(self) -> None:
        """Let a virtual vehicle answer what cflib asks, and what it asks then, while no time passes."""
        quiet = 0
        for _ in range(_EXCHANGES):
            before = self._heard
            self.pace.hear()
            quiet = 0 if self._heard > before else quiet + 1
            if quiet == _QUIET:
                return

    def _refuse_old_firmware(self) -> None:
        protocol = self.cf.platform.get_protocol_version()
        if protocol < PROTOCOL:
            raise TargetUnavailable(
                f"{self.uri}: its firmware speaks protocol {protocol}, {PROTOCOL} is needed",
                hint="update the firmware to 2026.08 or later",
            )

    def facts(self) -> dict[str, Any]:
        """What the vehicle says it is, as it said when it was connected; None where it did not."""
        return dict(self._facts)

    def _introduced(self) -> dict[str, Any]:
        return {
            "platform": self._version(_DEVICE),
            "firmware": self._version(_FIRMWARE),
            "packets_sent_again_to_connect": self._unanswered.resent,
        }

    def _version(self, which: bytes) -> str | None:
        try:
            answer = self.ask(*_VERSION_AT, which, answer=which, within_s=0.5)
        except LinkSilent:
            return None
        return answer[1:].split(b"\0")[0].decode("ascii", "replace")

    def close(self) -> None:
        """Let go. cflib sends a last set-point that stops the motors: land first. Idempotent."""
        cf, self.cf = self.cf, None
        if cf is not None:
            with suppress(Exception):  # whatever state its drivers are in, there is nothing more to do
                close_link(cf)
        self._listeners.clear()

    def send(self, port: int, channel: int, data: bytes) -> None:
        """Send one packet, if there is a link; nothing tells whether it arrives."""
        cf = self.cf
        if cf is not None and not self.lost:
            cf.send_packet(packet(port, channel, data))

    def send_past_locks(self, port: int, channel: int, data: bytes) -> None:
        """Send one packet whatever else is being sent; for an emergency."""
        driver = getattr(self.cf, "link", None)
        if driver is not None:
            driver.send_packet(packet(port, channel, data))

    def ask(
        self,
        port: int,
        channel: int,
        data: bytes,
        *,
        answer: bytes,
        within_s: float = ANSWER_S,
        again_s: float = AGAIN_S,
    ) -> bytes:
        """The answer, which begins with the bytes `answer`; the request is sent again every `again_s` until it comes.

        Only for requests that may arrive twice. Raises LinkSilent.
        """
        came = threading.Event()
        answers: list[bytes] = []

        def hear(found: bytes) -> None:
            if found.startswith(answer):
                answers.append(found)
                came.set()

        self.listen(port, channel, hear)
        try:
            deadline_s = self.pace.now_s() + within_s
            while not (came.is_set() or self.lost or is_past(self.pace, deadline_s)):
                self.send(port, channel, data)
                self.pace.wait_for(came, min(self.pace.now_s() + again_s, deadline_s))
        finally:
            self.deafen(hear)
        if not answers:
            raise LinkSilent(f"{self.uri}: {self.lost or f'no answer within {within_s:g} s'}", hint=_REACH)
        return answers[0]

    def listen(self, port: int, channel: int, hear: Listener) -> None:
        """Call `hear` with the data of every packet of that port and channel, in the receiving thread."""
        self._listeners = [*self._listeners, (port, channel, hear)]

    def deafen(self, hear: Listener) -> None:
        """No longer call it."""
        self._listeners = [listener for listener in self._listeners if listener[2] is not hear]

    def barrier(self) -> None:
        """Return when all that was sent has been handled, and every answer to it been through the receiving thread.

        An echo that a virtual vehicle answers in turn, whatever its faults. Raises TargetUnavailable when it is gone.
        """
        if self.cf is None or self.cf.link is None or self.lost:
            return
        self._barriers += 1
        self._barrier_seen.clear()
        data = struct.pack("<BQ", BARRIER, self._barriers)
        waited_s = 0.0
        while not self.lost and waited_s < _BARRIER_S:
            self.send(ECHO_PORT, ECHO_CHANNEL, data)
            if self._barrier_seen.wait(_BARRIER_AGAIN_S):
                return
            waited_s += _BARRIER_AGAIN_S
        if not self.lost:
            raise TargetUnavailable(f"{self.uri}: the virtual vehicle no longer answers")

    def _received(self, found: Any) -> None:
        data = bytes(found.data)
        if found.port == ECHO_PORT and found.channel == ECHO_CHANNEL and data[:1] == bytes((BARRIER,)):
            if data[1:] == self._barriers.to_bytes(8, "little"):
                self._barrier_seen.set()
            return
        self._heard += 1
        self._unanswered.received(found)
        for port, channel, hear in self._listeners:
            if (port, channel) == (found.port, found.channel):
                hear(data)

    def _reach(self, missing: str) -> None:
        self._phase = missing
        self._changed.set()

    def _fail(self, message: str) -> None:
        self._failed = _first_line(message)
        self._changed.set()

    def _lose(self, message: str) -> None:
        if self.lost in (None, "disconnected"):  # what is told first is that, then why
            self.lost = _first_line(message)
        self._barrier_seen.set()
        self._changed.set()


class _NoPings:
    """Stands in for cflib's own latency measurement."""

    def start(self) -> None:
        """Nothing to start."""

    def stop(self) -> None:
        """Nothing to stop."""


_REACH = "is it switched on and in reach?"


def _hint(uri: str, problem: str) -> str:
    if "ongle" in problem:
        return "plug in a Crazyradio and set its udev rule; without hardware: --uri virtual"
    if "No driver" in problem:
        return "URIs look like radio://0/80/2M/E7E7E7E7E7, usb://0, udp://127.0.0.1:19850, tcp://host:port or virtual"
    if uri.startswith("udp://"):
        return "start one with `hil virtual`, or let the bench do it: --uri virtual"
    return _REACH


def _first_line(message: str) -> str:
    lines = message.splitlines() or ["the link broke"]
    line = lines[0].strip()
    exception = next((text for text in lines[1:] if text.startswith("Exception:")), "")
    return f"{line}: {exception.removeprefix('Exception:').strip()}" if exception else line
