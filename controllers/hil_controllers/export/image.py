"""A network's C as an image for a Cortex-M4F: the whole program of a chip, an ELF file."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from hil.core.errors import TargetUnavailable
from hil_controllers.export.compilation import built
from hil_controllers.export.folder import GOLDEN, sources
from hil_controllers.export.kernel import firmware_dir
from hil_controllers.network.model import Network

Line = Literal["semihosting", "usart"]  # what an image hears and answers on

COMPILER = "arm-none-eabi-gcc"
APT = "apt-get install --no-install-recommends qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi"
FLAGS = (
    *("-O2", "-std=c11", "-ffp-contract=off", "-fno-math-errno", "-Wdouble-promotion", "-Wall", "-Wextra"),
    *("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
    *("-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"),
    *("-nostartfiles", "--specs=nano.specs", "-Tstm32f405.ld"),
)
_BOARD = ("board.h", "main.c", "start.c", "clock.c", "work.c", "stm32f405.ld")
_PROTOCOL = ("hil_frame.h", "hil_frame.c", "hil_link.h", "hil_link.c", "hil_messages.h")
_ON_LINK = ("network_on_link.h", "network_on_link.c")
_GOLDEN = ("hil_golden.h", "hil_golden.c", GOLDEN)  # replayed over the link, not from a copy on the chip


@cache
def arm_compiler() -> str:
    """The compiler for Cortex-M, with its C library. Raises TargetUnavailable."""
    path = shutil.which(COMPILER)
    if path is None:
        raise TargetUnavailable(f"there is no {COMPILER}, which makes images for a Cortex-M4", hint=APT)
    asked = [path, "-print-file-name=nano.specs"]  # answers the bare name where there is none
    if subprocess.run(asked, capture_output=True, text=True, timeout=60.0, check=False).stdout.strip() == "nano.specs":
        raise TargetUnavailable(f"{COMPILER} has no C library for a Cortex-M4", hint=APT)
    return path


def image_of(network: Network, line: Line) -> Path:
    """The image of this network. Raises TargetUnavailable without a compiler, BadInput for a network without C."""
    return image(image_sources(network, line), network.hash)


def image_sources(network: Network, line: Line) -> dict[str, str]:
    """All its sources by name. Raises BadInput for a network of which no C has the bits."""
    own = {name: text for name, text in sources(network).items() if name not in _GOLDEN}
    folders = {"board": (*_BOARD, f"line_{line}.c"), "protocol": (*_PROTOCOL, *_ON_LINK)}
    shared = {
        name: (firmware_dir() / folder / name).read_text(encoding="utf-8")
        for folder, names in folders.items()
        for name in names
    }
    return shared | own


def image(files: Mapping[str, str], name: str, *, flags: Sequence[str] = FLAGS) -> Path:
    """The image that these sources make."""
    units = sorted(file for file in files if file.endswith(".c"))
    return built(files, name, compiler=arm_compiler(), flags=flags, units=units, suffix=".elf")
