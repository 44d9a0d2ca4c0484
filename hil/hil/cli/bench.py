"""`hil bench`: how fast things are on this machine."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hil_sim.batch.benchmark import Benchmark, Speed

app = typer.Typer(help="Measure how fast things are on this machine.", no_args_is_help=True)


@app.callback()
def _root() -> None: ...


@app.command("plant")
def plant(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    rounds: Annotated[int, typer.Option(min=3, help="Rounds; each case once in each.")] = 9,
    min_ratio: Annotated[
        float, typer.Option(help="Exit 1 if the base model is less than this much faster than numpy.")
    ] = 0.0,
) -> None:
    """Plant steps per second of one core: the compiled batch, beside numpy in the same run."""
    from hil_sim.batch.benchmark import measured

    result = measured(rounds=rounds)
    if as_json:
        print(json.dumps(result.as_json(), indent=2))
    else:
        _table(result)
    if any(speed.ratio_to_numpy < min_ratio for speed in result.speeds if _is_gated(speed) and speed.ratio_to_numpy):
        raise typer.Exit(1)


def _is_gated(speed: "Speed") -> bool:
    return (speed.what, speed.model, speed.dtype) == ("kernel", "base", "float32")


def _table(result: "Benchmark") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("what", "model", "dtype", "vehicles", "µs a call", "quartiles", "M steps/s", "× numpy"):
        table.add_column(heading, justify="left" if heading in ("what", "model", "dtype") else "right")
    for speed in result.speeds:
        low, high = speed.call_us_quartiles
        ratio = "" if speed.ratio_to_numpy is None else f"{speed.ratio_to_numpy:.1f}"
        table.add_row(
            *(speed.what, speed.model, speed.dtype, f"{speed.vehicles:,}", f"{speed.call_us:.2f}"),
            *(f"{low:.2f}..{high:.2f}", f"{speed.million_steps_s:.1f}", ratio),
        )
    console = Console(highlight=False, width=max(100, Console().width))  # a figure cut off is worse than a folded line
    console.print(table)
    for model, meaning in result.models.items():
        console.print(f"[dim]{model}: {meaning}[/]", soft_wrap=True)
    console.print(f"[dim]{', '.join(f'{k} {v}' for k, v in result.environment.items())}[/]", soft_wrap=True)
