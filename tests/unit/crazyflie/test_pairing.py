from hil.core.types import Command, State
from hil.targets.crazyflie.pairing import Pairing
from hil.targets.crazyflie.rows import Row

AT_REST = State((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0))


def row(stamp_ms):
    return Row(stamp_ms, AT_REST, 4.0, 0)


def motors(value):
    return Command((value, 0.0, 0.0, 0.0))


def given(pairing):
    return [(row.stamp_ms, command and command.motors[0]) for row, command in pairing.ready()]


def test_a_row_has_the_motors_that_were_in_force_at_its_stamp():
    pairing = Pairing(10)
    pairing.motors(97, motors(0.1))
    pairing.row(row(100))
    pairing.motors(107, motors(0.2))
    pairing.row(row(110))
    assert given(pairing) == [(100, 0.1), (110, 0.2)]


def test_a_row_goes_out_as_soon_as_it_came():
    pairing = Pairing(10)
    pairing.motors(97, motors(0.1))
    pairing.row(row(100))
    assert given(pairing) == [(100, 0.1)]


def test_a_row_whose_motors_were_lost_goes_out_without():
    pairing = Pairing(10)
    pairing.row(row(100))
    pairing.motors(107, motors(0.2))
    assert given(pairing) == [(100, None)]


def test_a_row_waits_for_motors_but_not_for_ever():
    pairing = Pairing(10)
    pairing.row(row(100))
    pairing.row(row(110))
    assert given(pairing) == []
    pairing.row(row(130))
    assert given(pairing) == [(100, None)]


def test_packets_that_overtook_each_other_are_put_in_order():
    pairing = Pairing(10)
    for stamp in (107, 97):
        pairing.motors(stamp, motors(stamp))
    for stamp in (110, 100):
        pairing.row(row(stamp))
    assert given(pairing) == [(100, 97), (110, 107)]


def test_at_the_end_nothing_is_kept_back():
    pairing = Pairing(10)
    pairing.row(row(100))
    assert [paired.row.stamp_ms for paired in pairing.rest()] == [100]
