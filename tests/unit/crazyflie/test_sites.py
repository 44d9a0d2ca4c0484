import pytest

from hil.core.errors import BadInput, ScenarioError
from hil.sites import choose, inventory, read_site

SITE = """version = 1

[device.one]
uri = "radio://0/80/2M/E7E7E7E7E7"
platform = "cf21"
decks = ["bcLighthouse4"]

[device.one.limits]
geofence_m = [1.0, 1.0, 1.5]
battery_v = 3.3

[device.two]
uri = "virtual"
"""


@pytest.fixture
def write(monkeypatch, tmp_path):
    monkeypatch.setenv("HIL_SITES", str(tmp_path))

    def written(text, name="room.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


def test_a_site_says_how_its_vehicles_are_reached_and_what_holds_there(write):
    devices = read_site(write(SITE))
    assert devices["one"].uri == "radio://0/80/2M/E7E7E7E7E7"
    assert devices["one"].decks == ("bcLighthouse4",)
    assert devices["one"].limits.geofence_m == (1.0, 1.0, 1.5)
    assert devices["two"].limits.battery_v is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("platform =", "platfrom =", "room.toml:5:device.one.platfrom: unknown key; did you mean 'platform'?"),
        ("battery_v = 3.3", 'battery_v = "low"', "room.toml:10:device.one.limits.battery_v: must be a number"),
        ("version = 1", "version = 2", "room.toml:1:version: must be 1"),
        ("version = 1", "", "version: missing"),
        ("version = 1", "version = 1\nroom = 2", "room.toml:2:room: unknown key"),
        ('uri = "virtual"', "", "room.toml:12:device.two.uri: missing"),
        ("[1.0, 1.0, 1.5]", "[1.0, 1.0]", "room.toml:9:device.one.limits.geofence_m"),
        ("[device.one]", "[device.one", "not TOML"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(write, old, new, told):
    with pytest.raises(ScenarioError) as caught:
        read_site(write(SITE.replace(old, new, 1)))
    assert told in caught.value.message


def test_of_two_devices_one_has_to_be_named(write):
    write(SITE)
    with pytest.raises(BadInput, match="2 devices") as caught:
        choose(None)
    assert caught.value.hint == "--device one | two"
    assert choose("two").device.uri == "virtual"


def test_a_device_that_is_not_there_is_told_with_the_nearest(write):
    write(SITE)
    with pytest.raises(BadInput, match="did you mean 'two'"):
        choose("tow")


def test_a_name_belongs_to_one_device_of_all_sites(write):
    write(SITE)
    write(SITE, "hall.toml")
    with pytest.raises(BadInput, match=r"is in .*hall\.toml already"):
        inventory()


def test_without_sites_there_are_no_devices(monkeypatch, tmp_path):
    monkeypatch.delenv("HIL_SITES", raising=False)
    monkeypatch.chdir(tmp_path)
    assert inventory() == {}
    assert choose(None) is None


def test_a_folder_of_sites_that_is_not_there_is_a_mistake(monkeypatch, tmp_path):
    monkeypatch.setenv("HIL_SITES", str(tmp_path / "nowhere"))
    with pytest.raises(BadInput, match="no such file or folder"):
        inventory()
