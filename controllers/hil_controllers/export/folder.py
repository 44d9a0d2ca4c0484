"""A network as a folder of C."""

from collections.abc import Mapping
from pathlib import Path

from hil.core.errors import BadInput
from hil.core.whole_file import write_whole
from hil_controllers.export.header import header, refuse
from hil_controllers.export.kernel import kernel_sources
from hil_controllers.export.layers import layers
from hil_controllers.export.vectors import vectors
from hil_controllers.network.model import Network

CONTRACT, LAYERS, GOLDEN = "hil_network_contract.h", "hil_network_layers.c", "hil_golden_vectors.c"


def sources(network: Network, *, golden_steps: int | None = None) -> dict[str, str]:
    """All files by name, the kernel's and this network's own. Raises BadInput for one of which no C has the bits."""
    refuse(network)
    own = {CONTRACT: header(network), LAYERS: layers(network), GOLDEN: vectors(network, golden_steps)}
    return {**kernel_sources(), **own}


def export_c(network: Network, out: Path) -> tuple[Path, ...]:
    """Write them into the folder `out`, which is made if need be; their paths. Raises BadInput.

    A folder that holds something else is refused; an export of another day is written over.
    """
    return export_files(sources(network), out, mark=CONTRACT)


def export_files(files: Mapping[str, str], out: Path, *, mark: str) -> tuple[Path, ...]:
    """The same of any files; `mark` is the one by which an earlier export is known."""
    try:
        if out.is_dir() and any(out.iterdir()) and not (out / mark).is_file():
            raise BadInput(f"{out} holds other files", hint="--out names a new folder, or one of an earlier export")
        out.mkdir(parents=True, exist_ok=True)
        return write_files(files, out)
    except OSError as error:
        raise BadInput(f"{out}: cannot be written: {error.strerror}") from error


def write_files(files: Mapping[str, str], folder: Path) -> tuple[Path, ...]:
    """Write texts into a folder and those below it, each whole; their paths. Raises OSError."""
    paths = tuple(folder / name for name in files)
    for path, text in zip(paths, files.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    return paths
