"""What hil export writes: strict C11 that keeps every bit, needs nothing, and says what it is."""

import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.core.errors import BadInput
from hil_controllers.export.folder import CONTRACT, GOLDEN, LAYERS, export_c, sources, write_files
from hil_controllers.export.header import weights_crc32
from hil_controllers.export.literals import number, remark, text
from hil_controllers.export.memory import state_bytes
from hil_controllers.network import LIF, Dense, Network

MAY_BE_CALLED = {"memset", "memcpy", "memmove"}  # what compilers make of loops


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "c"


def run(*words, **more):
    return subprocess.run([*map(str, words)], check=True, capture_output=True, text=True, timeout=300, **more)


@pytest.mark.parametrize("level", ["-O0", "-O2", "-Os"])
@pytest.mark.parametrize("contract", ["-ffp-contract=off"])
def test_it_compiles_without_a_warning(any_network, strict, folder, level, contract):
    export_c(any_network, folder)
    for compiler in strict.compilers:
        for unit in sorted(folder.glob("*.c")):
            run(compiler, *strict.flags, contract, level, "-c", unit, "-o", folder / "unit.o")


CORTEX_M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
FLASH_MOST = 170_000  # bytes of a whole image with a spiking network: there must be room for the rest of it


@pytest.mark.parametrize("kind", ["snn with integral", "ann-history", "leads"])
def test_it_compiles_for_a_cortex_m4_and_leaves_room_in_flash(of_kind, strict, folder, kind):
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("no arm-none-eabi-gcc: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi")
    export_c(of_kind(kind), folder)
    flash = 0
    for unit in ("hil_network.c", LAYERS):
        run(
            "arm-none-eabi-gcc",
            *strict.flags,
            "-ffp-contract=off",
            *CORTEX_M4,
            "-O2",
            "-c",
            folder / unit,
            "-o",
            "u.o",
            cwd=folder,
        )
        text, data, bss = map(int, run("arm-none-eabi-size", folder / "u.o").stdout.splitlines()[1].split()[:3])
        assert (data, bss) == (0, 0)
        flash += text
    assert flash < FLASH_MOST - 5_000


def test_it_needs_no_libm_no_malloc_and_writes_to_nothing_of_its_own(any_network, folder):
    export_c(any_network, folder)
    run(
        "cc",
        "-std=c11",
        "-O2",
        "-ffp-contract=off",
        "-fno-pie",
        "-r",
        "-nostdlib",
        "-o",
        folder / "all.o",
        *folder.glob("*.c"),
    )
    symbols = [line.split()[-2:] for line in run("nm", folder / "all.o").stdout.splitlines()]
    assert {name for kind, name in symbols if kind in "Uw"} <= MAY_BE_CALLED
    assert {name for kind, name in symbols if kind in "bBdDC"} == set()  # data that could change
    assert all(name.startswith("hil_") for kind, name in symbols if kind in "TRD")


def test_fast_math_does_not_compile(of_kind, folder):
    export_c(of_kind("ann"), folder)
    with pytest.raises(subprocess.CalledProcessError) as refused:
        run("cc", "-std=c11", "-Ofast", "-c", folder / "hil_network.c", "-o", folder / "unit.o")
    assert "-ffast-math changes bits" in refused.value.stderr


def test_it_compiles_as_the_header_of_a_cpp_program(of_kind, folder):
    if shutil.which("g++") is None:
        pytest.skip("no g++")
    export_c(of_kind("snn"), folder)
    (folder / "user.cpp").write_text('#include "hil_golden.h"\nint main() { return hil_network_state_bytes == 0; }\n')
    run("g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-c", folder / "user.cpp", "-o", folder / "unit.o")


def test_a_header_of_another_network_does_not_compile(of_kind, folder):
    export_c(of_kind("snn with history"), folder)
    (folder / CONTRACT).write_text(sources(of_kind("three spiking layers"))[CONTRACT])
    with pytest.raises(subprocess.CalledProcessError) as refused:
        run("cc", "-std=c11", "-c", folder / LAYERS, "-o", folder / "unit.o")
    assert "the first layer takes the observation" in refused.value.stderr


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_literal_reads_back_to_the_same_bits(value):
    literal = number(np.float32(value))
    assert literal.endswith("f")
    assert np.float32(float(literal[:-1])).tobytes() == np.float32(value).tobytes()


def all_kinds_of_floats(rng, shape):
    """Any bit pattern that is finite: denormals, both zeros, the least and the most."""
    bits = rng.integers(0, 2**32, shape, dtype=np.uint64).astype(np.uint32)
    values = bits.view(np.float32).copy()
    values[~np.isfinite(values)] = -0.0
    values.flat[:4] = (np.float32(1e-45), np.finfo(np.float32).max, np.finfo(np.float32).tiny, -0.0)
    return values


@pytest.mark.usefixtures("needs_cffi")
def test_weights_of_any_bits_are_compiled_to_these_bits(networks, of_kind):
    from hil_controllers.export.host import Library
    from hil_controllers.export.library import library_of

    rng, like = np.random.default_rng(8), of_kind("leads")
    layers = (
        LIF(all_kinds_of_floats(rng, (64, 30)), *(all_kinds_of_floats(rng, 64) for _ in range(3))),
        Dense(all_kinds_of_floats(rng, (4, 64)), all_kinds_of_floats(rng, 4)),
    )
    network = Network(name="bits", contract=like.contract, layers=layers, readout="rational_tanh", golden=like.golden)
    assert Library(library_of(network)).c.hil_network_weights_crc32() == weights_crc32(network)


