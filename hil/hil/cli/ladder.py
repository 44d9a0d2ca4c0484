"""`hil ladder`: one network, one task, one seed, from numpy to the chip, side by side."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hil.bench import Job
    from hil.ladder import Rung, Step

_EXAMPLE = "sil,c,pil"


def ladder(
    scenario: Annotated[str, typer.Argument(help="A scenario file or name.")],
    controller: Annotated[
        str, typer.Option("--controller", "-c", help="snn, ann-history, ann, or NETWORK.safetensors.")
    ] = "snn",
    rungs: Annotated[
        str | None,
        typer.Option(
            help="Which, separated by commas: sil (numpy or numba), c (its own C), pil (on a Cortex-M4), crazyflie (on "
            "board of a virtual one). Default: all, the last where cflib is installed.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Root seed, instead of the scenario's.")] = None,
    vehicle: Annotated[str | None, typer.Option(help="Vehicle, instead of the scenario's.")] = None,
    assign: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a scenario key.")
    ] = None,
    uri: Annotated[str | None, typer.Option(help="Of pil, as for hil run.")] = None,
    force: Annotated[bool, typer.Option("--force", help="As for hil run.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for run folders.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; nothing else on stdout.")] = False,
) -> None:
    """Fly the same task and seed on each rung, and say where anything first differs, by how much, and what it costs.

    Exit code: 0 all alike and passed, 1 two that must be equal are not, or a criterion failed, 2 bad input, 3 a rung is
    not there (its tools are missing), 4 aborted for safety.
    """
    from hil.cli.progress import steps
    from hil.core.errors import BadInput, unknown_name
    from hil.ladder import RUNGS, climb

    words = list(dict.fromkeys(word for word in rungs.split(",") if word)) if rungs is not None else _all(RUNGS)
    for word in words:
        if word not in RUNGS:
            raise BadInput(unknown_name("rung", word, RUNGS))
    if len(words) < 2:
        raise BadInput("a ladder has two rungs at least", hint=f"--rungs {_EXAMPLE}")
    overrides = {key: value for key, value in (("seed", seed), ("vehicle", vehicle)) if value is not None}

    def job_of(rung: "Rung") -> "Job":
        return _job(
            rung, scenario, controller, overrides, assign or [], uri if rung.target == "pil" else None, force, out
        )

    with steps("climbing", quiet=as_json) as told:
        climbed = climb([RUNGS[word] for word in words], job_of, told)
    if as_json:
        print(json.dumps([step.as_json() for step in climbed], indent=2, sort_keys=True))
    else:
        _show(climbed)
    raise typer.Exit(max(step.exit_code for step in climbed))


def _all(rungs: "Iterable[str]") -> list[str]:
    from importlib.util import find_spec

    return [name for name in rungs if name != "crazyflie" or find_spec("cflib")]


def _job(
    rung: "Rung",
    scenario: str,
    controller: str,
    overrides: dict[str, Any],
    assign: list[str],
    uri: str | None,
    force: bool,
    out: Path,
) -> "Job":
    """The rung's flight of repeat 0. Raises HilError, TargetUnavailable where its tools are missing."""
    from dataclasses import replace

    from hil.cli.jobs import expand
    from hil.core.errors import BadInput
    from hil.scenario.overrides import parse_settings

    jobs = expand(
        scenarios=[scenario],
        targets=[rung.target],
        controllers=[controller],
        overrides=overrides | parse_settings(assign),
        flights=[],
        flights_dir=None,
        out=out,
        force=force,
        engine=rung.engine,
        hardware=replace(rung.hardware, uri=uri) if uri else rung.hardware,
    )
    if len({job.scenario.name for job in jobs}) > 1:
        raise BadInput(f"{scenario}: {len(jobs)} scenarios; a ladder flies one")
    return jobs[0]


def _show(climbed: "list[Step]") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from hil_reports.formats.numbers import metric_label, with_unit

    flown = [step.result for step in climbed if step.result is not None]
    judged = {m.metric: m.unit for result in flown for m in result.measurements if m.limit is not None}
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("rung", "verdict", *(metric_label(name, unit) for name, unit in judged.items()), "a step costs"):
        table.add_column(heading, no_wrap=True)
    for step in climbed:
        if step.result is None:
            table.add_row(step.rung.name, "–")
            continue
        values = {m.metric: with_unit(m.value, m.unit) for m in step.result.measurements}
        metrics = [values.get(name, "–") for name in judged]
        table.add_row(step.rung.name, step.result.outcome.value, *metrics, _cost(step.cost or {}))
    console = Console(highlight=False)
    console.width = max(120, console.width)
    console.print(table)
    exact = [step for step in climbed if step.rung.exact and step.result is not None]
    first = exact[0] if exact else climbed[0]
    for step in climbed:
        for text, style in _told(step, first):
            console.print(f"[{style}]{step.rung.name}[/]: {escape(text)}", soft_wrap=True)


def _told(step: "Step", first: "Step") -> "list[tuple[str, str]]":
    """What is to be said of a rung, and in which style."""
    from hil.core.outcome import Outcome

    if step.result is None:
        return [(step.lacking, "yellow")]
    told = []
    if step.differs is not None:
        d = step.differs
        where = f"differs from {first.rung.name} first at tick {d.tick}, {d.t_s:.2f} s"
        told.append((f"{where}: {d.column} is {d.here!r}, not {d.first!r} ({d.by:+.3g})", "bold red"))
    elif step.rung.exact and step.log is not None and step is not first:
        told.append((f"{len(step.log)} samples, equal to {first.rung.name} bit for bit", "green"))
    if step.result.outcome is not Outcome.PASS:
        told.append((step.result.reason, "bold red"))
    return told


def _cost(cost: dict[str, Any]) -> str:
    if cost.get("mean") is None:
        return "nothing counts"
    return f"{cost['mean']:,.0f} {cost['unit']} (most {cost['most']:,.0f})"
