"""Quaternions in 32 bits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.virtual_crazyflie.quaternion_code import packed, unpacked

part = st.floats(-1.0, 1.0)
quaternions = st.tuples(part, part, part, part).filter(lambda q: math.hypot(*q) > 0.1)


def unit(q):
    return tuple(component / math.hypot(*q) for component in q)


def test_level_is_the_code_of_the_recorded_session():
    assert packed((0.0, 0.0, 0.0, 1.0)) == 0xC0000000


@given(quaternions)
def test_what_is_packed_unpacks_to_the_same_attitude_within_a_thousandth(q):
    q = unit(q)
    back = unpacked(packed(q))
    sign = 1.0 if sum(a * b for a, b in zip(q, back, strict=True)) > 0 else -1.0
    assert back == pytest.approx([sign * component for component in q], abs=0.003)


@given(quaternions)
def test_a_client_library_packs_the_same_code(q):
    encoding = pytest.importorskip("cflib.utils.encoding")
    q = unit(q)
    sizes = sorted(map(abs, q))
    theirs, ours = int(encoding.compress_quaternion(q)), packed(q)
    if sizes[3] - sizes[2] > 1e-9:  # of two largest either may be left out
        assert all(abs((theirs >> s & 511) - (ours >> s & 511)) <= 1 for s in (0, 10, 20))
        assert theirs >> 30 == ours >> 30
