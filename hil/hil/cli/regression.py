"""`hil check` and `hil refresh`: are flights still what they were, and what they are to be from now on."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hil.regression import Cases
    from hil_reports.regression.checked import Checked
    from hil_reports.regression.reference import References

Scenarios = Annotated[
    list[str] | None, typer.Argument(help="Scenario files, folders or names; default: scenarios/.", show_default=False)
]
Target = Annotated[
    list[str] | None, typer.Option("--target", "-t", help="Default: those that have references.", show_default=False)
]
Controller = Annotated[
    list[str] | None,
    typer.Option("--controller", "-c", help="Several: repeat or separate by commas. Default: as for --target."),
]
Folder = Annotated[
    Path | None, typer.Option("--reference", help="Folder of reference results; default: those that ship.")
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", min=1, help="Scenarios at a time; default: one per core.", show_default=False)
]
CORES = os.cpu_count() or 1
_STYLE = {"SAME": "green", "BETTER": "bold yellow", "WORSE": "bold red", "ERROR": "bold red", "NEW": "bold cyan"}


def check(
    scenario: Scenarios = None,
    target: Target = None,
    controller: Controller = None,
    reference: Folder = None,
    jobs: Jobs = CORES,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML file to write, for CI machines.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; nothing else on stdout.")] = False,
) -> None:
    """Fly scenarios again and compare with their reference results; worse beyond tolerance fails.

    Exit code: 0 as good or better, 1 worse, 2 bad input (a reference missing, or made for another scenario), 70 a bug.
    """
    from hil.cli.progress import steps
    from hil.regression import check_all, refuse_stale
    from hil_reports.regression import tolerances

    references, cases = _ask(scenario, target, controller, reference)
    refuse_stale(cases.cases, references)
    with steps("flying", quiet=as_json) as told:
        checked = check_all(cases.cases, tolerances.read(references.folder), workers=jobs, told=told)
    if junit is not None:
        _write(junit, checked)
    if as_json:
        print(json.dumps([one.as_json() for one in checked], indent=2, sort_keys=True))
    else:
        _show(checked, cases.notes, all_rows=False)
    raise typer.Exit(max(one.exit_code for one in checked))


def refresh(
    scenario: Scenarios = None,
    target: Target = None,
    controller: Controller = None,
    reference: Folder = None,
    jobs: Jobs = CORES,
    repeats: Annotated[
        int | None, typer.Option("--repeats", "-n", min=2, help="Flights of each; default: as before, or 5.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
) -> None:
    """Make new reference results: fly, show what differs from those that are there, ask, write.

    A section whose numbers have not changed stays as it is. Look at the difference before it goes into a commit.
    """
    from hil.cli.progress import steps
    from hil.core.errors import BadInput
    from hil.regression import check_all
    from hil_reports.regression import tolerances as tolerance_file
    from hil_reports.regression.flown import compared_metrics
    from hil_reports.regression.reference import is_installed, shipped_folder

    if not yes and not sys.stdin.isatty():
        raise BadInput("hil refresh asks before it writes, and nobody is there to answer", hint="--yes: do not ask")
    if is_installed(reference or shipped_folder()):
        raise BadInput("the references that ship with hil are not yours to change", hint="--reference DIR for your own")
    references, cases = _ask(scenario, target, controller, reference, repeats)
    metrics = {metric for case in cases.cases for metric in compared_metrics(case.scenario)}
    tolerances = tolerance_file.completed(references.folder, metrics)
    with steps("flying") as told:
        checked = check_all(cases.cases, tolerances, workers=jobs, told=told)
    _show(checked, cases.notes, all_rows=True)
    broken = max(one.error_code for one in checked)
    if broken:
        print("hil: nothing written: not every scenario could be flown", file=sys.stderr)
        raise typer.Exit(broken)
    changed = [(case, one) for case, one in zip(cases.cases, checked, strict=True) if one.changed]
    if not changed:
        print("nothing has changed; nothing to write")
        return
    if not yes and not typer.confirm(f"write {len(changed)} of {len(checked)} results to {references.folder}?"):
        print("nothing written")
        return
    for case, one in changed:
        assert one.new is not None
        references = references.updated(case.who, case.scenario.name, one.new)
    for who in dict.fromkeys(case.who for case, _ in changed):
        print(references.write(who))
    tolerance_file.add(references.folder, metrics)


def _ask(
    scenarios: list[str] | None,
    targets: list[str] | None,
    controllers: list[str] | None,
    reference: Path | None,
    repeats: int | None = None,
) -> "tuple[References, Cases]":
    """The references meant, and what is to be flown. Raises BadInput."""
    from hil.cli.fly import words
    from hil.regression import cases_of
    from hil.scenario.shipped import find
    from hil_reports.regression.reference import read, shipped_folder

    references = read(reference or shipped_folder())
    return references, cases_of(
        find(scenarios or ["scenarios"]),
        references,
        targets=words(targets),
        controllers=words(controllers),
        repeats=repeats,
    )


def _show(checked: "Sequence[Checked]", notes: "Sequence[str]", *, all_rows: bool) -> None:
    from collections import Counter

    from rich.console import Console
    from rich.markup import escape

    from hil_reports.formats.check_text import details, headline

    console = Console(highlight=False)
    for one in checked:
        line = headline(one)
        console.print(f"[{_STYLE[one.verdict]}]{one.verdict}[/]{escape(line[len(one.verdict) :])}", soft_wrap=True)
        for text in details(one, all_rows=all_rows):
            console.print(escape(text), soft_wrap=True)
    for note in notes:
        console.print(f"[dim]{escape(note)}[/]", soft_wrap=True)
    found = Counter(one.verdict for one in checked)
    console.print(", ".join(f"{count} {verdict.lower()}" for verdict, count in sorted(found.items())))


def _write(path: Path, checked: "Sequence[Checked]") -> None:
    from hil.core.errors import BadInput
    from hil_reports.formats.check_junit import render

    try:
        path.write_text(render(checked), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--junit {path}: cannot be written: {error.strerror}") from error
