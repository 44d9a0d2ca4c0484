"""Images for a Cortex-M4: compiled without a warning, kept, refused where they do not fit, written by hil export."""

import subprocess

import pytest

from hil.core.errors import BadInput, HilError
from hil_controllers.export.image import FLAGS, image, image_of, image_sources

STRICT = ("-Werror", "-Wconversion", "-Wshadow")
KINDS = ["snn", "ann-history", "ann", "three spiking layers"]


@pytest.mark.parametrize("line", ["semihosting", "usart"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_compiles_without_a_warning(networks, kind, line):
    network = networks.of(kind)
    image(image_sources(network, line), network.hash, flags=(*FLAGS, *STRICT))


def test_an_image_is_made_once(networks):
    network = networks.of("ann")
    first = image_of(network, "usart")
    stamp = first.stat().st_mtime_ns
    assert image_of(network, "usart") == first
    assert first.stat().st_mtime_ns == stamp
    assert image_of(network, "semihosting") != first


def test_what_does_not_fit_the_chip_does_not_link(networks):
    network = networks.of("ann")
    files = image_sources(network, "usart")
    files["start.c"] += "\nvolatile char too_much[130000]; char first(void); char first(void) { return too_much[0]; }\n"
    files["main.c"] = files["main.c"].replace("int main(void)\n{", "char first(void);\nint main(void)\n{\n    first();")
    with pytest.raises(HilError, match="region `RAM' overflowed"):
        image(files, network.hash)


@pytest.mark.parametrize("line", ["semihosting", "usart"])
def test_it_has_no_heap_no_libm_and_no_printf(networks, line):
    listed = subprocess.run(["arm-none-eabi-nm", image_of(networks.of("snn"), line)], capture_output=True, text=True)
    names = {line.split()[-1] for line in listed.stdout.splitlines()}
    assert "hil_network_observe" in names
    assert not names & {"malloc", "_malloc_r", "_sbrk", "free", "printf", "expf", "tanhf", "sqrtf", "sinf"}


def test_a_network_with_tanh_has_no_image(networks):
    with pytest.raises(BadInput, match="tanh"):
        image_of(networks.ann(history=0, activation="tanh"), "usart")


def test_export_writes_the_image_of_a_board(hil, networks_ship, networks):
    answer = hil("export", "ann", "--format", "elf", "--vehicle", "cf-l2f-original", "--out", "mine.elf")
    assert (answer.code, answer.out) == (0, "mine.elf\n")
    header = subprocess.run(["arm-none-eabi-readelf", "-h", "mine.elf"], capture_output=True, text=True, check=True)
    assert "ARM" in header.stdout
    assert "hard-float ABI" in header.stdout


def test_export_of_an_image_to_nowhere_is_bad_input(hil, networks_ship):
    assert hil("export", "ann", "--format", "elf", "--out", "/proc/nowhere.elf").code == 2
