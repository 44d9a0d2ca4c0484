"""Processes at the other end that stop, die, hang, block or fault; and the bench that dies before them."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from hil.core.clock import WallClock
from hil.core.errors import TargetUnavailable
from hil.link.child_lines import pty, socketpair, stdio
from hil.link.client import Client, Patience
from hil.link.dead import LinkDead
from hil.link.frames import encode
from hil.link.greeting import greet
from hil.link.messages import STATISTICS

PATIENT_S = 30.0  # no machine is so loaded that this is too short
SHORT = Patience(tries=2, each_s=0.5)  # for peers that will not answer
LINES = {
    "stdio": lambda program, *more: stdio([program, *more], WallClock()),
    "socketpair": lambda program, *more: socketpair([program, "--fd", "{fd}", *more], WallClock()),
    "pty": lambda program, *more: pty(
        ["sh", "-c", f'exec {program} {" ".join(more)} <"{{pty}}" >"{{pty}}"'], WallClock()
    ),
}


@pytest.fixture(params=LINES)
def connect(request, peers):
    """Makes a line to the host program."""
    return lambda *more: LINES[request.param](peers.program(), *more)


def _greeted(line, peers):
    client = Client(line, WallClock(), Patience(tries=4, each_s=PATIENT_S / 4))
    greet(client, *peers.network, within_s=PATIENT_S)
    client.reset()
    return client


def _impatient(client):
    client._patience = SHORT
    return client


def _pid(line):
    return line._opener.child.pid


def _gone(pid):
    """Whether no such process runs; one that is dead and not yet reaped is gone too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return True


def _until(what):
    deadline = time.monotonic() + PATIENT_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_hundred_steps_are_those_of_the_device_in_python(connect, peers):
    device = peers.device()
    with connect() as line:
        client = _greeted(line, peers)
        answers = [client.step(peers.step_request(k)) for k in range(100)]
        statistics, state = client.statistics(), client.state(peers.hello.state_bytes)
    expected = [device._act(peers.step_request(k)) for k in range(100)]
    assert answers == expected
    assert state == device._controller.state()
    assert (statistics.refused, statistics.dropped_crc, statistics.dropped_cobs, statistics.dropped_long) == (
        0,
        0,
        0,
        0,
    )


def test_after_20_kb_of_garbage_the_next_step_is_done(connect, peers):
    with connect() as line:
        client = _greeted(line, peers)
        line.write(random.Random(5).randbytes(20_000), WallClock().now_s() + PATIENT_S)
        assert client.step(peers.step_request()).step == 1
        statistics = client.statistics()
        assert statistics.dropped_cobs + statistics.dropped_crc + statistics.dropped_short > 0


def test_after_a_frame_longer_than_any_the_next_step_is_done(connect, peers):
    with connect() as line:
        client = _greeted(line, peers)
        line.write(b"\x01" * 5000, WallClock().now_s() + PATIENT_S)
        assert client.step(peers.step_request()).step == 1
        assert client.statistics().dropped_long == 1


def test_a_killed_peer_is_dead_with_the_signal_that_killed_it(connect, peers):
    with connect() as line:
        client = _greeted(line, peers)
        os.kill(_pid(line), signal.SIGKILL)
        with pytest.raises(LinkDead, match="SIGKILL"):
            client.step(peers.step_request())
        assert not line.alive()


def test_a_peer_that_ends_is_dead_with_its_exit_code_and_last_words(connect, peers):
    with connect("--at", "3", "exit") as line:
        client = _greeted(line, peers)
        client.step(peers.step_request())
        client.step(peers.step_request())
        with pytest.raises(LinkDead, match="exit code 7; it printed: host_peer: asked to end at step 3"):
            client.step(peers.step_request())


def test_a_stopped_peer_is_dead_for_us_and_ended_all_the_same(connect, peers):
    with connect() as line:
        client = _impatient(_greeted(line, peers))
        pid = _pid(line)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(LinkDead, match="its process is stopped"):
            client.step(peers.step_request())
    assert _gone(pid)


def test_a_peer_that_was_stopped_for_a_while_answers_each_step_once(connect, peers):
    with connect() as line:
        client = _greeted(line, peers)
        client._patience = Patience(tries=60, each_s=PATIENT_S / 60)
        os.kill(_pid(line), signal.SIGSTOP)
        with subprocess.Popen(["sh", "-c", f"sleep 1.2; kill -CONT {_pid(line)}"]):
            assert client.step(peers.step_request(0)).step == 1
        assert client.counts.repeats >= 1
        assert [client.step(peers.step_request(k)).step for k in range(1, 5)] == [2, 3, 4, 5]
        assert client.counts.stale >= 1  # the late answers to the repeats


def test_a_hung_peer_is_given_up(connect, peers):
    with connect("--at", "2", "hang") as line:
        client = _impatient(_greeted(line, peers))
        client.step(peers.step_request())
        with pytest.raises(LinkDead, match="no answer to step"):
            client.step(peers.step_request())


def test_a_processor_fault_is_told_with_its_registers(connect, peers):
    with connect("--at", "2", "fault") as line:
        client = _greeted(line, peers)
        client.step(peers.step_request())
        with pytest.raises(LinkDead, match="PC=0x08000123"):
            client.step(peers.step_request())


def test_a_host_that_never_reads_blocks_the_peer_but_not_itself_and_ends_it(connect, peers):
    with connect() as line:
        _greeted(line, peers)
        pid = _pid(line)
        flood = b"".join(encode(STATISTICS.code, 0, k, b"") for k in range(40_000))
        with pytest.raises(LinkDead, match="took no more bytes"):
            line.write(flood, WallClock().now_s() + 1.0)
    assert _gone(pid)


def test_a_peer_that_never_reads_cannot_block_the_host():
    with stdio(["sleep", "1000"], WallClock()) as line:
        with pytest.raises(LinkDead, match="sleep took no more bytes"):
            line.write(bytes(1_000_000), WallClock().now_s() + 0.5)
        assert line.alive()


def test_a_peer_that_ignores_sigterm_is_killed():
    with stdio(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"], WallClock()) as line:
        assert line.read(WallClock().now_s() + PATIENT_S) == b"ready\n"
        pid = _pid(line)
    assert _gone(pid)


def test_a_program_that_does_not_exist_is_an_unavailable_target():
    line = stdio(["no-such-emulator"], WallClock())
    with pytest.raises(TargetUnavailable, match="there is no program no-such-emulator"):
        line.open()
    line.close()


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "later"])
@pytest.mark.parametrize("way", ["stdio", "socketpair", "pty"])
def test_a_child_does_not_outlive_a_bench_that_is_killed(way, at_once, tmp_path):
    """`sleep` reads no line, so that nothing but the kernel tells it."""
    bench = tmp_path / "bench.py"
    bench.write_text(
        textwrap.dedent(
            f"""
            import sys, time
            from hil.core.clock import WallClock
            from hil.link.child_lines import {way}
            line = {way}(["sleep", "1000"], WallClock())
            line.open()
            print(line._opener.child.pid, flush=True)
            time.sleep(1000)
            """
        )
    )
    killed = subprocess.Popen([sys.executable, str(bench)], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    with killed:
        try:
            pid = int(killed.stdout.readline())
            if not at_once:
                _until(lambda: Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].endswith(b"/sleep"))
                assert not _gone(pid)
        finally:
            killed.kill()
    _until(lambda: _gone(pid))
