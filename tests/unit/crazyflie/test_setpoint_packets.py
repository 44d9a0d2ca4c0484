"""Bytes as cflib sends them to the real firmware, from the trace of it."""

import math
import struct

from hil.core.types import Setpoint
from hil.targets.crazyflie.setpoint_packets import NOTIFY_STOP, full_state, position


def test_a_position_is_sent_in_metres_with_its_yaw_in_degrees():
    packet = position(Setpoint((0.1, 0.2, 0.3), yaw=math.radians(4)))
    assert packet == bytes.fromhex("07 cd cc cc 3d cd cc 4c 3e 9a 99 99 3e 00 00 80 40")


def test_a_full_state_is_sent_in_thousandths():
    packet = full_state(Setpoint((0.1, 0.2, 0.3), (0.4, 0.5, 0.6), (0.7, 0.8, 0.9), yaw_rate=3.0))
    traced = bytes.fromhex("06 64 00 c8 00 2c 01 90 01 f4 01 58 02 bc 02 20 03 84 03 00 00 00 c0 e8 03 d0 07 b8 0b")
    assert packet == traced[:23] + bytes(4) + traced[27:]  # of the rates, ours says that of yaw alone


def test_the_last_digit_is_rounded_not_cut_off():
    assert struct.unpack_from("<h", full_state(Setpoint((0.0009, 0.0, 0.0))), 1) == (1,)
    assert struct.unpack_from("<h", full_state(Setpoint((-0.0009, 0.0, 0.0))), 1) == (-1,)


def test_what_does_not_fit_is_cut_off_and_does_not_wrap_around():
    packet = full_state(Setpoint((40.0, -40.0, 0.0)))
    assert struct.unpack_from("<2h", packet, 1) == (32767, -32767)


def test_a_set_point_without_velocity_has_none_in_the_packet():
    assert struct.unpack_from("<6h", full_state(Setpoint((1.0, 2.0, 3.0))), 7) == (0,) * 6


def test_the_yaw_of_a_full_state_is_in_its_attitude():
    level, turned = (full_state(Setpoint((0.0, 0.0, 1.0), yaw=yaw))[19:23] for yaw in (0.0, 1.0))
    assert level != turned


def test_the_end_of_streaming_is_told_as_cflib_tells_it():
    assert bytes.fromhex("00 00 00 00 00") == NOTIFY_STOP
