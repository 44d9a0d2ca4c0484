"""The answering side in C: the same bytes as the one in Python, under sanitizers, out of nothing but its memory."""

import random
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hil.link.frames import encode, unstuff
from hil.link.loopback import Faults, damaged
from hil.link.messages import HELLO, MESSAGES, RESET, STATE, STATISTICS, STEP, StateRequest
from hil.link.packing import pack

MUTATED = 100_000


def _conversation(peers, chance, n):
    """Requests of every kind, some of them not as they should be."""
    for k in range(n):
        sequence = chance.choice((k, k, k, max(0, k - 1))) & 0xFFFF
        kind = chance.random()
        if kind < 0.5:
            yield encode(STEP.code, 0, sequence, pack(peers.step_request(k % 1000)))
        elif kind < 0.6:
            wrong = chance.choice((float("nan"), float("inf"), 3e38))
            request = peers.step_request(k)._replace(quat_xyzw=(0.0, wrong, 0.0, 1.0))
            yield encode(STEP.code, 0, sequence, pack(request))
        elif kind < 0.7:
            yield encode(STATE.code, 0, sequence, pack(StateRequest(chance.choice((0, 100, 300, 336, 337, 2**32 - 1)))))
        elif kind < 0.8:
            yield encode(chance.choice((HELLO, RESET, STATISTICS)).code, 0, sequence, b"")
        elif kind < 0.9:
            yield encode(
                chance.randrange(256), chance.randrange(256), sequence, chance.randbytes(chance.randrange(241))
            )
        else:
            yield encode(chance.choice(MESSAGES).code, 0, sequence, chance.randbytes(chance.randrange(100)))


def test_c_answers_as_python_does_byte_for_byte(peers):
    said = b"".join(_conversation(peers, random.Random(1), 3000))
    assert peers.said_by_program(said, *peers.sanitized) == peers.device().feed(said)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.binary(max_size=600), st.integers(0, 2**32)), max_size=12))
def test_c_answers_as_python_does_to_anything(peers, said):
    """Arbitrary bytes, with conversations between them."""
    parts = [x if isinstance(x, bytes) else b"".join(_conversation(peers, random.Random(x), 5)) for x in said]
    data = b"".join(parts) + encode(STATISTICS.code, 0, 1, b"")
    assert peers.said_by_program(data) == peers.device().feed(data)


def _mutated(peers, chance, n):
    """`n` frames that something happened to, and how often a whole request survived in them.

    The last request asks for the counts, and is whole.
    """
    originals = list(_conversation(peers, chance, 500))
    whole = {frame[1:-1] for frame in originals}
    kinds = (
        Faults(flipped=1.0),
        Faults(truncated=1.0),
        Faults(flipped=1.0, doubled=0.5),
        Faults(flipped=1.0, garbage=1.0),
    )
    mutated, survived = [], 0
    while len(mutated) < n:
        frame = b"".join(damaged(chance.choice(originals), chance.choice(kinds), chance))
        for _ in range(chance.randrange(3)):
            at = chance.randrange(len(frame) + 1)
            frame = chance.choice((frame[:at] + chance.randbytes(1) + frame[at:], frame[:at] + frame[at + 2 :]))
        mutated.append(frame)
        survived += sum(piece in whole for piece in frame.split(b"\0"))
    return b"\0".join((b"", *mutated, encode(STATISTICS.code, 0, 0xFFFF, b""))), survived + 1


def _answers(data):
    return sum(1 for piece in data.split(b"\0") if piece)


@pytest.fixture(scope="module")
def mutated(peers):
    return _mutated(peers, random.Random(2026), MUTATED)


def test_of_100000_mutated_frames_c_accepts_none_and_does_not_stumble(peers, mutated):
    data, survived = mutated
    assert survived < MUTATED / 5  # so most of them are truly broken
    assert _answers(peers.said_by_program(data, *peers.sanitized)) <= survived


def test_of_100000_mutated_frames_python_accepts_none_and_answers_as_c_does(peers, mutated):
    data, survived = mutated
    answers = peers.device().feed(data)
    assert _answers(answers) <= survived
    assert answers == peers.said_by_program(data)


