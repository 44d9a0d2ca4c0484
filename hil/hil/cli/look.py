"""Commands that only look: validate, scenarios, runs, doctor."""

import json
from pathlib import Path
from typing import Annotated

import typer


def validate(
    scenario: Annotated[list[str], typer.Argument(help="Scenario files, folders or names.")],
) -> None:
    """Check scenarios without flying: keys, values, vehicle, feasibility."""
    import sys

    from hil.core.errors import BadInput
    from hil.preflight import check
    from hil.scenario.model import Scenario
    from hil.scenario.shipped import find

    worst = 0
    for path in find(scenario):
        try:
            found = check(Scenario.load(path))
        except BadInput as error:
            print(f"hil: {error}", file=sys.stderr)
            worst = error.exit_code
        else:
            print(f"ok  {path}   {found}")
    raise typer.Exit(worst)


def scenarios() -> None:
    """List the scenarios that ship."""
    from rich.console import Console
    from rich.table import Table

    from hil.scenario.model import Scenario
    from hil.scenario.shipped import shipped_dir, shipped_names

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("name", "task", "vehicle", "duration", "what it shows"):
        table.add_column(heading, justify="right" if heading == "duration" else "left")
    for name, path in shipped_names().items():
        found = Scenario.load(path)
        table.add_row(name, found.task.kind, found.vehicle, f"{found.duration_s:g} s", found.description)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"[dim]{shipped_dir()}[/]", soft_wrap=True)


def runs(
    root: Annotated[Path, typer.Argument(help="Folder of run folders.")] = Path("runs"),
    scenario: Annotated[str | None, typer.Option(help="Only this scenario.")] = None,
    target: Annotated[str | None, typer.Option(help="Only this target.")] = None,
    controller: Annotated[str | None, typer.Option(help="Only this controller.")] = None,
    outcome: Annotated[str | None, typer.Option(help="Only PASS, FAIL, ABORTED, ERROR, UNJUDGED or DAMAGED.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List run folders, oldest first."""
    from hil.cli.show import run_table
    from hil.run_folder import list_runs

    found = list_runs(root, scenario=scenario, target=target, controller=controller, outcome=outcome)
    if as_json:
        print(json.dumps([summary.as_json() for summary in found], indent=2, sort_keys=True))
    else:
        run_table(found)


def doctor() -> None:
    """Say what works on this machine, and how to get what does not."""
    from hil.cli.diagnosis import diagnose

    raise typer.Exit(diagnose())
