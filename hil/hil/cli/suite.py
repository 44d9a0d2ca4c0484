"""`hil suite`: controllers side by side over many conditions, one report."""

from pathlib import Path
from typing import Annotated

import typer


def suite(
    file: Annotated[str, typer.Argument(help="A suite file, or the name of one that ships: controllers.")],
    controller: Annotated[
        list[str] | None,
        typer.Option("--controller", "-c", help="Controllers, instead of the file's; several: repeat or use commas."),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option("--repeats", "-n", help="Paired flights of each condition, instead of the file's.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for results and report.", show_default="suites/NAME")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Fly every controller in every condition from the same seeds; write one report: who is better where.

    What is flown is kept beside the report: after an interruption, or a change of one cell, only what is missing flies.

    Exit code: 0 all flown, whoever is better; 1 a controller broke somewhere; 2 bad input; 4 interrupted.
    """
    from hil.cli.fly import words
    from hil.cli.progress import steps
    from hil.suite.fly import fly_suite
    from hil.suite.model import find_suite, load_suite
    from hil_reports.render import need_extra, write_suite

    need_extra()
    loaded = load_suite(find_suite(file), repeats=repeats)
    folder = out or Path("suites") / loaded.file.name
    with steps("flying", quiet=as_json) as told:
        results = fly_suite(loaded, folder, controllers=words(controller), workers=jobs, told=told)
    with steps("writing the report", quiet=as_json) as drawn:
        written = write_suite(results, folder, drawn)
    if as_json:
        print(written.json.read_text(encoding="utf-8"), end="")
    else:
        print("\n".join((written.headline, *written.sentences)))
        print(written.html)
    broken = any(result.error for row in results.results for result in row)
    raise typer.Exit(int(broken or any(one.unrecorded for one in results.controllers)))
