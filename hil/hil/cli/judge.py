"""Commands that read run folders again: report, compare. Nothing is re-flown."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[list[Path], typer.Argument(help="Run folders, or folders of run folders.")],
    out: Annotated[Path, typer.Option(help="Folder for report.html, .md, .json and JUnit .xml.")] = Path("report"),
) -> None:
    """Write one self-contained report over runs: HTML, Markdown, JSON, JUnit."""
    from hil.cli.progress import steps
    from hil.run_folder import expand_runs
    from hil_reports.render import write_report

    folders = expand_runs(run)
    with steps("writing the report") as drawn:
        files = write_report(folders, out, drawn)
    print(files.html)


def compare(
    a: Annotated[Path, typer.Argument(help="A run folder, or a folder of repeats.")],
    b: Annotated[Path, typer.Argument(help="Another, of the same scenario.")],
    out: Annotated[Path, typer.Option(help="Folder for the comparison.")] = Path("comparison"),
) -> None:
    """Say where two flights of one scenario parted: per signal, the first instant outside the spread of the repeats."""
    from hil.cli.show import divergences
    from hil.run_folder import expand_runs
    from hil_reports.render import write_comparison

    written = write_comparison(expand_runs([a]), expand_runs([b]), out)
    divergences(written.comparison)
    print(written.html)
