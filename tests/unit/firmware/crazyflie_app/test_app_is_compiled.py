"""The app's sources: strict C for this machine and a Cortex-M4, an out-of-tree build, and what is not exported."""

import shutil
import subprocess

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil_controllers.export.app import app_sources, export_app
from hil_controllers.network import Contract, Network
from hil_sim.vehicle_files import load_vehicle

CORTEX_M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-fno-math-errno")
AS_THE_FIRMWARE = ("-std=gnu11", "-Os", "-fno-strict-aliasing", "-ffunction-sections", "-fdata-sections", "-g3")
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wmissing-braces", "-Wdouble-promotion")
OWN = ("-ffp-contract=off", "-O2")  # what src/Kbuild adds


@pytest.fixture
def exported(of_kind, tmp_path):
    def export(kind):
        network = of_kind(kind)
        export_app(network, load_vehicle(network.contract.vehicle.name), tmp_path / "app")
        return tmp_path / "app"

    return export


def compile_all(folder, *words):
    for unit in sorted((folder / "src").glob("*.c")):
        line = [*words, "-c", unit, "-o", unit.with_suffix(".o")]
        subprocess.run([*map(str, line)], check=True, timeout=300, cwd=folder)


@pytest.mark.parametrize("kind", ["leads", "ann", "mixed"])
def test_it_compiles_for_this_machine_without_a_warning(crazyflie, exported, strict, kind):
    for compiler in strict.compilers:
        compile_all(exported(kind), compiler, *strict.flags, *OWN, f"-I{crazyflie.HEADERS}")


def test_it_compiles_for_a_cortex_m4_with_the_firmwares_flags_and_leaves_room(crazyflie, exported):
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("no arm-none-eabi-gcc: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi")
    folder = exported("snn with integral")
    compile_all(folder, "arm-none-eabi-gcc", *CORTEX_M4, *AS_THE_FIRMWARE, *WARNINGS, *OWN, f"-I{crazyflie.HEADERS}")
    line = ["arm-none-eabi-size", "--totals", *map(str, folder.glob("src/*.o"))]
    told = subprocess.run(line, check=True, capture_output=True, text=True, timeout=60).stdout
    flash, data, bss = map(int, told.splitlines()[-1].split()[:3])
    assert flash < 215_000  # of 1 MB; the golden vectors are 44 kB of it
    assert data + bss < 3_000  # of 128 kB


def test_without_battery_compensation_it_does_not_compile(crazyflie, of_kind, tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as refused:
        crazyflie.compiled(crazyflie.sources_of(of_kind("ann")), tmp_path, flags=("-DWITHOUT_BATTERY_COMPENSATION",))
    assert b"the firmware takes forces for duties" in refused.value.stderr


# A stand-in for the firmware's build: it visits the Kbuild files as that does, and links what they name.
OUT_OF_TREE = """
all:
	test -s $(OOT_CONFIG)
	$(MAKE) -C $(CRAZYFLIE_BASE) OOT=$(OOT)
"""
KBUILD = """
$(if $(CRAZYFLIE_BASE),$(error told $(CRAZYFLIE_BASE), a path from the folder of the app))
include $(OOT)/Kbuild
FOLDERS := $(filter %/,$(obj-y))
obj-y :=
include $(addprefix $(OOT)/,$(addsuffix Kbuild,$(FOLDERS)))

image: $(addprefix $(OOT)/$(FOLDERS),$(obj-y))
	$(CC) -o $@ $^ firmware.c -I HEADERS -lm
%.o: %.c
	$(CC) -std=gnu11 -Os -I HEADERS $(ccflags-y) -c -o $@ $<
"""
FIRMWARE = '#include "HEADERS/firmware_double.c"\nint main(void) { return !controllerOutOfTreeTest(); }\n'


def make(folder, *words):
    if shutil.which("make") is None:
        pytest.skip("no make")
    return subprocess.run(["make", *words], cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_its_makefile_and_kbuild_name_all_that_an_image_needs(crazyflie, exported, tmp_path):
    tree = tmp_path / "firmware"
    (tree / "tools" / "make").mkdir(parents=True)
    (tree / "tools" / "make" / "oot.mk").write_text(OUT_OF_TREE)
    (tree / "Makefile").write_text(KBUILD.replace("HEADERS", str(crazyflie.HEADERS)))
    (tree / "firmware.c").write_text(FIRMWARE.replace("HEADERS", str(crazyflie.HEADERS)))
    done = make(exported("leads"), "CRAZYFLIE_BASE=../firmware")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("-ffp-contract=off -O2") == len(list((tmp_path / "app" / "src").glob("*.c")))
    subprocess.run([tree / "image"], check=True, timeout=60)


def test_without_a_firmware_its_makefile_says_so(exported):
    done = make(exported("ann"))
    assert done.returncode
    assert "is no crazyflie-firmware tree: make CRAZYFLIE_BASE=DIR" in done.stderr


def test_another_vehicle_is_refused(of_kind):
    with pytest.raises(BadInput, match="trained for cf-l2f-original, not for cf21-identified"):
        app_sources(of_kind("ann"), load_vehicle("cf21-identified"))


def test_a_rate_that_does_not_divide_the_firmwares_is_refused(networks):
    contract = Contract.of(networks.vehicle, latency_s=(0.0, 0.0), sensors="l2f-original", rate_hz=300)
    layers = (networks.dense(np.random.default_rng(1), 4, 18),)
    with pytest.raises(BadInput, match="300 Hz does not divide the firmware's 1000 Hz"):
        app_sources(Network.build(name="odd", layers=layers, contract=contract), networks.vehicle)


def test_a_folder_that_holds_other_files_is_refused_and_an_earlier_export_is_not(of_kind, tmp_path):
    vehicle = load_vehicle("cf-l2f-original")
    for _ in range(2):
        export_app(of_kind("ann"), vehicle, tmp_path / "app")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "precious").write_text("")
    with pytest.raises(BadInput, match="holds other files"):
        export_app(of_kind("ann"), vehicle, tmp_path / "other")
