"""What the log says, in the firmware's units and signs."""

import math
import struct

import pytest

from hil.core.frames import euler_zyx
from hil.core.quaternion_bits import decompress


@pytest.fixture(scope="module")
def turning(boot):
    """In the air, turning and going forward, nose down."""
    bench = boot()
    bench.hover(0.8)
    for now in bench.every_ms(1000):
        if now % 20 == 0:
            bench.send(7, 0, b"\x0a" + struct.pack("<ffff", 0.5, 0.0, 40.0, 0.8))
    return bench


def read(bench, name):
    return bench.flight.log_values[name]()


def test_every_variable_can_be_read_from_boot_on(boot):
    bench = boot()
    assert all(math.isfinite(read(bench, name)) for name in bench.flight.log_values)


def test_angles_are_degrees_and_nose_up_is_positive(turning):
    roll, pitch, yaw = map(math.degrees, euler_zyx(turning.flight.estimate.attitude))
    assert [read(turning, f"stateEstimate.{name}") for name in ("roll", "pitch", "yaw")] == [roll, -pitch, yaw]
    assert read(turning, "stabilizer.pitch") == -pitch


def test_the_gyro_is_in_degrees_a_second_and_the_accelerometer_in_g(turning):
    assert read(turning, "gyro.z") == pytest.approx(40.0, abs=8.0)
    assert read(turning, "acc.z") == pytest.approx(1.0, abs=0.2)


def test_compressed_variables_are_milli_units_of_the_others(turning):
    pairs = [("stateEstimateZ.x", "stateEstimate.x"), ("stateEstimateZ.vz", "stateEstimate.vz")]
    for compressed, plain in pairs:
        assert read(turning, compressed) == round(1000 * read(turning, plain))
    assert read(turning, "stateEstimateZ.az") == pytest.approx(9810 * read(turning, "stateEstimate.az"), abs=1)
    assert read(turning, "stateEstimateZ.ratePitch") == round(-1000 * turning.flight.imu.rates[1])


def test_the_compressed_quaternion_is_the_attitude(turning):
    quat = turning.flight.estimate.attitude
    assert decompress(read(turning, "stateEstimateZ.quat")) == pytest.approx(quat, abs=0.003)


def test_motors_are_16_bit_duties(turning):
    motors = [read(turning, f"motor.m{k}") for k in (1, 2, 3, 4)]
    assert motors == [round(65535 * duty) for duty in turning.body.motors_fraction]
    assert min(motors) > 30_000


def test_targets_are_what_is_flown_with_their_modes(turning):
    assert [read(turning, f"ctrltarget.mode_{axis}") for axis in ("x", "y", "z", "yaw")] == [2, 2, 1, 2]
    assert read(turning, "ctrltarget.yaw") == pytest.approx(40.0)
    assert read(turning, "ctrltargetZ.z") == 800


def test_the_battery_shows_in_volts_and_millivolts(turning):
    assert read(turning, "pm.vbat") == pytest.approx(turning.body.battery_v, abs=0.01)
    assert read(turning, "pm.vbatMV") == round(1000 * read(turning, "pm.vbat"))


def test_the_supervisor_shows_as_a_word_and_as_flags(turning):
    assert read(turning, "supervisor.info") == 0x21E
    assert [read(turning, f"sys.{name}") for name in ("canfly", "isFlying", "isTumbled")] == [True, True, False]


def test_what_a_client_told_of_the_position_shows(boot):
    bench = boot(positioning="external")
    bench.send(6, 1, b"\x08" + struct.pack("<7f", 1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 1.0))
    assert [read(bench, f"locSrv.{name}") for name in ("x", "y", "z", "qw")] == [1.0, 2.0, 3.0, 1.0]
    assert read(bench, "ext_pos.Z") == 3.0
