"""Verdicts in the terminal: one line per scenario, target and controller; reasons for what did not pass."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hil.core.outcome import Outcome, RunResult
from hil.registry import VEHICLE_TARGETS

if TYPE_CHECKING:
    from hil.run_folder import RunSummary
    from hil_reports.compare import Comparison

_STYLE = {
    Outcome.PASS: "bold green",
    Outcome.FAIL: "bold red",
    Outcome.ABORTED: "bold magenta",
    Outcome.ERROR: "bold red",
}
_UNITS = {"share": "", "1": ""}


def verdicts(results: Sequence[RunResult], page: Path | None) -> None:
    """Print what was flown and how it went: a heading per scenario, target and controller, a line per criterion."""
    console = Console(highlight=False)
    for (scenario, target, controller), group in groupby(results, key=lambda r: (r.scenario, r.target, r.controller)):
        flights = list(group)
        worst = max(flights, key=lambda r: r.exit_code).outcome
        passed = sum(r.outcome is Outcome.PASS for r in flights)
        count = "" if len(flights) == 1 else f"   {passed} of {len(flights)} flights passed; worst values:"
        console.print(
            f"[{_STYLE[worst]}]{worst:<8}[/][bold]{scenario}[/] · {target} · {controller}{count}", soft_wrap=True
        )
        for metric in _criteria(flights) if any(m.value is not None for r in flights for m in r.measurements) else ():
            value, limit = _worst(flights, metric)
            console.print(f"        {metric:<40} {value}  [dim]{limit}[/]", soft_wrap=True)
        if against := _against(flights):
            console.print(f"        error against the {against}: no outside measurement", style="yellow")
        if not _criteria(flights) and worst is Outcome.PASS:
            console.print("        no criteria: judged is only that it flew to the end", style="yellow")
        for flight in flights:
            if flight.outcome is not Outcome.PASS:
                which = "" if len(flights) == 1 else f"repeat {flight.repeat} (seed {flight.seed}): "
                console.print(f"        {which}{escape(flight.reason)}", soft_wrap=True, style=_STYLE[flight.outcome])
    if len(results) == 1 and results[0].run_dir:
        console.print(f"\nrun     {results[0].run_dir}", soft_wrap=True)
    if page:
        console.print(f"report  {page}", soft_wrap=True)


def _against(flights: Sequence[RunResult]) -> str:
    """What the error of some of these flights is against, where that is not the truth; only a vehicle's can be."""
    from hil.core.types import TRUTH
    from hil.log_files import read_info

    if flights[0].target not in VEHICLE_TARGETS:
        return ""
    sources = {read_info(r.run_dir)[0].state_source for r in flights if r.run_dir and r.outcome is not Outcome.ERROR}
    return ", ".join(sorted(sources - {TRUTH}))


def _criteria(flights: Sequence[RunResult]) -> list[str]:
    return list(dict.fromkeys(m.metric for r in flights for m in r.measurements if m.limit is not None))


def _worst(flights: Sequence[RunResult], metric: str) -> tuple[str, str]:
    """Worst value of a metric over repeats and its limit, as text with units."""
    found = [m for r in flights for m in r.measurements if m.metric == metric and m.limit is not None]
    known = [m for m in found if m.value is not None]
    unit = _UNITS.get(found[0].unit, " " + found[0].unit)
    sign = "≥" if found[0].direction == "higher" else "≤"
    limit = f"{sign} {found[0].limit:.3g}{unit}"
    if len(known) < len(found):
        return f"[red]{escape(next(m.why for m in found if m.value is None))}[/]", limit
    pick = min if found[0].direction == "higher" else max
    worst = pick(known, key=lambda m: m.value if m.value is not None else 0.0)
    colour = "green" if worst.passed else "red"
    return f"[{colour}]{f'{worst.value:.3g}{unit}':>10}[/]", limit


def run_table(runs: "Sequence[RunSummary]") -> None:
    """Print one line per run folder; on a terminal as a table of its width, into a pipe never folded."""
    console = Console(highlight=False)
    if not runs:
        console.print("no runs here")
        return
    if not console.is_terminal:
        width = max(len(run.path.name) for run in runs)
        for run in runs:
            print(f"{run.path.name:<{width}}  {run.outcome:<8}  {' '.join(run.reason.split())}".rstrip())
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("run", "verdict", "reason"):
        table.add_column(heading, overflow="fold")
    for run in runs:
        style = _STYLE.get(Outcome(run.outcome), "") if run.outcome in Outcome.__members__ else "yellow"
        table.add_row(escape(run.path.name), f"[{style}]{run.outcome}[/]", escape(run.reason))
    console.print(table)


def divergences(comparison: "Comparison") -> None:
    """Print where two groups of flights parted: the answer, then each signal."""
    from hil_reports.formats.comparison import answer

    console = Console(highlight=False)
    console.print(answer(comparison), soft_wrap=True)
    for text in comparison.mind:
        console.print(f"[yellow]{escape(text)}[/]", soft_wrap=True)
    for found in comparison.divergences:
        when = "together" if found.t_s is None else f"{found.t_s:.2f} s"
        console.print(f"  {found.signal:<10} {when:>10}   [dim]{found.basis}[/]", soft_wrap=True)
