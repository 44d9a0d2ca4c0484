"""`--target pil` on the command line: what it refuses, and what it says where its tools are missing."""

import pytest

from hil.cli.jobs import expand
from hil.targets.order import Hardware
from hil.targets.pil import emulator, lines
from hil_controllers.export import image

APT = "apt-get install --no-install-recommends qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi"


@pytest.fixture
def without(monkeypatch):
    """`without("qemu-system-arm")`: as if that program were not installed."""

    def take_away(program):
        for module in (emulator, image):
            which = module.shutil.which
            monkeypatch.setattr(module, "shutil", _Shutil(lambda name, which=which: name != program and which(name)))
        image.arm_compiler.cache_clear()

    yield take_away
    image.arm_compiler.cache_clear()


class _Shutil:
    def __init__(self, which):
        self._which = which

    def which(self, name):
        return self._which(name) or None


def test_without_an_emulator_it_is_unavailable_in_one_clear_line(hil, without, tmp_path):
    without("qemu-system-arm")
    answer = hil("run", "hover", "-t", "pil")
    assert answer.code == 3
    assert answer.err == f"hil: there is no qemu-system-arm, which emulates a Cortex-M4\n  hint: {APT}\n"
    assert not (tmp_path / "runs").exists()


def test_without_its_compiler_it_is_unavailable_in_one_clear_line(hil, without, monkeypatch, tmp_path):
    without("arm-none-eabi-gcc")
    monkeypatch.setattr(lines, "emulator", lambda: "qemu-system-arm")
    answer = hil("run", "hover", "-t", "pil")
    assert answer.code == 3
    assert answer.err == (f"hil: there is no arm-none-eabi-gcc, which makes images for a Cortex-M4\n  hint: {APT}\n")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("program", ["qemu-system-arm", "arm-none-eabi-gcc"])
def test_doctor_says_how_to_get_what_is_missing(hil, without, program):
    without(program)
    answer = hil("doctor")
    assert answer.code == 0
    assert APT in answer.out


@pytest.mark.parametrize(
    "uri",
    ["radio://0/80", "qemu:net", "serial:ttyACM0", "serial:///dev/ttyACM0?baud=fast", "serial:///dev/ttyACM0?speed=1"],
)
def test_a_uri_that_means_no_chip_is_refused(hil, uri, tmp_path):
    answer = hil("run", "hover", "-t", "pil", "--uri", uri)
    assert answer.code == 2
    assert uri in answer.err
    assert not (tmp_path / "runs").exists()


def test_a_serial_port_that_is_not_there_is_unavailable(hil):
    pytest.importorskip("serial", reason="no pyserial: pip install 'hil-bench[pil]'")
    answer = hil("run", "hover", "-t", "pil", "--uri", "serial:///dev/no-such-port", "--no-report")
    assert answer.code == 3
    assert "cannot open /dev/no-such-port at 921600 baud" in answer.err


def test_a_uri_without_a_chip_is_refused(hil):
    answer = hil("run", "hover", "--uri", "qemu:")
    assert answer.code == 2
    assert "--uri is about a vehicle, and none is to fly" in answer.err


@pytest.mark.parametrize("controller", ["geometric", "mine.py:build"])
def test_what_is_no_network_flies_on_no_chip(hil, controller):
    answer = hil("run", "hover", "-t", "pil", "-c", controller)
    assert answer.code == 2
    assert "not on pil" in answer.err


@pytest.mark.parametrize(
    ("uri", "of_chip", "of_vehicle"),
    [
        ("virtual", None, "virtual"),
        ("qemu:serial", "qemu:serial", None),
        ("serial://ttyAMA0", None, "serial://ttyAMA0"),
    ],
)
def test_beside_a_vehicle_a_uri_is_of_that_whose_kind_it_is(monkeypatch, tmp_path, uri, of_chip, of_vehicle):
    monkeypatch.setattr("hil.cli.jobs.chip_line", lambda uri: None)
    jobs = expand(
        scenarios=["hover"],
        targets=["pil", "crazyflie"],
        controllers=[],
        overrides={},
        flights=[],
        flights_dir=None,
        out=tmp_path,
        hardware=Hardware(uri=uri),
    )
    assert {job.target: job.hardware.uri for job in jobs} == {"pil": of_chip, "crazyflie": of_vehicle}
