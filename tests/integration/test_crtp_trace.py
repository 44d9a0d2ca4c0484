"""The virtual Crazyflie answers what the real firmware 2026.08 answered, byte for byte.

`crtp_trace.txt` is what went between cflib and that firmware, built for a PC: connect, tables, every parameter, log
blocks, set-points, high-level commander, supervisor, memory. Its requests are put to the virtual vehicle at their
times. The trace is no part of the project: HIL_FACTS names the folder that holds it.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import pytest

from hil.virtual_crazyflie.body import Body
from hil.virtual_crazyflie.firmware import VirtualCrazyflie
from hil_sim.vehicle_files import load_vehicle

LINE = re.compile(r"\s*([\d.]+) ([<>]) ([0-9a-f]{2}) p\d+ +c\d len\d+ *((?: ?[0-9a-f]{2})*)$")
LINK_BITS = 0x0C  # the transport's own; the trace shows them as cflib does, always set
BOOTED_MS = -5268  # on the trace's clock, by the stamps of its log data
LOG_DATA = 0x52  # header; then block, stamp of three bytes, values

# Which bytes of datagrams that begin like this need not be the same, and why. No other byte is excused.
MASKED = [
    (b"\x52", range(5, 9), "stateEstimate.x, a float: noise of the estimate"),
    (b"\x52", range(9, 11), "stateEstimate.z, a half: noise of the estimate"),
    (b"\x52", range(11, 15), "pm.vbat, a float: the trace's vehicle has 4 V whatever it does, the bench's a battery"),
    (b"\x52", range(17, 21), "acc.z, a float: noise of the accelerometer"),
    (b"\x80\x00", range(3, 4), "a reply repeats three bytes of a request of two: the third was a chance of memory"),
]


@dataclass
class Exchange:
    """A request and its replies. Datagrams with link bits 0; the request arrives when it was answered."""

    at_ms: int
    request: bytes
    replies: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class Conversation:
    """What one side said when asked, in the order of the requests, and what it said by itself."""

    exchanges: list[Exchange]
    unasked: list[bytes]

    @property
    def said(self) -> list[list[bytes]]:
        """All that the vehicle said."""
        return [*(exchange.replies for exchange in self.exchanges), self.unasked]


def read_trace(text: str) -> Conversation:
    """The conversation in a trace. A reply belongs to the first request on its port and channel without one."""
    exchanges: list[Exchange] = []
    unasked: list[bytes] = []
    waiting: dict[int, list[Exchange]] = {}
    for line in text.splitlines():
        if (parts := LINE.match(line)) is None:
            continue
        at_ms, header = round(1000 * float(parts[1])), int(parts[3], 16) & ~LINK_BITS
        datagram = bytes((header,)) + bytes.fromhex(parts[4])
        if parts[2] == ">":
            exchanges.append(Exchange(at_ms, datagram))
            waiting.setdefault(header, []).append(exchanges[-1])
        elif header == LOG_DATA:
            unasked.append(datagram)
        else:
            exchange = waiting[header].pop(0)
            exchange.at_ms = at_ms
            exchange.replies.append(datagram)
    return Conversation(sorted(exchanges, key=lambda exchange: exchange.at_ms), unasked)


def replay(requests: Iterable[Exchange], vehicle: VirtualCrazyflie) -> Conversation:
    """What the virtual vehicle says to the same requests at the same times. Nobody hears what it prints at boot."""
    exchanges, unasked = [], []
    for request in requests:
        while vehicle.now_ms < request.at_ms - BOOTED_MS:
            vehicle.tick()
        said = vehicle.outgoing()
        if exchanges:
            unasked += said
        vehicle.receive(request.request)
        exchanges.append(Exchange(request.at_ms, request.request, vehicle.outgoing()))
    return Conversation(exchanges, unasked)


def masked(datagram: bytes) -> frozenset[int]:
    """Indices of the bytes that are not compared."""
    return frozenset(index for begin, indices, _ in MASKED if datagram.startswith(begin) for index in indices)


def differences(expected: Sequence[bytes], actual: Sequence[bytes]) -> list[str]:
    """One line for each datagram that is not as expected, is missing, or is too many."""
    return [
        f"expected {want.hex(' ') if want else 'nothing'}, got {got.hex(' ') if got else 'nothing'}"
        for want, got in zip_longest(expected, actual)
        if want is None or got is None or len(want) != len(got) or _differ(want, got)
    ]


def _differ(want: bytes, got: bytes) -> bool:
    return any(w != g for i, (w, g) in enumerate(zip(want, got, strict=True)) if i not in masked(want))


def flipped(datagram: bytes) -> Iterable[bytes]:
    """The datagram with one byte changed, for each byte that is compared."""
    for index in set(range(len(datagram))) - masked(datagram):
        yield datagram[:index] + bytes((datagram[index] ^ 0xFF,)) + datagram[index + 1 :]


@pytest.fixture(scope="module")
def recorded() -> Conversation:
    folder = os.environ.get("HIL_FACTS")
    if not folder:
        pytest.skip("HIL_FACTS is not set")
    trace = Path(folder) / "crtp_trace.txt"
    if not trace.exists():
        pytest.skip(f"HIL_FACTS={folder} has no {trace.name}")
    return read_trace(trace.read_text())


@pytest.fixture(scope="module")
def replayed(recorded: Conversation) -> Conversation:
    return replay(recorded.exchanges, VirtualCrazyflie(Body(load_vehicle("cf21-identified"))))


def test_every_reply_to_a_request_of_the_trace_is_the_real_one(recorded: Conversation, replayed: Conversation) -> None:
    wrong = {
        expected.request.hex(" "): problems
        for expected, actual in zip(recorded.exchanges, replayed.exchanges, strict=True)
        if (problems := differences(expected.replies, actual.replies))
    }
    assert wrong == {}


def test_log_data_come_when_the_real_ones_came_and_nothing_else_comes(
    recorded: Conversation, replayed: Conversation
) -> None:
    assert differences(recorded.unasked, replayed.unasked) == []


def test_at_least_95_percent_of_the_reply_bytes_are_compared(recorded: Conversation) -> None:
    datagrams = [datagram for said in recorded.said for datagram in said]
    total, left_out = sum(map(len, datagrams)), sum(len(masked(datagram)) for datagram in datagrams)
    assert total > 15_000
    assert 1 - left_out / total >= 0.95


def test_any_flipped_byte_that_is_compared_is_noticed(recorded: Conversation, replayed: Conversation) -> None:
    missed = [
        wrong.hex(" ")
        for expected, actual in zip(recorded.said, replayed.said, strict=True)
        for at, datagram in enumerate(expected)
        for wrong in flipped(datagram)
        if not differences([*expected[:at], wrong, *expected[at + 1 :]], actual)
    ]
    assert missed == []


@pytest.mark.parametrize("change", [lambda reply: [], lambda reply: [reply, reply], lambda reply: [reply + b"\0"]])
def test_a_reply_that_is_missing_doubled_or_too_long_is_noticed(recorded: Conversation, change) -> None:
    assert all(
        differences(exchange.replies, change(exchange.replies[0]))
        for exchange in recorded.exchanges
        if exchange.replies
    )
