from types import SimpleNamespace

import pytest

from hil.targets.crazyflie import emergency, motor_override
from hil.virtual_crazyflie.packet import Packet
from hil.virtual_crazyflie.parameters import Parameters
from hil.virtual_crazyflie.variables import parameter_table


def test_a_parameter_is_written_by_its_name_as_firmware_wants_it():
    values: dict[str, float] = {}
    service = Parameters(parameter_table(), values, {}, lambda packet: None)
    service.boot()
    data = motor_override.set_by_name("stabilizer.estimator", 3)
    (answer,) = service.handle(Packet(motor_override.PORT, motor_override.CHANNEL, data))
    assert answer.data == b"\0stabilizer\0estimator\0\0"
    assert values["stabilizer.estimator"] == 3


def test_the_override_fits_into_a_packet():
    assert len(motor_override.set_by_name(motor_override.ENABLE, 0)) <= 30


def test_giving_the_motors_back_goes_on_though_sending_fails():
    tried = []

    def send(port, channel, data):
        tried.append(data)
        raise OSError("unplugged")

    motor_override.let_go(send)
    assert len(tried) == motor_override.PACKETS


class Driver:
    """Hears everything, answers for the supervisor."""

    def __init__(self):
        self.sent = []

    def send_packet(self, packet):
        self.sent.append((packet.port, packet.channel, bytes(packet.data)))

    def receive_packet(self, wait_s):
        from hil.targets.crazyflie.packets import packet

        return packet(9, 0, b"\x8c\x40\x00")

    def close(self):
        pass


def test_the_emergency_stop_gives_back_motors_that_a_motor_check_left_turning(monkeypatch):
    crtp = pytest.importorskip("cflib.crtp", reason="cflib is not installed: pip install 'hil-bench[crazyflie]'")
    driver = Driver()
    monkeypatch.setattr(emergency, "cflib_ready", lambda: SimpleNamespace(crtp=crtp))
    monkeypatch.setattr(crtp, "get_link_driver", lambda *_: driver)
    emergency.emergency_stop("radio://0/80/2M")
    override = (motor_override.PORT, motor_override.CHANNEL, motor_override.set_by_name(motor_override.ENABLE, 0))
    assert driver.sent[0] == override
    assert (9, 1, b"\x03") in driver.sent
