"""C that was compiled or made wrong is refused before it flies: by this process, and by the C's own golden replay."""

import ctypes
import re
import subprocess
from pathlib import Path

import pytest

from hil.core.errors import Refused
from hil_controllers.export.folder import LAYERS, sources, write_files
from hil_controllers.export.library import FLAGS, compiled
from hil_controllers.network.model import Network

KINDS = ["snn with history", "ann", "leads"]
REPLAY = """
#include <stdio.h>
#include "hil_golden.h"
int main(void) {
    static hil_network_state memory;
    printf("%u of %u\\n", (unsigned)hil_golden_replay(&memory), (unsigned)hil_golden_steps);
    return 0;
}
"""


def edited(files, name, old, new):
    """The sources with one place of one file changed, which must be there once."""
    assert files[name].count(old) == 1, f"{old!r} in {name}"
    return {**files, name: files[name].replace(old, new)}


def one_bit_flipped(files):
    """The lowest bit of the first weight of the first layer."""
    first = re.search(r"/\* position_error\[0\] \*/\n\s+(\S+)f,", files[LAYERS])
    bits = ctypes.c_uint32.from_buffer(ctypes.c_float(float(first[1])))
    bits.value ^= 1
    other = ctypes.c_float.from_buffer(bits).value
    at = slice(*first.span(1))
    return {**files, LAYERS: files[LAYERS][: at.start] + f"{other:.9g}" + files[LAYERS][at.stop :]}


def permuted_output(files):
    old, new = "motors[k] = command > 1.0f", "motors[k ^ 1u] = command > 1.0f"
    return edited(files, "hil_network.c", old, new)


def gyro_in_degrees(files):
    old, new = "x[15 + k] = state->rates_rad_s[k];", "x[15 + k] = state->rates_rad_s[k] * 57.29578f;"
    return edited(files, "hil_network.c", old, new)


def reset_to_zero(files):
    old, new = "membrane[spiked[k]] -= layer.threshold[spiked[k]];", "membrane[spiked[k]] = 0.0f;"
    return edited(files, "hil_layers.h", old, new)


def summed_from_zero(files):
    old, new = "float sum##k = layer.bias[at + k##u];", "float sum##k = 0.0f;"
    return edited(files, "hil_block.h", old, new)


def attitude_conjugated(files):
    return edited(files, "hil_network.c", "w = quat_xyzw[3];", "w = -quat_xyzw[3];")


WRONG = [one_bit_flipped, permuted_output, gyro_in_degrees, reset_to_zero, summed_from_zero, attitude_conjugated]
SPIKES_ONLY = [reset_to_zero]


def cases(kind):
    return [change for change in WRONG if kind != "ann" or change not in SPIKES_ONLY]


ALL = [(kind, change) for kind in KINDS for change in cases(kind)]
NAMED = [f"{kind}-{change.__name__}" for kind, change in ALL]


def replayed(files, folder, *flags):
    """What the C's own golden replay says, as a program compiled from these sources."""
    write_files({**files, "main.c": REPLAY}, folder)
    program = folder / "replay"
    units = sorted(map(str, folder.glob("*.c")))
    subprocess.run(["cc", "-std=c11", "-O2", *flags, "-o", program, *units], check=True, timeout=300)
    return subprocess.run([program], check=True, capture_output=True, text=True, timeout=60).stdout.strip()


@pytest.mark.usefixtures("needs_cffi")
class TestInThisProcess:
    @pytest.fixture
    def prove(self):
        from hil_controllers.export.host import Library, prove

        return lambda network, path: prove(network, Library(path))

    def test_sources_as_they_are_pass(self, any_network, prove):
        prove(any_network, compiled(sources(any_network), any_network.hash))

    @pytest.mark.parametrize(("kind", "change"), ALL, ids=NAMED)
    def test_changed_sources_are_refused(self, of_kind, prove, kind, change):
        network = of_kind(kind)
        with pytest.raises(
            Refused, match=r"the C library (differs from the definition at golden step|has other weigh)"
        ):
            prove(network, compiled(change(sources(network)), network.hash))

    @pytest.mark.parametrize("kind", KINDS)
    def test_contraction_is_refused(self, of_kind, prove, kind, fused):
        network = of_kind(kind)
        flags = [*FLAGS, *fused]
        with pytest.raises(Refused, match="differs from the definition at golden step"):
            prove(network, compiled(sources(network), network.hash, flags=flags))

    def test_another_network_is_refused(self, of_kind, prove):
        network, other = of_kind("snn"), of_kind("snn with integral")
        with pytest.raises(Refused, match=f"is that of network {other.hash[:12]}, not {network.hash[:12]}"):
            prove(network, compiled(sources(other), other.hash))

    def test_weights_under_the_hash_of_another_network_are_refused(self, of_kind, prove, networks):
        network, other = of_kind("snn"), networks.snn(seed=3)
        files = sources(other)
        files[LAYERS] = files[LAYERS].replace(_hash(files), _hash(sources(network)))
        with pytest.raises(Refused, match="has other weights"):
            prove(network, compiled(files, network.hash))


def _hash(files):
    return re.search(r"hil_network_hash\[32\] = \{(.*?)\};", files[LAYERS], re.DOTALL)[1]


@pytest.fixture
def fused():
    if "fma" not in Path("/proc/cpuinfo").read_text().split():
        pytest.skip("this processor does not fuse products and sums")
    return ("-ffp-contract=fast", "-march=haswell")


def test_the_golden_replay_in_c_passes_as_it_is(any_network: Network, tmp_path):
    steps = len(any_network.golden)
    assert replayed(sources(any_network), tmp_path, "-ffp-contract=off") == f"{steps} of {steps}"


@pytest.mark.parametrize(("kind", "change"), ALL, ids=NAMED)
def test_the_golden_replay_in_c_tells_changed_sources(of_kind, tmp_path, kind, change):
    network = of_kind(kind)
    steps = len(network.golden)
    assert replayed(change(sources(network)), tmp_path, "-ffp-contract=off") != f"{steps} of {steps}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_golden_replay_in_c_tells_contraction(of_kind, tmp_path, kind, fused):
    network = of_kind(kind)
    steps = len(network.golden)
    assert replayed(sources(network), tmp_path, *fused) != f"{steps} of {steps}"
