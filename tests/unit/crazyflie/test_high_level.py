"""Bytes as cflib sends them to the real firmware, from the trace of it."""

import pytest

from hil.targets.crazyflie import high_level


def test_requests_are_those_of_cflib():
    traced = bytes.fromhex("0c 00 01 00 cd cc cc 3d cd cc 4c 3e 9a 99 99 3e 00 00 00 00 00 00 00 40")  # relative
    assert high_level.go_to((0.1, 0.2, 0.3), 0.0, 2.0) == traced[:2] + b"\x00" + traced[3:]
    assert high_level.define_trajectory(1, 2) == bytes.fromhex("06 01 01 00 00 00 00 00 02")
    assert high_level.start_trajectory(1) == bytes.fromhex("0d 00 00 00 00 01 00 00 80 3f")


def test_take_off_and_landing_keep_the_yaw_that_the_vehicle_has():
    # the trace's were told a yaw: byte 10 says whether to use the vehicle's own
    traced = bytes.fromhex("07 00 00 00 00 3f 00 00 00 00 00 00 00 00 40")
    assert high_level.take_off(0.5, 2.0) == traced[:10] + b"\x01" + traced[11:]
    traced = bytes.fromhex("08 00 00 00 00 00 00 00 00 00 00 00 00 00 40")
    assert high_level.land(0.0, 2.0) == traced[:10] + b"\x01" + traced[11:]


def test_an_answer_is_the_begin_of_its_request_and_an_error():
    request, answer = high_level.take_off(0.5, 2.0), bytes.fromhex("07 00 00 10")
    assert answer.startswith(request[: high_level.ECHOED])
    assert high_level.error_of(answer) == high_level.NOT_ALLOWED


@pytest.mark.parametrize("error", [high_level.REFUSED_BY_PLANNER, high_level.NOT_ALLOWED, 99])
def test_every_error_has_words(error):
    assert high_level.words(error)
