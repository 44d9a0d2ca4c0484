"""What every transport owes the client: bytes in their order, no wait beyond a deadline, an end that is told."""

import os
import select
import shutil
import sys
import threading
import time
import tty

import pytest

from hil.core.clock import WallClock
from hil.core.errors import TargetUnavailable
from hil.link.child_lines import pty, socketpair, stdio
from hil.link.dead import LinkDead
from hil.link.loopback import Loopback
from hil.link.serial_port import serial_port

CLOCK = WallClock()
PATIENT_S = 30.0
ECHO = """
import os, sys
fd = int(sys.argv[1])
while data := os.read(fd, 4096):
    os.write(fd, data)
"""


@pytest.fixture
def board():
    """A serial port with something behind it that echoes: the path, and what unplugs it."""
    pytest.importorskip("serial", reason="needs pyserial")
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    stop, stopped = os.pipe()

    def echo():
        while stop not in (ready := select.select([ours, stop], [], [])[0]):
            if ready:
                os.write(ours, os.read(ours, 4096))
        os.close(ours)

    thread = threading.Thread(target=echo)
    thread.start()

    def unplug():
        os.write(stopped, b"x")
        thread.join()

    yield os.ttyname(theirs), unplug
    if thread.is_alive():
        unplug()
    for descriptor in (stop, stopped, theirs):
        os.close(descriptor)


def _loopback(request):
    return Loopback(lambda data: data, CLOCK)


def _stdio(request):
    return stdio(["cat"], CLOCK)


def _socketpair(request):
    return socketpair([sys.executable, "-SEc", ECHO, "{fd}"], CLOCK)


def _pty(request):
    return pty(["sh", "-c", 'exec cat <"{pty}" >"{pty}"'], CLOCK)


def _serial(request):
    return serial_port(request.getfixturevalue("board")[0], CLOCK, baud=115_200)


KINDS = {"loopback": _loopback, "stdio": _stdio, "socketpair": _socketpair, "pty": _pty, "serial": _serial}
pytestmark = pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv (util-linux)")


@pytest.fixture(params=KINDS)
def line(request):
    """A transport, not open, whose peer echoes."""
    made = KINDS[request.param](request)
    yield made
    made.close()


def _soon():
    return CLOCK.now_s() + PATIENT_S


def _read(line, size):
    data, deadline_s = b"", _soon()
    while len(data) < size:
        more = line.read(deadline_s)
        assert more, "nothing came"
        data += more
    return data


def test_every_byte_comes_as_it_was_in_its_order(line):
    with line:
        for data in (bytes(range(256)), b"\x11\x13\r\n\x03\x04\x1a\x7f\xff\x00" * 20):
            line.write(data, _soon())
            assert _read(line, len(data)) == data


def test_nothing_comes_out_of_nothing_and_the_wait_ends_at_the_deadline(line):
    with line:
        before_s = CLOCK.now_s()
        assert line.read(before_s + 0.2) == b""
        assert CLOCK.now_s() - before_s >= 0.2


def test_a_deadline_that_is_past_does_not_wait(line):
    with line:
        before_s = time.monotonic()
        assert line.read(CLOCK.now_s() - 1.0) == b""
        assert time.monotonic() - before_s < PATIENT_S


def test_what_has_come_is_read_although_the_deadline_is_past(line):
    with line:
        line.write(b"hello", _soon())
        first = line.read(_soon())
        assert first
        line.write(b"again", _soon())
        data = _read(line, 10 - len(first))
        assert first + data == b"helloagain"


def test_it_is_alive_while_it_is_open(line):
    assert not line.alive()
    with line:
        assert line.alive()
    assert not line.alive()


def test_before_open_and_after_close_it_is_dead(line):
    for _ in range(2):
        with pytest.raises(LinkDead, match="not open"):
            line.write(b"x", _soon())
        with pytest.raises(LinkDead, match="not open"):
            line.read(_soon())
        line.open()
        line.close()


def test_it_closes_any_number_of_times_and_opens_again(line):
    line.close()
    for word in (b"first", b"second"):
        with line:
            line.write(word, _soon())
            assert _read(line, len(word)) == word
        line.close()
    line.close()


def test_it_leaves_no_descriptor_and_no_process_behind(line):
    with line:
        pass
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with line:
            line.write(b"x", _soon())
    assert len(os.listdir("/proc/self/fd")) == before


def test_it_has_a_name_a_person_would_know(line):
    assert line.name


def test_a_port_that_is_pulled_out_is_dead(board):
    path, unplug = board
    with serial_port(path, CLOCK) as line:
        unplug()
        with pytest.raises(LinkDead, match=path):
            line.read(_soon())
        assert not line.alive()


def test_a_port_that_does_not_exist_is_an_unavailable_target():
    pytest.importorskip("serial", reason="needs pyserial")
    with pytest.raises(TargetUnavailable, match="/dev/no-such-port at 921600 baud"):
        serial_port("/dev/no-such-port", CLOCK).open()


def test_a_port_that_is_in_use_is_an_unavailable_target(board):
    path, _ = board
    with serial_port(path, CLOCK), pytest.raises(TargetUnavailable, match="used by nothing else"):
        serial_port(path, CLOCK).open()


def test_without_pyserial_a_port_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(TargetUnavailable, match=r"hil-bench\[pil\]"):
        serial_port("/dev/ttyACM0", CLOCK).open()
