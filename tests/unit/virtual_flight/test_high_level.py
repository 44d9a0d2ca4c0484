"""The high-level commander: what it answers, as the real firmware did, and what it flies then."""

import struct

import pytest

from hil.core.types import Setpoint

EBUSY, ENOENT, ENOEXEC = 16, 2, 8


@pytest.fixture
def bench(boot):
    bench = boot()
    bench.ms(20)
    return bench


def ask(bench, data):
    (reply,) = bench.send(8, 0, data)
    return reply


def upload(bench, *pieces, number=1, offset=0):
    """Pieces are (duration, x coefficients, y, z, yaw)."""
    for k, (duration_s, *axes) in enumerate(pieces):
        numbers = [c for axis in axes for c in (*axis, *[0.0] * (8 - len(axis)))]
        struct.pack_into("<33f", bench.memory, offset + 132 * k, *numbers, duration_s)
    return ask(bench, struct.pack("<BBBBIB", 6, number, 1, 0, offset, len(pieces)))[3]


def start(bench, number=1, *, relative=0, turned=0, backwards=0, time_scale=1.0):
    return ask(bench, struct.pack("<BBBBBBf", 13, 0, relative, turned, backwards, number, time_scale))[3]


def aimed(bench, ms=10):
    bench.ms(ms)
    return bench.flight.wanted


LINE = (2.0, (1.0, 0.5), (0.0,), (0.5,), (0.0,))  # from x = 1 by 0.5 m/s, at half a metre


def test_a_request_is_answered_by_its_first_three_bytes_and_an_errno(bench):
    assert ask(bench, bytes.fromhex("070000003f000000000000000040")[:2] + bytes(13))[:3] == b"\x07\x00\x00"
    assert bench.go_to(0.1, 0.2, 0.3) == 0


def test_the_requests_of_the_recorded_session_get_its_errnos(bench):
    recorded = [
        ("07000000003f000000000000000040", 0),  # take off
        ("07000000003f0000803f0000000040", 1),  # again, in the air
        ("0c000100cdcccc3dcdcc4c3e9a99993e0000000000000040", 0),  # go to, relative
        ("0b000000666646" + "40cdcc4c3e9a99993ecdcccc3d00000040", 0),  # spiral
        ("080000000000000000000000000040", 0),  # land
        ("0300", 0),  # stop
        ("0001", 0),  # group mask
        ("060101000000000002", 0),  # define a path
        ("0d00010000010000803f", 0),  # start it
    ]
    assert [ask(bench, bytes.fromhex(request))[3] for request, _ in recorded] == [errno for _, errno in recorded]


def test_everything_that_plans_is_busy_while_the_vehicle_may_not_fly(bench):
    upload(bench, LINE)
    bench.send(9, 1, b"\x03")
    bench.ms(2)
    spiral = ask(bench, struct.pack("<B3B5f", 11, 0, 0, 0, 1.0, 0.3, 0.3, 0.0, 2.0))[3]
    answers = [bench.vertical(b"\x07", 0.5, 1.0), bench.vertical(b"\x08", 0.0, 1.0), bench.go_to(0, 0, 1), spiral]
    assert [*answers, start(bench)] == [EBUSY] * 5


@pytest.mark.parametrize("data", [b"\x63", b"\x07\x00", b"\x07" + bytes(15), b"\x0c" + bytes(10), b"\x00"])
def test_a_request_that_is_not_understood_is_told_so_and_does_nothing(bench, data):
    assert ask(bench, data)[3] == ENOEXEC
    assert not bench.flight.high_level.is_active


def test_numbers_that_are_not_finite_are_refused(bench):
    assert bench.vertical(b"\x07", float("nan"), 1.0) == ENOEXEC


def test_a_landing_is_refused_while_landing(bench):
    bench.vertical(b"\x07", 0.5, 1.0)
    assert [bench.vertical(b"\x08", 0.0, 1.0) for _ in range(2)] == [0, 1]


def test_the_end_of_a_landing_wants_the_motors_off(bench):
    bench.vertical(b"\x07", 0.5, 1.0)
    bench.vertical(b"\x08", 0.0, 1.0)
    assert not aimed(bench, 990).is_null
    assert aimed(bench, 20).is_null


def test_a_stop_wants_the_motors_off(bench):
    bench.vertical(b"\x07", 0.5, 1.0)
    ask(bench, b"\x03\x00")
    assert aimed(bench).is_null


def test_a_command_for_another_group_is_answered_and_not_done(bench):
    ask(bench, b"\x00\x01")
    other = ask(bench, b"\x07" + struct.pack("<Bff?f", 2, 0.5, 0.0, True, 1.0))[3]
    idle = not bench.flight.high_level.is_active
    own = ask(bench, b"\x07" + struct.pack("<Bff?f", 3, 0.5, 0.0, True, 1.0))[3]
    assert (other, idle, own, bench.flight.high_level.is_active) == (0, True, 0, True)
    assert bench.parameters["hlCommander.groupmask"] == 1


