"""One description of the wire, and what is derived from it."""

import struct
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.link.c_header import c_header
from hil.link.messages import BODY_MAX, MESSAGES, HelloAnswer, StateAnswer, StepAnswer, StepRequest, Wire
from hil.link.packing import WrongLength, bodies, described, fields, layout, pack, size, unpack
from hil.link.tables import tables

ROOT = Path(__file__).parents[3]
VALUES = {
    "u8": st.integers(0, 0xFF),
    "u16": st.integers(0, 0xFFFF),
    "u32": st.integers(0, 0xFFFFFFFF),
    "f32": st.floats(width=32, allow_nan=False),
}


def _field(wire):
    if wire.kind == "u8" and (wire.count > 1 or wire.up_to):
        return st.binary(min_size=0 if wire.up_to else wire.count, max_size=wire.count)
    if wire.count == 1 and not wire.up_to:
        return VALUES[wire.kind]
    return st.lists(VALUES[wire.kind], min_size=0 if wire.up_to else wire.count, max_size=wire.count).map(tuple)


@st.composite
def any_body(draw):
    _, body = draw(st.sampled_from(bodies()))
    return body(*(draw(_field(wire)) for wire in fields(body).values()))


@given(any_body())
def test_what_is_packed_comes_back(body):
    assert unpack(type(body), pack(body)) == body


@given(any_body(), st.binary(min_size=1, max_size=300))
def test_a_body_of_the_wrong_length_is_none(body, more):
    wires = fields(type(body)).values()
    most = sum(size(wire) for wire in wires)
    data = pack(body) + more
    if len(data) > most:
        with pytest.raises(WrongLength):
            unpack(type(body), data)


def test_a_step_request_is_22_floats_in_their_order_and_the_bits_of_what_is_said(peers):
    request = peers.step_request(3)
    *vectors, said = request
    assert pack(request) == np.array([x for v in vectors for x in v], "<f4").tobytes() + struct.pack("<I", said)


def test_more_values_than_an_open_field_holds_are_refused():
    with pytest.raises(struct.error, match="9 values"):
        pack(StepAnswer((0.0, 0.0, 0.0, 0.0), 0, 0, 0, (1,) * 9))


def test_every_body_fits_a_frame_and_every_type_byte_is_its_own():
    sizes = [sum(size(wire) for wire in fields(body).values()) for _, body in bodies()]
    assert max(sizes) <= BODY_MAX
    codes = [code for code, _ in bodies()]
    assert len(set(codes)) == len(codes) == 2 * len(MESSAGES) + 1


def test_an_open_field_has_to_be_the_last():
    class Wrong(NamedTuple):
        some: Annotated[bytes, Wire("u8", 4, up_to=True)]
        more: Annotated[int, Wire("u8")]

    with pytest.raises(ValueError, match="only the last"):
        layout(Wrong)


def test_the_c_header_in_the_tree_is_the_one_generated():
    kept = ROOT / "controllers/firmware/protocol/hil_messages.h"
    assert kept.read_text() == c_header(), f"python -m hil.link.c_header > {kept.relative_to(ROOT)}"


def test_the_tables_on_the_page_are_those_generated():
    assert tables() in (ROOT / "docs/link.md").read_text(), "python -m hil.link.tables"


@pytest.mark.parametrize("body", [HelloAnswer, StepRequest, StateAnswer])
def test_a_field_that_moves_changes_the_layouts_checksum(body, monkeypatch):
    before = described()
    names = list(body.__annotations__)
    swapped = dict.fromkeys((names[1], names[0], *names[2:]))
    monkeypatch.setattr(body, "__annotations__", {name: body.__annotations__[name] for name in swapped})
    assert described() != before
