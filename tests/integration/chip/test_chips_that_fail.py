"""What can go wrong with a chip and the line to it, tried on the emulated one: docs/pil.md has the list."""

import os
import random
import signal
import struct
import subprocess
import sys
import textwrap
import time
import zlib
from pathlib import Path

import pytest

from hil.core.clock import WallClock
from hil.link.child import Child
from hil.link.client import Client, Patience
from hil.link.dead import LinkDead, RequestRefused
from hil.link.frames import HEADER, FrameReader, encode, stuff
from hil.link.greeting import greet
from hil.link.messages import ANSWER, STEP, Status
from hil.link.packing import pack
from hil.link.serial_port import serial_port
from hil.targets.pil.emulator import on_terminal
from hil_controllers.export.header import weights_crc32
from hil_controllers.export.memory import state_bytes

SHORT = Patience(tries=2, each_s=0.5)  # for chips that will not answer
SOON_S = 15.0  # a bound on what must not take for ever, generous on a loaded machine
BOTH = pytest.mark.parametrize("line", ["semihosting", "usart"])
WRAP = ["-Wl,--wrap=hil_network_observe"]


@pytest.fixture
def network(networks):
    return networks.of("snn with history")


@pytest.fixture
def image(chips, network):
    """`image(line)`: as it should be; `image(line, body)`: with C that runs in place of the third observation."""

    def of(line, body=None):
        if body is None:
            return chips.made(network, line)
        return chips.made(network, line, extra={"wrong.c": WRONG.replace("BODY", body)}, flags=WRAP)

    return of


WRONG = """
#include "hil_network.h"
hil_status __real_hil_network_observe(hil_network_state *, const hil_state *, const hil_setpoint *);
hil_status __wrap_hil_network_observe(hil_network_state *, const hil_state *, const hil_setpoint *);
__attribute__((noinline, unused)) static int deeper(volatile int depth)
{
    volatile char room[256];
    room[0] = (char)depth;
    return deeper(depth + 1) + room[0];
}
hil_status __wrap_hil_network_observe(hil_network_state *memory, const hil_state *state, const hil_setpoint *wanted)
{
    static uint32_t calls;
    if (++calls == 3) {
        BODY
    }
    return __real_hil_network_observe(memory, state, wanted);
}
"""


def requests(chips, network, count=10):
    golden = network.golden
    return [chips.request_of(golden.state[k], golden.setpoint[k]) for k in range(count)]


def all_of(chip, asked):
    """Step by step, as far as it goes."""
    return [chip.client.step(request) for request in asked]


def heard(line, until):
    """Frames that come until one satisfies `until`."""
    reader, frames, deadline = FrameReader(), [], time.monotonic() + SOON_S
    while not any(map(until, frames)):
        assert time.monotonic() < deadline, frames
        frames += reader.feed(line.read(time.perf_counter() + 0.1))
    return frames


def flooded(line, frame):
    for _ in range(100_000):
        line.write(frame, time.perf_counter() + 1.0)


def sent(line, data):
    line.write(data, time.perf_counter() + SOON_S)


def pid_of(line):
    return line._opener.child.pid


