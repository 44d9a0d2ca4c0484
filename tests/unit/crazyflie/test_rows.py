import math

import pytest

from hil.core.frames import euler_zyx, quat_from_euler
from hil.core.quaternion_bits import compress
from hil.targets.crazyflie.rows import MOTORS, STATE, command, row

SIZES = {"x": 2, "y": 2, "z": 2, "vx": 2, "vy": 2, "vz": 2, "quat": 4, "rateRoll": 2, "ratePitch": 2, "rateYaw": 2}


def values(**changed):
    plain = dict.fromkeys(STATE, 0) | {"stateEstimateZ.quat": compress((0.0, 0.0, 0.0, 1.0))}
    return plain | {f"stateEstimateZ.{name}": value for name, value in changed.items()}


def test_the_state_block_fills_a_packet_and_no_more():
    assert sum(SIZES.get(name.partition(".")[2], 2) for name in STATE) == 26


def test_millimetres_become_metres():
    found = row(1234, values(x=100, y=-200, z=1000, vx=-1500, vy=20, vz=3)).estimate
    assert found.position == pytest.approx((0.1, -0.2, 1.0))
    assert found.velocity == pytest.approx((-1.5, 0.02, 0.003))


def test_the_rate_of_pitch_is_turned_round_and_the_attitude_is_not():
    nose_down = quat_from_euler(0.0, 0.2, 0.0)
    found = row(0, values(rateRoll=100, ratePitch=200, rateYaw=300, quat=compress(nose_down))).estimate
    assert found.rates == pytest.approx((0.1, -0.2, 0.3))
    assert euler_zyx(found.attitude)[1] == pytest.approx(0.2, abs=0.003)


def test_battery_and_supervisor_are_read():
    found = row(7, values() | {"pm.vbatMV": 3712, "supervisor.info": 0x20E})
    assert (found.stamp_ms, found.battery_v, found.supervisor) == (7, pytest.approx(3.712), 0x20E)


def test_motors_are_fractions_of_full():
    found = command(dict(zip(MOTORS, (0, 65535, 13107, 32768), strict=True)))
    assert found.motors == pytest.approx((0.0, 1.0, 0.2, 0.5), abs=1e-4)
    assert math.isfinite(sum(found.motors))
