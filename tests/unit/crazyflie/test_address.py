import pytest

from hil.core.errors import BadInput, TargetUnavailable
from hil.targets.crazyflie.address import find, not_the_inventorys, vehicle_at
from hil.targets.order import Hardware

SITE = """
version = 1
[device.one]
uri = "radio://0/80/2M/E7E7E7E7E7"
"""


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CFLIB_URI", raising=False)
    monkeypatch.delenv("HIL_SITES", raising=False)


@pytest.fixture
def site(tmp_path):
    (tmp_path / "sites").mkdir()
    path = tmp_path / "sites" / "room.toml"
    path.write_text(SITE)
    return path


def test_the_uri_asked_for_comes_first(monkeypatch, site):
    monkeypatch.setenv("CFLIB_URI", "usb://0")
    assert find(Hardware(uri="udp://127.0.0.1:19850")).uri == "udp://127.0.0.1:19850"


def test_then_the_environment_then_the_only_device_there_is(monkeypatch, site):
    assert find(Hardware()).uri == "radio://0/80/2M/E7E7E7E7E7"
    monkeypatch.setenv("CFLIB_URI", "usb://0")
    assert find(Hardware()).uri == "usb://0"


def test_a_device_named_comes_before_the_environment(monkeypatch, site):
    monkeypatch.setenv("CFLIB_URI", "usb://0")
    found = find(Hardware(device="one"))
    assert (found.uri, found.name) == ("radio://0/80/2M/E7E7E7E7E7", "one")


@pytest.mark.parametrize("how", ["--uri", "CFLIB_URI"])
def test_a_uri_of_a_device_brings_its_limits_however_it_is_spelt(monkeypatch, site, how):
    site.write_text(SITE + "[device.one.limits]\nspeed_m_s = 0.5\n")
    monkeypatch.setenv("CFLIB_URI", "radio://0/80")
    found = find(Hardware(uri="radio://0/80/2M/e7e7e7e7e7" if how == "--uri" else None))
    assert found.name == "one"
    assert found.device.limits.speed_m_s == 0.5


def test_a_uri_of_no_device_has_none(site):
    found = find(Hardware(uri="radio://0/81/2M/E7E7E7E7E7"))
    assert (found.device, found.name) == (None, None)


def test_an_environment_that_names_none_of_the_inventory_is_warned_of(monkeypatch, site):
    monkeypatch.setenv("CFLIB_URI", "radio://0/81")
    assert "its limits do not hold" in not_the_inventorys(Hardware())
    assert not_the_inventorys(Hardware(device="one")) is None
    assert not_the_inventorys(Hardware(uri="radio://0/81")) is None
    monkeypatch.setenv("CFLIB_URI", "radio://0/80")
    assert not_the_inventorys(Hardware()) is None


def test_an_environment_without_an_inventory_is_nothing_to_warn_of(monkeypatch):
    monkeypatch.setenv("CFLIB_URI", "radio://0/81")
    assert not_the_inventorys(Hardware()) is None


def test_a_device_may_be_reached_another_way_today(site):
    found = find(Hardware(device="one", uri="usb://0"))
    assert (found.uri, found.name) == ("usb://0", "one")


def test_no_vehicle_at_all_is_told_with_how_to_try_a_virtual_one():
    with pytest.raises(TargetUnavailable, match="no vehicle given") as caught:
        find(Hardware())
    assert "--uri virtual" in caught.value.hint
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("radio", "not a URI"),
        ("radio://", "not a URI"),
        ("radoi://0/80/2M", "did you mean 'radio'"),
        ("udp://127.0.0.1", "no port"),
        ("udp://127.0.0.1:port", "ort"),
    ],
)
def test_a_uri_that_cannot_be_is_one_line(uri, words):
    with pytest.raises(BadInput, match=words):
        find(Hardware(uri=uri))


def test_only_udp_of_this_machine_may_be_a_virtual_vehicle():
    assert find(Hardware(uri="udp://localhost:19850")).local_port == 19850
    assert find(Hardware(uri="udp://10.0.0.7:19850")).local_port is None
    assert find(Hardware(uri="tcp://127.0.0.1:19850")).local_port is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("radio://0/80/2M", "radio://0/80/2M/E7E7E7E7E7"),
        ("radio://0/80", "radio://1/80/2M/e7e7e7e7e7?rate_limit=100"),
        ("radio://0", "radio://0/2/2M"),
        ("radio://0/80/2M/1", "radio://0/080/2M/0000000001"),
        ("udp://localhost:19850", "udp://127.0.0.1:19850/"),
        ("usb://0", "usb://0/"),
        ("virtual", "virtual"),
    ],
)
def test_one_vehicle_may_be_spelt_in_several_ways(one, other):
    assert vehicle_at(one) == vehicle_at(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("radio://0/80/2M", "radio://0/81/2M"),
        ("radio://0/80/2M", "radio://0/80/1M"),
        ("radio://0/80/2M", "radio://0/80/2M/E7E7E7E7E8"),
        ("udp://127.0.0.1:19850", "udp://127.0.0.1:19851"),
        ("udp://127.0.0.1:19850", "tcp://127.0.0.1:19850"),
        ("usb://0", "usb://1"),
    ],
)
def test_two_vehicles_are_never_one(one, other):
    assert vehicle_at(one) != vehicle_at(other)