@pytest.mark.usefixtures("needs_cffi")
def test_a_memory_has_the_size_that_python_reads(any_network):
    from hil_controllers.export.host import Library
    from hil_controllers.export.library import library_of

    assert Library(library_of(any_network)).c.hil_network_state_bytes == state_bytes(any_network)


def test_the_same_network_gives_the_same_files(of_kind, tmp_path):
    for name in ("one", "two"):
        export_c(of_kind("snn"), tmp_path / name)
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two


def test_the_header_says_whose_it_is(of_kind):
    network = of_kind("snn with integral")
    header = sources(network)[CONTRACT]
    for said in (
        f"network   {network.hash}",
        "vehicle   cf-l2f-original",
        "rate      100 Hz",
        "motors    M1 M2 M3 M4, fraction 0..1 of full speed: u = (y + 1) / 2",
        "15 ..  17  body_rates (body, x forward, y left, z up; rad/s)",
        "#define HIL_NETWORK_SPIKING_SIZES {256, 128}",
        "#define HIL_NETWORK_INTEGRAL_GAIN 0.008f",
    ):
        assert said in header


@pytest.mark.parametrize("name", ['a */ b "quoted" \\ ??/', "Netz für ß", "/* // */", "x" * 200])
def test_any_name_compiles(of_kind, strict, folder, name):
    network = of_kind("ann")
    named = Network(
        name=name, contract=network.contract, layers=network.layers, readout=network.readout, golden=network.golden
    )
    export_c(named, folder)
    user = '#include "hil_network.h"\nconst char *name(void);\nconst char *name(void) { return HIL_NETWORK_NAME; }\n'
    (folder / "user.c").write_text(user)
    for unit in ("user.c", LAYERS, GOLDEN):
        run("cc", *strict.flags, "-c", folder / unit, "-o", folder / "unit.o")


def test_words_end_no_comment_and_no_string():
    assert remark("a */ b /* c") == "a * / b / * c"
    assert text('say "hi"\n') == r'"say \"hi\"?"'


def test_as_many_golden_vectors_as_are_asked_for(of_kind):
    network = of_kind("snn")
    few = sources(network, golden_steps=10)[GOLDEN]
    assert "hil_golden_steps = 10;" in few
    assert "/* 9 */" in few
    assert "/* 10 */" not in few
    assert f"hil_golden_steps = {len(network.golden)};" in sources(network, golden_steps=10**6)[GOLDEN]


def test_a_network_with_tanh_has_no_c(networks, folder):
    with pytest.raises(BadInput, match="ann: has a tanh, which differs from library to library"):
        export_c(networks.ann(history=0, readout="tanh"), folder)
    assert not folder.exists()


def test_a_folder_of_other_files_is_left_alone(of_kind, folder):
    folder.mkdir()
    (folder / "thesis.tex").write_text("mine")
    with pytest.raises(BadInput, match="holds other files"):
        export_c(of_kind("ann"), folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.tex"]


def test_an_earlier_export_is_written_over(of_kind, folder):
    export_c(of_kind("snn"), folder)
    paths = export_c(of_kind("ann"), folder)
    assert sorted(folder.iterdir()) == sorted(paths)
    assert "64 dense" in (folder / CONTRACT).read_text()


def test_what_cannot_be_written_is_one_clear_line(of_kind, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        export_c(of_kind("ann"), tmp_path / "file" / "c")


SANITISED = """
#include <string.h>
#include "hil_golden.h"

/* Every golden step, then numbers of any bits, in a memory and motors of exactly their size. */
int main(void)
{
    hil_network_state *memory = malloc(sizeof *memory);
    float *motors = malloc(4 * sizeof *motors);
    uint32_t chance = 1;
    if (hil_golden_replay(memory) != hil_golden_steps) {
        return 1;
    }
    for (int step = 0; step < 2000; step++) {
        uint32_t words[23];
        for (int k = 0; k < 23; k++) {
            chance = chance * 1664525u + 1013904223u;
            words[k] = step % 2 ? chance : (chance & 0x807fffffu) | 0x3f800000u; /* any bits, or within +-2 */
        }
        hil_state state;
        hil_setpoint setpoint;
        memcpy(&state, words, sizeof state);
        memcpy(&setpoint, words + 13, sizeof setpoint);
        hil_network_act(memory, &state, &setpoint, motors);
    }
    free(motors);
    free(memory);
    return 0;
}
"""


def test_no_memory_is_misused_and_nothing_is_undefined(any_network, folder):
    files = {**sources(any_network), "main.c": "#include <stdlib.h>\n" + SANITISED}
    folder.mkdir()
    write_files(files, folder)
    sanitised = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-ffp-contract=off")
    units = sorted(folder.glob("*.c"))
    run("cc", "-std=c11", "-g", "-O1", *sanitised, "-o", folder / "program", *units)
    run(folder / "program")