def test_without_the_checksum_c_accepts_mutated_frames(peers, mutated):
    data, survived = mutated
    unchecked = ("hil_link.c", "if (crc != hil_crc32(payload, size - CHECKSUM)) {", "if (0) {")
    assert _answers(peers.said_by_program(data, "-O2", "-Wno-error", without=unchecked)) > survived


FLOOD = b"\x01" * 1000 + b"\0"


def test_a_flood_without_a_zero_stays_within_the_memory_of_c(peers):
    assert peers.said_by_program(FLOOD, *peers.sanitized) == b""


def test_without_its_bound_the_sanitizer_sees_c_write_beyond_its_memory(peers):
    unchecked = ("hil_link.c", "if (link->in_size < HIL_ENCODED_MAX) link->in", "link->in")
    with pytest.raises(AssertionError, match="out of bounds"):
        peers.said_by_program(FLOOD, *peers.sanitized, without=unchecked)


DECODER = """
#include "hil_frame.h"
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    int size;
    unsigned long sum = 0;
    while ((size = getchar()) != EOF) {
        uint8_t *exactly = malloc((size_t)size); /* so that a byte beyond it is seen */
        if (fread(exactly, 1, (size_t)size, stdin) != (size_t)size) return 1;
        sum += hil_cobs_decode(exactly, (uint32_t)size) != HIL_NOT_COBS;
        free(exactly);
    }
    printf("%lu", sum);
    return 0;
}
"""


def _decoded(peers, folder, frames, source):
    """How many of the frames C takes for COBS, each in memory of just its size."""
    (folder / "decoder.c").write_text(DECODER)
    (folder / "hil_frame.c").write_text(source)
    command = [
        "gcc",
        *peers.strict,
        *peers.sanitized,
        f"-I{peers.sources}",
        "decoder.c",
        "hil_frame.c",
        "-o",
        "decoder",
    ]
    subprocess.run(command, cwd=folder, check=True)
    data = b"".join(bytes((len(frame),)) + frame for frame in frames)
    return subprocess.run([str(folder / "decoder")], input=data, capture_output=True, check=False)


@pytest.fixture
def broken_cobs(peers, mutated):
    if shutil.which("gcc") is None:
        pytest.skip("needs a C compiler")
    return [piece for piece in mutated[0].split(b"\0") if 0 < len(piece) < 0xFF]


def test_c_decodes_100000_mutated_frames_without_a_look_beyond_their_end(peers, tmp_path, broken_cobs):
    run = _decoded(peers, tmp_path, broken_cobs, (peers.sources / "hil_frame.c").read_text())
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) == sum(unstuff(piece) is not None for piece in broken_cobs)


def test_without_the_check_of_distances_the_sanitizer_sees_c_look_beyond_the_end(peers, tmp_path, broken_cobs):
    source, check = (peers.sources / "hil_frame.c").read_text(), "if (following > size) return HIL_NOT_COBS;"
    assert source.count(check) == 1
    run = _decoded(peers, tmp_path, broken_cobs, source.replace(check, ""))
    assert b"heap-buffer-overflow" in run.stderr


def test_the_c_needs_nothing_of_a_library_but_to_copy_memory(peers, tmp_path):
    compiler, nm = shutil.which("gcc"), shutil.which("nm")
    if compiler is None or nm is None:
        pytest.skip("needs gcc and nm")
    objects = []
    for name in ("hil_link", "hil_frame"):
        objects.append(tmp_path / f"{name}.o")
        command = [compiler, *peers.strict, "-Os", "-c", str(peers.sources / f"{name}.c"), "-o", str(objects[-1])]
        subprocess.run(command, check=True)
    listed = subprocess.run([nm, *map(str, objects)], capture_output=True, text=True, check=True).stdout.splitlines()
    symbols = [line.split() for line in listed if line and not line.endswith(":")]
    assert {name for kind, name in (s[-2:] for s in symbols) if kind == "U" and not name.startswith("hil_")} <= {
        "memcpy",
        "memset",
        "memmove",
        "__stack_chk_fail",
    }
    assert not [name for kind, name in (s[-2:] for s in symbols) if kind in "bBdD"]  # nothing static that is written
