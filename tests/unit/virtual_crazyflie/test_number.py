import math
import struct

import pytest

from hil.virtual_crazyflie.number import LOGGED, PARAMETERS, Number


@pytest.mark.parametrize(
    ("code", "value", "held"),
    [
        *[("B", -1, 0), ("B", 256, 255), ("b", -129, -128), ("h", 1e9, 32767), ("I", 5e9, 2**32 - 1), ("i", 3.9, 3)],
        *[("H", math.inf, 65535), ("h", -math.inf, -32768), ("B", math.nan, 0)],
        *[("f", 1e300, math.inf), ("f", -1e300, -math.inf), ("e", 1e6, math.inf), ("f", 0.1, 0.10000000149011612)],
    ],
)
def test_a_variable_holds_what_fits_and_never_raises(code: str, value: float, held: float) -> None:
    assert Number(code).held(value) == held


def test_not_a_number_stays_one_in_a_float() -> None:
    assert math.isnan(Number("f").held(math.nan))


@pytest.mark.parametrize(("code", "value", "wrapped"), [("B", 0x20E, 0x0E), ("b", 200, -56), ("H", -1, 65535)])
def test_an_integer_packed_as_a_narrower_one_keeps_its_low_bytes(code: str, value: int, wrapped: int) -> None:
    assert Number(code).unpack(Number(code).pack(value)) == wrapped


def test_a_half_carries_three_digits() -> None:
    assert Number("e").pack(1.0) == struct.pack("<e", 1.0)


def test_types_on_the_wire_have_the_sizes_of_the_protocol() -> None:
    assert {kind: number.size for kind, number in LOGGED.items()} == {1: 1, 2: 2, 3: 4, 4: 1, 5: 2, 6: 4, 7: 4, 8: 2}
    assert {kind: number.size for kind, number in PARAMETERS.items()} == {
        0: 1,
        1: 2,
        2: 4,
        3: 8,
        5: 2,
        6: 4,
        7: 8,
        8: 1,
        9: 2,
        10: 4,
        11: 8,
    }