def gone(pid):
    """Whether no such process runs; one that is dead and not yet reaped is gone too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return True


def stopped(pid):
    """Whether all its threads are: on a loaded machine one of them may still answer."""
    return all(
        stat.read_text().rpartition(")")[2].split()[0] in {"T", "t"}
        for stat in Path(f"/proc/{pid}/task").glob("*/stat")
    )


def wait_for(what):
    deadline = time.monotonic() + SOON_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# ---- what comes broken ----


@BOTH
def test_garbage_and_frames_without_end_are_dropped_and_the_next_step_is_done(chips, network, image, line):
    with chips.asked(network, image(line), line) as chip:
        ask = requests(chips, network)
        before = chip.client.step(ask[0])
        sent(chip.line, random.Random(1).randbytes(20_000) + b"\0" + b"\x07" * 3000 + b"\0")
        assert chip.client.step(ask[1]).step == before.step + 1
        told = chip.client.statistics()
    assert told.dropped_long > 0
    assert told.dropped_long + told.dropped_cobs + told.dropped_short + told.dropped_crc > 10
    assert told.refused == 0


def test_no_flipped_bit_of_a_step_is_taken_for_a_step(chips, network, image):
    with chips.asked(network, image("semihosting")) as chip:
        good = encode(STEP.code, 0, 7, pack(requests(chips, network)[0]))
        for bit in range(8, 8 * (len(good) - 1)):  # all but the zeros around it
            flipped = bytearray(good)
            flipped[bit // 8] ^= 1 << bit % 8
            sent(chip.line, bytes(flipped))
        told = chip.client.statistics()
        assert chip.client.step(requests(chips, network)[0]).step == 1  # the first since the reset
    assert told.dropped_crc + told.dropped_cobs + told.dropped_short >= 8 * (len(good) - 2) - 8  # a zero splits a frame


@BOTH
def test_half_a_frame_does_not_take_the_next_one_with_it(chips, network, image, line):
    with chips.asked(network, image(line), line) as chip:
        ask = requests(chips, network)
        sent(chip.line, encode(STEP.code, 0, 99, pack(ask[0]))[:40])
        repeats = chip.client.counts.repeats  # a greeting may take some
        assert chip.client.step(ask[1]).step == 1
        assert chip.client.counts.repeats == repeats


@BOTH
def test_a_step_asked_again_is_answered_from_memory_and_not_done_again(chips, network, image, line):
    with chips.asked(network, image(line), line) as chip:
        frame = encode(STEP.code, 0, 4000, pack(requests(chips, network)[0]))
        answers, repeats = [], chip.client.statistics().repeats  # a greeting may take some
        for _ in range(3):
            sent(chip.line, frame)
            answers += [f for f in heard(chip.line, lambda f: f.sequence == 4000) if f.sequence == 4000]
        assert len(set(answers)) == 1
        assert chip.client.statistics().repeats == repeats + 2
        assert chip.client.step(requests(chips, network)[1]).step == 2


@BOTH
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_none_is_refused_and_nothing_has_changed(chips, network, image, line, number):
    with chips.asked(network, image(line), line) as chip:
        ask = requests(chips, network)
        chip.client.step(ask[0])
        before = chip.client.state(state_bytes(network))
        with pytest.raises(RequestRefused) as raised:
            chip.client.step(ask[1]._replace(quat_xyzw=(0.0, number, 0.0, 1.0)))
        assert raised.value.status == Status.NOT_FINITE
        assert chip.client.state(state_bytes(network)) == before


@BOTH
@pytest.mark.parametrize(
    ("type_", "body", "status"),
    [(STEP.code, b"\1\2\3", Status.BAD_LENGTH), (0x55, b"", Status.UNKNOWN_TYPE)],
    ids=["bad length", "unknown type"],
)
def test_what_is_no_request_is_refused_and_nothing_has_changed(chips, network, image, line, type_, body, status):
    with chips.asked(network, image(line), line) as chip:
        before = chip.client.state(state_bytes(network))
        sent(chip.line, encode(type_, 0, 500, body))
        (*_, answer) = heard(chip.line, lambda f: f.sequence == 500)
        assert (answer.type, answer.status, answer.body) == (type_ | ANSWER, status, b"")
        assert chip.client.state(state_bytes(network)) == before


def test_a_frame_with_a_checksum_of_its_own_invention_is_dropped(chips, network, image):
    with chips.asked(network, image("semihosting")) as chip:
        payload = HEADER.pack(STEP.code, 0, 9) + pack(requests(chips, network)[0])
        sent(chip.line, b"\0" + stuff(payload + struct.pack("<I", zlib.crc32(payload) ^ 1)) + b"\0")
        assert chip.client.statistics().dropped_crc == 1


# ---- who goes away ----


def test_a_port_that_is_closed_and_opened_again_finds_state_and_step_as_they_were(chips, network, image):
    """As a board at a serial port: the emulator's own terminal, opened by its path."""
    command = [
        part.replace("serial,id=line,path={pty}", "pty,id=line,logfile=/dev/null")
        for part in on_terminal(image("usart"))
    ]
    child = Child(command)
    child.start()
    try:
        wait_for(lambda: "/dev/pts/" in child.last_words())
        path = "/dev/pts/" + child.last_words().partition("/dev/pts/")[2].split()[0]
        ask, states = requests(chips, network), []
        for opening in range(2):
            with serial_port(path, WallClock()) as line:
                client = Client(line, WallClock(), Patience(tries=8, each_s=SOON_S / 8))
                greet(client, network.hash, weights_crc32(network), within_s=SOON_S)
                if opening == 0:
                    client.reset()
                    client.step(ask[0])
                states.append(client.state(state_bytes(network)))
                answer = client.step(ask[1 + opening])
                assert answer.step == 2 + opening
                states.append(client.state(state_bytes(network)))
        assert states[1] == states[2]
    finally:
        child.end()


