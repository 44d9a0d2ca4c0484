"""Bytes to frames and back, in Python."""

import random
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.link.frames import ENCODED_MAX, PAYLOAD_MAX, Dropped, FrameReader, encode, stuff, unstuff
from hil.link.messages import BODY_MAX

BODIES = st.binary(max_size=BODY_MAX)


def _read(data):
    reader = FrameReader()
    return reader.feed(data), reader.dropped


@pytest.mark.parametrize(
    ("payload", "encoded"),
    [  # examples of Cheshire and Baker 1999 and of the format's page in Wikipedia
        ("00", "0101"),
        ("0000", "010101"),
        ("001100", "01021101"),
        ("11220033", "0311220233"),
        ("11223344", "0511223344"),
        ("11000000", "0211010101"),
    ],
)
def test_cobs_is_as_published(payload, encoded):
    assert stuff(bytes.fromhex(payload)).hex() == encoded
    assert unstuff(bytes.fromhex(encoded)).hex() == payload


@given(st.binary(max_size=PAYLOAD_MAX))
def test_cobs_holds_no_zero_takes_one_byte_and_comes_back(payload):
    encoded = stuff(payload)
    assert 0 not in encoded
    assert len(encoded) == len(payload) + 1
    assert unstuff(encoded) == payload


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 0xFFFF), BODIES)
def test_a_frame_comes_back(type_, status, sequence, body):
    (frame,), dropped = _read(encode(type_, status, sequence, body))
    assert frame[:4] == (type_, status, sequence, body)
    assert dropped == Dropped()


@given(st.lists(BODIES, max_size=5), st.lists(st.integers(0, 2000), max_size=8))
def test_frames_come_however_their_bytes_are_cut(bodies, cuts):
    data = b"".join(encode(1, 0, k, body) for k, body in enumerate(bodies))
    reader, at = FrameReader(), sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    frames = [frame for a, b in pairwise(at) for frame in reader.feed(data[a:b])]
    assert [frame.body for frame in frames] == bodies


def test_no_single_flipped_bit_is_accepted():
    sent = encode(3, 0, 7, bytes(range(92)))
    accepted = 0
    for bit in range(8, 8 * (len(sent) - 1)):  # all but the zeros around it
        flipped = bytearray(sent)
        flipped[bit // 8] ^= 1 << bit % 8
        accepted += len(_read(bytes(flipped))[0])
    assert accepted == 0


def test_without_the_checksum_flipped_bits_would_be_accepted(monkeypatch):
    monkeypatch.setattr(zlib, "crc32", lambda data: 0)
    sent = encode(3, 0, 7, bytes(range(1, 93)))
    sent = bytearray(sent)
    sent[40] ^= 1
    assert len(_read(bytes(sent))[0]) == 1  # so the test above is about the checksum


def test_a_flood_without_a_zero_takes_no_memory_and_is_one_long_frame():
    reader = FrameReader()
    for _ in range(100):
        assert reader.feed(b"\xff" * 10_000) == []
    assert len(reader._rest) <= ENCODED_MAX + 1
    assert len(reader.feed(encode(1, 0, 1, b"after it"))) == 1
    assert reader.dropped == Dropped(long=1)


def test_after_garbage_the_next_frame_is_read():
    garbage = random.Random(5).randbytes(20_000)
    frames, dropped = _read(garbage + encode(1, 0, 9, b"next"))
    assert [frame.body for frame in frames] == [b"next"]
    assert dropped.long + dropped.cobs + dropped.short + dropped.crc > 30


def test_after_half_a_frame_the_next_is_read():
    half = encode(1, 0, 8, b"a frame that is cut off")[:11]
    frames, _ = _read(half + encode(1, 0, 9, b"next"))
    assert [frame.sequence for frame in frames] == [9]


def test_without_the_zero_before_it_the_next_frame_would_be_lost():
    half = encode(1, 0, 8, b"a frame that is cut off")[:11]
    assert _read(half + encode(1, 0, 9, b"next")[1:])[0] == []


def test_a_body_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="240 is the most"):
        encode(1, 0, 0, bytes(BODY_MAX + 1))
