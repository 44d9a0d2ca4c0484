"""`hil bench`: how fast things are on this machine."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

app = typer.Typer(help="Measure how fast things are on this machine.", no_args_is_help=True)

_INSTALL = {"gymnasium": "pip install 'hil-bench[gym]'", "numba": "pip install 'hil-bench[fast]'"}
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Rounds = Annotated[int, typer.Option(min=3, help="Rounds; each case in turn in each.")]


@app.callback()
def _root() -> None: ...


@app.command("plant")
def plant(
    as_json: AsJson = False,
    rounds: Rounds = 9,
    min_ratio: Annotated[
        float, typer.Option(help="Exit 1 if the base model is less than this much faster than numpy.")
    ] = 0.0,
) -> None:
    """Plant and environment steps per second of one core, beside numpy in the same run."""
    from hil.cli.progress import steps
    from hil_sim.benchmark import measured_plant

    with steps("measuring", quiet=as_json, still=True) as told:
        result = measured_plant(rounds=rounds, told=told)
    if as_json:
        print(json.dumps(result.as_json(), indent=2))
    else:
        _table(
            ("what", "model", "dtype", "vehicles", "µs/call", "± %", "M steps/s", "× numpy"),
            [
                (
                    *(speed.what, speed.model, speed.dtype, f"{speed.vehicles:,}", f"{speed.call_us:.2f}"),
                    *(_spread(speed.call_us, speed.call_us_quartiles), f"{speed.million_steps_s:.1f}"),
                    "" if speed.ratio_to_numpy is None else f"{speed.ratio_to_numpy:.1f}",
                )
                for speed in result.speeds
            ],
            words=3,
        )
        _notes("CPU time of 10 ms", result.rounds, result.legend, result.environment)
        _absent(result.absent, "not measured")
    _gate(result.gated_ratio, min_ratio, "the compiled loop (base)", "numpy")


@app.command("run")
def run(
    flights: Annotated[int, typer.Option(min=1, help="Flights at once; fewer where they fly one by one.")] = 1000,
    as_json: AsJson = False,
    rounds: Rounds = 3,
    min_ratio: Annotated[
        float, typer.Option(help="Exit 1 if flights at once, in arrays, are less than this much faster than alone.")
    ] = 0.0,
) -> None:
    """Hover flights per second: many at once, and one after the other in the same run."""
    from hil.batch_benchmark import measured_flights
    from hil.cli.progress import steps

    with steps("measuring", quiet=as_json, still=True) as told:
        result = measured_flights(flights, rounds=rounds, told=told)
    if as_json:
        print(json.dumps(result.as_json(), indent=2))
    else:
        _table(
            ("what", "flights", "s", "± %", "flights/s", "× real time", "× run"),
            [
                (
                    *(speed.what, f"{speed.flights:,}", f"{speed.seconds:.2f}"),
                    *(_spread(speed.seconds, speed.seconds_quartiles), f"{speed.flights_s:,.1f}"),
                    *(f"{speed.times_real:,.0f}", f"{speed.ratio_to_run:.2f}"),
                )
                for speed in result.speeds
            ],
        )
        _notes(f"wall time, flights of {result.duration_s:g} s", result.rounds, result.legend, result.environment)
        _absent(result.absent, "flights at once are flown by numpy")
    _gate(result.gated_ratio, min_ratio, "run_batch, arrays", "run")


@app.command("report")
def report(
    flights: Annotated[int, typer.Option(min=2, help="Flights in the report; a tenth of them is reported, too.")] = 100,
    as_json: AsJson = False,
    rounds: Rounds = 3,
) -> None:
    """Seconds to judge flights and to make one page over them, beside flying them in the same run."""
    from hil.cli.progress import steps
    from hil.report_benchmark import measured_report

    with steps("flying, then measuring", quiet=as_json, still=True) as told:
        result = measured_report(flights, rounds=rounds, told=told)
    if as_json:
        print(json.dumps(result.as_json(), indent=2))
    else:
        _table(
            ("what", "flights", "s", "± %", "ms/flight", "× flying"),
            [
                (
                    *(speed.what, f"{speed.flights:,}", f"{speed.seconds:.3f}"),
                    *(_spread(speed.seconds, speed.seconds_quartiles), f"{speed.flight_ms:.2f}"),
                    f"{speed.ratio_to_flying:,.1f}",
                )
                for speed in result.speeds
            ],
        )
        flown = f"wall time, flights of {result.duration_s:g} s"
        legend = {"flying": f"hil run in this run: {1e3 * result.flying_s:.0f} ms a flight"} | result.legend
        _notes(flown, result.rounds, legend, result.environment)


def _spread(median: float, quartiles: tuple[float, float]) -> str:
    """Half the distance of the quartiles, in percent of the median."""
    low, high = quartiles
    return f"{50.0 * (high - low) / median:.0f}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, words: int = 1) -> None:
    """Columns on stdout, the first `words` of them flush left; at most 80 wide."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < words else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False)
    console.width = max(80, console.width)  # a figure cut off is worse than a folded line
    console.print(table)


def _notes(measured: str, rounds: int, legend: Mapping[str, str], machine: Mapping[str, Any]) -> None:
    """What the table shows, dim."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"[dim]{measured}; medians of {rounds} rounds; ±: half the interquartile range[/]")
    for name, meaning in legend.items():
        console.print(f"[dim]{name}: {meaning}[/]")
    console.print(f"[dim]{', '.join(f'{k} {v}' for k, v in machine.items() if v is not None)}[/]")


def _absent(names: Sequence[str], so: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    for name in names:
        how = escape(f"{name} is not installed: {so} ({_INSTALL[name]})")
        Console(highlight=False).print(f"[yellow]{how}[/]", soft_wrap=True)


def _gate(ratio: float, least: float, what: str, rival: str) -> None:
    if ratio < least:
        typer.echo(f"hil: {what} is {ratio:.2f} × {rival}, less than {least:g} ×", err=True)
        raise typer.Exit(1)
