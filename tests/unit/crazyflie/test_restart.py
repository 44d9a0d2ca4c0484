from types import SimpleNamespace

import pytest

from hil.targets.crazyflie import rig
from hil.targets.crazyflie.rig import RealRig


@pytest.fixture
def restarted(monkeypatch):
    """The vehicles that were switched off and on again."""
    said: list[str] = []
    monkeypatch.setattr(rig, "restart", said.append)
    return said


def test_a_vehicle_at_a_radio_is_restarted_after_its_flight(restarted):
    vehicle = RealRig("radio://0/80/2M/E7E7E7E7E7")
    vehicle.make_fit_again()
    assert restarted == [vehicle.uri]
    assert vehicle.after_flight is None


@pytest.mark.parametrize("uri", ["usb://0", "udp://10.0.0.2:19850", "tcp://aideck:5000"])
def test_a_vehicle_that_no_radio_reaches_must_be_restarted_by_hand(restarted, uri):
    vehicle = RealRig(uri)
    vehicle.make_fit_again()
    assert restarted == []
    assert "restart it" in str(vehicle.after_flight)


def test_a_restart_that_fails_is_left_to_the_next_preflight(monkeypatch):
    def gone(uri: str) -> None:
        raise Exception("Failed to connect")

    monkeypatch.setattr(rig, "restart", gone)
    RealRig("radio://0/80/2M/E7E7E7E7E7").make_fit_again()


def test_the_main_processor_is_switched_off_and_on_over_the_closed_link(monkeypatch):
    power_switch = pytest.importorskip("cflib.utils.power_switch")
    done: list[str] = []
    switch = SimpleNamespace(stm_power_cycle=lambda: done.append("cycle"), close=lambda: done.append("close"))
    monkeypatch.setattr(power_switch, "PowerSwitch", lambda uri: done.append(uri) or switch)
    from hil.targets.crazyflie.restart import restart

    restart("radio://0/80/2M/E7E7E7E7E7")
    assert done == ["radio://0/80/2M/E7E7E7E7E7", "cycle", "close"]
