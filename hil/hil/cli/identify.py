"""A vehicle file from recorded flights: identify."""

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from hil.flights.reader import Flight
    from hil_sim.identify.estimate import Estimate
    from hil_sim.identify.study import Identified

_REMARKS_BESIDE = 130  # columns of a terminal that has room for them


def identify(
    flight: Annotated[
        list[Path] | None, typer.Argument(help="Recorded flights or folders of them; default: all in $HIL_FLIGHTS.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Vehicle file to write, .toml; its name is the vehicle's.")] = None,
    base: Annotated[
        str, typer.Option(help="Vehicle whose geometry is taken, and whatever the flights do not show.")
    ] = "cf21-identified",
    mass_kg: Annotated[float | None, typer.Option(help="Mass, which no flight shows; default: the base's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Identify a vehicle from recorded flights: thrust, battery, lag, torque gain, drag, noise, each with ±.

    Two flights or more are needed, of 20 s: from one, only hover is told.

    Given, as no flight shows them: mass, arm and torque per thrust.

    Without --out nothing is written. More in docs/identify.md.
    """
    from hil.cli.fidelity import read_flights
    from hil.cli.progress import steps
    from hil_sim.identify.study import identify as identified
    from hil_sim.identify.vehicle_text import vehicle_toml
    from hil_sim.vehicle_files import load_vehicle, read_vehicle

    _check(out, mass_kg, force=force)
    vehicle = load_vehicle(base)
    with steps("reading flights", quiet=as_json) as read:
        flights = read_flights(flight or [], read)
    found = identified(flights, vehicle, mass_kg=mass_kg, held=_held)
    if out is not None:  # before the table, which a pager may cut short
        text = vehicle_toml(found, out.stem)
        read_vehicle(text, where=str(out))
        _write(out, text)
    if as_json:
        print(json.dumps(found.as_json(), indent=2, allow_nan=False))
    else:
        _show(found)
    if out is not None:
        typer.echo(out, err=as_json)


def _held(flight: "Flight") -> bool:
    """Whether the flight's controller decided no more often than rows were logged."""
    from hil import registry
    from hil_sim.vehicle_files import load_vehicle

    info = flight.log.info
    if not info.simulated or info.controller not in registry.CONTROLLERS:
        return False
    build = registry.load(registry.CONTROLLERS, "controller", info.controller)
    return bool(build(load_vehicle("cf21-identified")).rate_hz <= info.rate_hz)


def _check(out: Path | None, mass_kg: float | None, *, force: bool) -> None:
    from hil.core.errors import BadInput

    if mass_kg is not None and not (math.isfinite(mass_kg) and mass_kg > 0):
        raise BadInput(f"--mass-kg {mass_kg:g}: must be finite and above 0")
    if out is None:
        return
    if out.name == ".toml":
        raise BadInput(f"--out {out}: needs a name before .toml, which is the vehicle's")
    if out.suffix != ".toml":
        raise BadInput(f"--out {out}: must end in .toml")
    if out.is_dir():
        raise BadInput(f"--out {out}: is a folder")
    if not out.parent.is_dir():
        raise BadInput(f"--out {out}: no folder {out.parent}")
    if out.exists() and not force:
        raise BadInput(f"--out {out}: exists", hint="--force overwrites it")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise BadInput(f"--out {out}: cannot be written, permission denied")


def _write(out: Path, text: str) -> None:
    from hil.core.errors import BadInput

    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--out {out}: cannot be written, {(error.strerror or str(error)).lower()}") from error


def _show(found: "Identified") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from hil.cli.flights_used import tell
    from hil_sim.identify.vehicle_text import sensors_yaml

    console = Console(highlight=False)
    beside = console.width >= _REMARKS_BESIDE
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("quantity", no_wrap=True)
    table.add_column("identified", justify="right", no_wrap=True)
    table.add_column(found.base.name, justify="right")
    if beside:
        table.add_column("remark", style="dim")
    for each in found.estimates.values():
        was = "" if each.base is None else f"{each.base:.4g}"
        label = f"{each.label}, {each.unit}" if each.unit else each.label
        table.add_row(label, _said(each), was, *([escape(each.remark)] if beside else []))
    console.print(table)
    if not beside:
        console.print()
        for each in found.estimates.values():
            if each.remark and not (found.too_few and found.too_few in each.remark):  # told once, below
                console.print(f"[dim]{each.label}: {escape(each.remark)}[/]", soft_wrap=True)
    if found.too_few:
        console.print(
            f"\n[bold]{found.too_few}[/]: how sure a number is shows in two flights or more, of 20 s; "
            f"hover and mismatch only are told, the rest is kept from {escape(found.base.name)}",
            soft_wrap=True,
        )
    if found.unlike:
        console.print(
            f"\n[bold]these flights may be of more than one vehicle[/]: they differ in {'; '.join(found.unlike)}",
            soft_wrap=True,
        )
    _ridge(found, console)
    console.print("\n[dim]what the controller saw, for a scenario:[/]")
    console.print(escape(sensors_yaml(found)), soft_wrap=True)
    console.print()
    tell(console, found.flights, found.excluded)
    count = len(found.flights)
    drawn = "" if found.too_few else f", from drawing {found.drawn} again"
    console.print(
        f"[dim]{found.windows} windows of {count} flight{'' if count == 1 else 's'}; "
        f"± is one standard uncertainty{drawn}; "
        f"mass {found.mass_kg:g} kg, arm and torque per thrust of {escape(found.base.name)} "
        "cannot be seen in flight[/]",
        soft_wrap=True,
    )


def _ridge(found: "Identified", console: "Console") -> None:
    if not found.ridge:
        return
    shown = [lag_s for lag_s in (0.03, 0.045, 0.06, 0.08) if lag_s in found.ridge]
    listed = "; ".join(
        f"lag {lag_s:g} s: {found.ridge[lag_s][0]:.0f} and {found.ridge[lag_s][1]:.0f}, "
        f"delay {1000 * found.ridge[lag_s][2]:.0f} ms"
        for lag_s in shown
    )
    console.print(f"\n[dim]torque gain roll and pitch along the ridge: {listed}[/]", soft_wrap=True)
    alone = ", ".join(f"{name} alone gives a lag of {lag_s:.3f} s" for name, lag_s in found.lag_alone_s.items())
    console.print(
        f"[dim]errors of the estimator move {100 * found.share:.0f} % of the differential thrust compared; "
        f"as instruments, {alone}[/]",
        soft_wrap=True,
    )


def _said(each: "Estimate") -> str:
    if each.value is None:
        return "[dim]–[/]"
    if each.std is None:
        return f"{each.value:.3g}"
    digits = max(0, 1 - math.floor(math.log10(each.std))) if each.std > 0 else 3
    digits = min(digits, 5)
    return f"{each.value:.{digits}f} [dim]±[/] {each.std:.{digits}f}"
