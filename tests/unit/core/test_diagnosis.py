import sys
from importlib.metadata import PackageNotFoundError

import pytest

from hil.cli import main
from hil.cli.diagnosis import _radio


@pytest.fixture
def doctor_without(monkeypatch, capsys):
    """Exit code and lines of `hil doctor` on a machine that lacks one package."""

    def diagnose(lacking):
        def version(name):
            if name == lacking:
                raise PackageNotFoundError(name)
            return "1.0"

        monkeypatch.setattr("hil.cli.diagnosis.version", version)
        monkeypatch.setattr(sys, "argv", ["hil", "doctor"])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, capsys.readouterr().out.splitlines()

    return diagnose


def test_doctor_names_the_extra_that_is_missing(doctor_without):
    code, lines = doctor_without("mcap")
    assert code == 0  # an extra may be absent
    (line,) = [line for line in lines if " mcap " in line]
    assert line.startswith("absent ")
    assert "pip install 'hil-bench[mcap]'" in line


def test_doctor_fails_when_something_needed_is_missing(doctor_without):
    code, lines = doctor_without("pyarrow")
    assert code == 3
    assert any(line.startswith("missing  pyarrow") for line in lines)


def test_hil_scenarios_lists_what_flies_and_no_suites(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["hil", "scenarios"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    names = {line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert {"hover", "figure_eight", "flights/recorded"} <= names
    assert not any("suites" in name for name in names)


def test_doctor_replays_the_networks_that_ship(doctor_without):
    _, lines = doctor_without("mcap")
    (line,) = [line for line in lines if " networks " in line]
    assert line.startswith("ok ")
    assert "golden vectors replayed" in line


@pytest.fixture
def usb(tmp_path):
    """A machine with one device on USB, and udev rules or none."""

    def plug(vendor="", product="", rule=""):
        device, rules = tmp_path / "devices" / "1-1", tmp_path / "rules"
        device.mkdir(parents=True)
        rules.mkdir()
        (device / "idVendor").write_text(f"{vendor}\n")
        (device / "idProduct").write_text(f"{product}\n")
        (rules / "99-bitcraze.rules").write_text(rule)
        return _radio(device.parent, [rules])

    return plug


RULE = 'SUBSYSTEM=="usb", ATTRS{idVendor}=="1915", ATTRS{idProduct}=="7777", MODE="0664", GROUP="plugdev"'


@pytest.mark.parametrize(
    ("plugged", "good", "said"),
    [
        ({}, False, "no Crazyradio"),
        ({"vendor": "1915", "product": "7777", "rule": RULE}, True, "Crazyradio"),
        ({"vendor": "1915", "product": "7777"}, False, "no udev rule"),
        ({"vendor": "0483", "product": "5740", "rule": RULE}, True, "Crazyflie"),
    ],
)
def test_doctor_sees_a_radio_and_whether_it_may_be_used(usb, plugged, good, said):
    finding = usb(**plugged)
    assert (finding.good, finding.needed) == (good, False)
    assert said in finding.text


def test_doctor_lists_the_vehicles_at_hand(doctor_without, tmp_path, monkeypatch):
    site = tmp_path / "lab.toml"
    site.write_text('version = 1\n[device.cf1]\nuri = "radio://0/80/2M/E7E7E7E7E7"\n')
    monkeypatch.setenv("HIL_SITES", str(site))
    _, lines = doctor_without("mcap")
    (line,) = [line for line in lines if " vehicles " in line]
    assert line.startswith("ok ")
    assert "cf1" in line
