"""How well vehicle files predict recorded flights: fidelity."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hil.core.vehicle import Vehicle
    from hil.flights.reader import Flight
    from hil_sim.fidelity.study import Fidelity

# quantity → heading, unit, factor from SI
_SHOWN = {
    "position_m": ("position", "cm", 100.0),
    "velocity_m_s": ("velocity", "m/s", 1.0),
    "attitude_rad": ("attitude", "°", 57.29577951308232),
    "rate_rad_s": ("rate", "rad/s", 1.0),
}
_DRAWN_AS = (".svg", ".png", ".pdf")


def fidelity(
    flight: Annotated[
        list[Path] | None, typer.Argument(help="Recorded flights or folders of them; default: all in $HIL_FLIGHTS.")
    ] = None,
    vehicle: Annotated[
        list[str] | None, typer.Option(help="Vehicle name or TOML file; repeat for several.", show_default=False)
    ] = None,
    level: Annotated[
        bool, typer.Option("--level", help="Also remove the tilt of the marker frame, from the second before.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Figure to write: .svg, .png or .pdf.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say how far vehicle files predict recorded flights, open loop, beside holding rates and specific force."""
    from hil.cli.progress import steps
    from hil_sim.fidelity.study import assess
    from hil_sim.vehicle_files import load_vehicle

    _check_figure(out)
    vehicles = _told_apart({name: load_vehicle(name) for name in vehicle or ["cf21-identified"]})
    with steps("reading flights", quiet=as_json) as read:
        flights = read_flights(flight or [], read)
    result = assess(flights, vehicles, level=level)
    if as_json:
        print(json.dumps(result.as_json(), indent=2, sort_keys=True))
    else:
        _table(result)
    if out is not None:
        _draw(result, out)
        typer.echo(out, err=as_json)


def _told_apart(vehicles: "dict[str, Vehicle]") -> "list[Vehicle]":
    """Vehicles under their own names, or as they were asked for where two have the same one."""
    names = [vehicle.name for vehicle in vehicles.values()]
    return [
        replace(vehicle, name=asked) if names.count(vehicle.name) > 1 else vehicle
        for asked, vehicle in vehicles.items()
    ]


def read_flights(named: list[Path], told: Callable[[int, int], None]) -> "list[Flight]":
    """Flights named, in folders named, or in $HIL_FLIGHTS; `told` (done, total) as they are read. Raises BadInput."""
    from hil.core.errors import BadInput
    from hil.flights.find import ENVIRONMENT, find_flights, is_flight
    from hil.flights.reader import read_flight

    try:
        paths = [
            path
            for one in named
            for path in (find_flights(None, one, {}) if one.is_dir() and not is_flight(one) else [one])
        ] or find_flights(None, None, os.environ)
    except BadInput as error:  # it names an option, and here folders are arguments
        raise BadInput(error.message.removeprefix("--flights "), hint=error.hint) from error
    if not paths:
        raise BadInput("no flight given", hint=f"name files or folders, or set {ENVIRONMENT}")
    flights = []
    for count, path in enumerate(paths, start=1):
        flights.append(read_flight(path))
        told(count, len(paths))
    return flights


def _check_figure(out: Path | None) -> None:
    from hil.core.errors import BadInput

    if out is None:
        return
    if out.suffix not in _DRAWN_AS:
        raise BadInput(f"--out {out}: must end in {', '.join(_DRAWN_AS)}")
    if not out.parent.is_dir():
        raise BadInput(f"--out {out}: no folder {out.parent}")
    if find_spec("matplotlib") is None:
        raise BadInput("--out needs matplotlib", hint="pip install 'hil-bench[report]'")


def _table(result: "Fidelity") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from hil.cli.flights_used import tell
    from hil_sim.fidelity.windows import HORIZONS_S

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("root mean square error after")
    for horizon_s in HORIZONS_S:
        table.add_column(f"{horizon_s:g} s", justify="right")
    for quantity, (heading, unit, factor) in _SHOWN.items():
        table.add_row(f"[bold]{heading}, {unit}[/]")
        for model in result.models:
            found = model.errors[quantity]
            spread = found.deviation or (None,) * len(found.rmse)
            cells = [
                f"{factor * value:.3g}" + ("" if sd is None else f" [dim]± {factor * sd:.1g}[/]")
                for value, sd in zip(found.rmse, spread, strict=True)
            ]
            table.add_row(f"  {escape(model.name)}", *cells)
    console.print(table)
    for model in result.models:
        if gain := model.gain:
            console.print(
                f"[dim]{escape(model.name)}: torque gain roll {gain.roll_rad_s2_per_n_kg:.0f}, pitch "
                f"{gain.pitch_rad_s2_per_n_kg:.0f} rad/s² per N/kg, over lag {gain.fast_roll:.0f} and "
                f"{gain.fast_pitch:.0f}, rate damping {gain.rate_damping_1_s:g} 1/s[/]",
                soft_wrap=True,
            )
    tell(console, result.flights, result.excluded)
    adapted = "thrust scale, torque offsets" + (" and marker tilt" if result.levelled else "")
    console.print(
        f"[dim]{result.windows} windows of {len(result.flights)} flights; {adapted} from before each window[/]",
        soft_wrap=True,
    )


def _draw(result: "Fidelity", out: Path) -> None:
    from hil_reports.plots.prediction_error import Curve, draw
    from hil_sim.fidelity.windows import HORIZONS_S

    panels = {
        f"{heading}, {unit}": [
            Curve(
                model.name,
                tuple(factor * value for value in model.errors[quantity].rmse),
                tuple(factor * value for value in model.errors[quantity].deviation or ()),
            )
            for model in result.models
        ]
        for quantity, (heading, unit, factor) in _SHOWN.items()
    }
    draw(panels, HORIZONS_S, out)