def test_a_take_off_rises_from_where_it_stands_in_the_time_it_is_given(boot):
    bench = boot(position=(0.5, -0.5, 0.0))
    bench.ms(1000)
    bench.vertical(b"\x07", 0.8, 2.0)
    begin, end = aimed(bench), aimed(bench, 2000)
    assert begin.position == pytest.approx((0.5, -0.5, 0.0), abs=0.05)
    assert (end.position[2], end.velocity) == (pytest.approx(0.8), (0.0, 0.0, 0.0))


def test_a_go_to_may_be_relative_to_where_it_was_aimed(bench):
    bench.vertical(b"\x07", 0.5, 1.0)
    x, y, z = aimed(bench, 1100).position
    ask(bench, b"\x0c" + struct.pack("<BBBfffff", 0, 1, 0, 0.2, -0.1, 0.3, 0.5, 1.0))
    there = aimed(bench, 1100)
    assert there.position == pytest.approx((x + 0.2, y - 0.1, z + 0.3))
    assert there.attitude[2] == pytest.approx(0.5, abs=0.05)


def test_a_straight_go_to_has_an_even_speed(bench):
    bench.vertical(b"\x07", 0.5, 1.0)
    aimed(bench, 1100)
    ask(bench, b"\x0c" + struct.pack("<BBBfffff", 0, 1, 1, 1.0, 0.0, 0.0, 0.0, 2.0))
    assert [aimed(bench, 500).velocity[0] for _ in range(3)] == pytest.approx([0.5] * 3)


def test_an_older_go_to_is_understood(bench):
    bench.vertical(b"\x07", 0.5, 1.0)
    assert ask(bench, b"\x04" + struct.pack("<BBfffff", 0, 0, 1.0, 0.0, 0.5, 0.0, 1.0))[3] == 0
    assert aimed(bench, 1100).position == pytest.approx((1.0, 0.0, 0.5))


def test_an_uploaded_path_is_flown_as_it_is(bench):
    assert (upload(bench, LINE), start(bench)) == (0, 0)
    assert aimed(bench, 1000).position == pytest.approx((1.5, 0.0, 0.5))
    assert aimed(bench, 2000).setpoint() == Setpoint((2.0, 0.0, 0.5), (0.0,) * 3, (0.0,) * 3)


def test_it_is_flown_slower_by_a_time_scale(bench):
    upload(bench, LINE)
    start(bench, time_scale=2.0)
    slow = aimed(bench, 2000)
    assert (slow.position[0], slow.velocity[0]) == (pytest.approx(1.5), pytest.approx(0.25))


def test_it_is_flown_backwards(bench):
    upload(bench, LINE)
    start(bench, backwards=1)
    there = aimed(bench, 500)
    assert (there.position[0], there.velocity[0]) == (pytest.approx(1.75), pytest.approx(-0.5))


def test_it_begins_where_the_vehicle_was_aimed_if_relative(bench):
    bench.vertical(b"\x07", 0.5, 1.0)
    x, y, z = aimed(bench, 1100).position
    upload(bench, LINE)
    start(bench, relative=1)
    assert aimed(bench, 1000).position == pytest.approx((x + 0.5, y, z))


def test_it_turns_to_the_heading_it_was_aimed_with_if_told_to(bench):
    bench.vertical(b"\x07", 0.5, 1.0)
    aimed(bench, 1100)
    bench.go_to(0.0, 0.0, 0.5, yaw=1.5707963, duration_s=1.0)
    aimed(bench, 1100)
    upload(bench, LINE)
    start(bench, relative=1, turned=1)
    assert aimed(bench, 1000).position == pytest.approx((0.0, 0.5, 0.5), abs=1e-6)


def test_pieces_follow_each_other(bench):
    upload(bench, LINE, (1.0, (2.0,), (0.0, 0.0, 0.5), (0.5,), (0.0,)), number=2, offset=132)
    start(bench, 2)
    assert aimed(bench, 2500).position == pytest.approx((2.0, 0.125, 0.5))


def test_a_path_of_no_duration_is_over_at_once(bench):
    upload(bench, (0.0, (0.0,), (0.0,), (0.0,), (0.0,)))
    start(bench)
    bench.ms(10)
    assert bench.flight.high_level.is_finished


@pytest.mark.parametrize(
    ("request_", "errno"),
    [
        (struct.pack("<BBBBIB", 6, 10, 1, 0, 0, 1), ENOEXEC),  # no such place
        (struct.pack("<BBBBIB", 6, 1, 0, 0, 0, 1), ENOEXEC),  # not in memory
        (struct.pack("<BBBBIB", 6, 1, 1, 1, 0, 1), ENOEXEC),  # compressed
        (struct.pack("<BBBBIB", 6, 1, 1, 0, 4000, 1), ENOEXEC),  # beyond the memory
        (struct.pack("<BBBBBBf", 13, 0, 0, 0, 0, 3, 1.0), ENOENT),  # not defined
        (struct.pack("<BBBBBBf", 13, 0, 0, 0, 0, 3, 0.0), ENOEXEC),  # infinitely fast
    ],
)
def test_a_path_that_cannot_be_is_refused(bench, request_, errno):
    assert ask(bench, request_)[3] == errno


def test_a_path_with_numbers_that_are_not_finite_is_refused(bench):
    upload(bench, (1.0, (float("nan"),), (0.0,), (0.0,), (0.0,)))
    assert start(bench) == ENOEXEC
