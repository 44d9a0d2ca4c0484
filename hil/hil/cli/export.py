"""`hil export`: a flight in the formats of other tools, a network as C, as a firmware app, as a board's image."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hil_controllers.network.model import Network


class Format(StrEnum):
    """What a flight or a network can be written as."""

    CSV = "csv"
    TUM = "tum"
    MCAP = "mcap"
    C = "c"
    CRAZYFLIE_APP = "crazyflie-app"
    ELF = "elf"


_OF_NETWORKS = (Format.C, Format.CRAZYFLIE_APP, Format.ELF)


def export(
    what: Annotated[
        str,
        typer.Argument(help="A run folder or a recorded flight; or a network: NETWORK.safetensors, snn, ann, …"),
    ],
    to: Annotated[
        Format,
        typer.Option(
            "--to",
            "--format",
            help="Of a flight: csv: all columns; tum: poses, for evo; mcap: Foxglove, PlotJuggler. "
            "Of a network: c; crazyflie-app: a controller for stock crazyflie-firmware; elf: a board's image, for pil.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="File to write, default beside the run; of a network a folder, NETWORK-c …, or NETWORK.elf."),
    ] = None,
    which: Annotated[
        str | None, typer.Option(help="For tum: truth (default), reference or estimate.", show_default=False)
    ] = None,
    vehicle: Annotated[
        str | None, typer.Option(help="Of a network given by name: whose; default the scenarios'.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Export a network whose file fails its checks.")] = False,
) -> None:
    """Write a flight as CSV, TUM or MCAP, a network as C, as an app for the Crazyflie's firmware, as an image."""
    from hil.core.errors import BadInput

    if to in _OF_NETWORKS:
        if which is not None:
            raise BadInput(f"--which is for tum, not for {to}")
        print(_network(what, to, vehicle, out, force=force))
        return
    if vehicle is not None or force:
        raise BadInput(f"--vehicle and --force are for networks; {to} is a format of flights")
    if what.endswith(".safetensors"):
        raise BadInput(f"{what} is a network; {to} is a format of flights", hint="--format c")
    from hil.export import write
    from hil.flights.reader import read_flight

    run = Path(what)
    print(write(read_flight(run).log, run, to.value, out, which or "truth"))


def _image(network: "Network", out: Path) -> Path:
    from hil.core.errors import BadInput
    from hil.core.whole_file import write_whole
    from hil_controllers.export.image import image_of

    made = image_of(network, "usart").read_bytes()
    try:
        write_whole(out, made)
    except OSError as error:
        raise BadInput(f"{out}: cannot be written: {error.strerror}") from error
    return out


def _network(word: str, to: Format, vehicle: str | None, out: Path | None, *, force: bool) -> Path:
    from hil.controller_choice import network_file
    from hil.core.errors import BadInput
    from hil.scenario.model import Scenario
    from hil_controllers.export.app import export_app
    from hil_controllers.export.folder import export_c
    from hil_controllers.network.shipped import load
    from hil_sim.vehicle_files import load_vehicle

    if Path(word).is_dir():
        raise BadInput(f"{word} is a folder; {to} is a format of networks", hint="--to csv, tum or mcap for a flight")
    name = load_vehicle(vehicle or Scenario.model_fields["vehicle"].default).name
    network = load(network_file(word, name), force=force)
    if to is Format.ELF:
        return _image(network, out or Path(f"{Path(word).stem}.elf"))
    folder = out or Path(f"{Path(word).stem}-{to}")
    if to is Format.CRAZYFLIE_APP:
        export_app(network, load_vehicle(vehicle or network.contract.vehicle.name), folder)
    else:
        export_c(network, folder)
    return folder