@BOTH
def test_a_stopped_emulator_is_told_and_its_late_answers_are_dropped(chips, network, image, line):
    with chips.asked(network, image(line), line) as chip:
        ask = requests(chips, network)
        chip.client.step(ask[0])
        os.kill(pid_of(chip.line), signal.SIGSTOP)
        wait_for(lambda: stopped(pid_of(chip.line)))
        chip.client._patience, patient = SHORT, chip.client._patience
        with pytest.raises(LinkDead, match="its process is stopped"):
            chip.client.step(ask[1])
        os.kill(pid_of(chip.line), signal.SIGCONT)
        chip.client._patience = patient
        assert chip.client.statistics().requests > 0
        assert chip.client.counts.stale > 0


@BOTH
def test_a_killed_emulator_is_dead_at_once_with_the_signal_that_ended_it(chips, network, image, line):
    with chips.asked(network, image(line), line) as chip:
        os.kill(pid_of(chip.line), signal.SIGKILL)
        begun = time.monotonic()
        with pytest.raises(LinkDead, match="SIGKILL"):
            all_of(chip, requests(chips, network))
        assert time.monotonic() - begun < SOON_S
        assert not chip.line.alive()


@BOTH
def test_an_emulator_ends_when_the_bench_is_killed(image, line):
    bench = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from hil.core.clock import WallClock
        from hil.link.child_lines import pty, stdio
        from hil.targets.pil.emulator import on_semihosting, on_terminal
        over, command = {"semihosting": (stdio, on_semihosting), "usart": (pty, on_terminal)}[sys.argv[1]]
        line = over(command(Path(sys.argv[2])), WallClock())
        line.open()
        print(line._opener.child.pid, flush=True)
        time.sleep(600)
    """)
    ours = subprocess.Popen([sys.executable, "-c", bench, line, str(image(line))], stdout=subprocess.PIPE, text=True)
    try:
        pid = int(ours.stdout.readline())
        wait_for(lambda: "qemu" in Path(f"/proc/{pid}/cmdline").read_text())
    finally:
        ours.kill()
        ours.wait()
        ours.stdout.close()
    wait_for(lambda: gone(pid))


@BOTH
def test_an_emulator_that_nobody_reads_cannot_block_the_bench(chips, network, image, line):
    with chips.asked(network, image(line), line) as chip:
        pid, frame = pid_of(chip.line), encode(STEP.code, 0, 1, pack(requests(chips, network)[0]))
        begun = time.monotonic()
        with pytest.raises(LinkDead, match="took no more bytes"):
            flooded(chip.line, frame)
        chip.line.close()
        assert gone(pid)
        assert time.monotonic() - begun < 4 * SOON_S


# ---- what the firmware does wrong ----


@BOTH
def test_a_fault_is_told_with_the_function_it_happened_in(chips, network, image, line):
    path = image(line, "*(volatile uint32_t *)0x10000000u = 1;")  # the real chip has memory there, QEMU's has none
    with chips.asked(network, path, line) as chip, pytest.raises(LinkDead) as raised:
        all_of(chip, requests(chips, network))
    assert "the processor faulted at 0x10000000" in raised.value.message
    pc = raised.value.message.partition("PC=")[2].split()[0]
    named = subprocess.run(["arm-none-eabi-addr2line", "-fe", path, pc], capture_output=True, text=True, check=True)
    assert named.stdout.splitlines()[0] == "__wrap_hil_network_observe"


@BOTH
def test_a_stack_that_overflows_faults_and_is_told(chips, network, image, line):
    path = image(line, "deeper(0);")
    with chips.asked(network, path, line) as chip, pytest.raises(LinkDead, match="the processor faulted"):
        all_of(chip, requests(chips, network))


@BOTH
def test_an_unknown_instruction_is_told(chips, network, image, line):
    path = image(line, '__asm__ volatile("udf #0");')
    with chips.asked(network, path, line) as chip, pytest.raises(LinkDead, match="UNDEFINSTR"):
        all_of(chip, requests(chips, network))


@BOTH
def test_firmware_that_hangs_is_silence_and_ends_when_the_line_is_closed(chips, network, image, line):
    path = image(line, 'for (;;) { __asm__ volatile(""); }')
    with chips.asked(network, path, line) as chip:
        pid, chip.client._patience = pid_of(chip.line), SHORT
        with pytest.raises(LinkDead, match="no answer to step"):
            all_of(chip, requests(chips, network))
        begun = time.monotonic()
    assert time.monotonic() - begun < SOON_S
    assert gone(pid)


def test_firmware_without_its_fpu_faults_at_its_first_step(chips, network):
    edit = ("start.c", "CPACR |= 0xFu << 20;", "")
    image = chips.made(network, "semihosting", edits=[edit])
    with pytest.raises(LinkDead, match="NOCP"), chips.asked(network, image) as chip:
        all_of(chip, requests(chips, network))
