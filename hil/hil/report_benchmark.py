"""How long it takes to judge flights and to make one page over them, as `hil report` does.

Wall time over run folders made for it in a temporary folder, beside the time it took to make them in the same run.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hil.batch_benchmark import DURATION_S, flown_into, hover
from hil.machine import machine
from hil.stopwatch import Told, ignore, in_turn
from hil_reports.formats import html, json, junit, markdown
from hil_reports.formats.summary import Summary, summarise
from hil_reports.gather import gather
from hil_reports.render import need_extra, write_report

JUDGE, HTML, TEXTS, ALL = "read and judge", "HTML page", "Markdown, JSON, JUnit", "hil report"
LEGEND = {
    JUDGE: "run folders read, every metric of every flight, means and intervals over repeats",
    HTML: "the page and its plots, from what was judged",
    TEXTS: "the other three formats, from what was judged",
    ALL: "all of it, with the files written",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSpeed:
    """One step of a report, measured. `ratio_to_flying`: how much faster than making these flights with `hil run`."""

    what: str
    flights: int
    seconds: float
    seconds_quartiles: tuple[float, float]
    flight_ms: float
    ratio_to_flying: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBenchmark:
    """What was measured, and on what."""

    environment: dict[str, Any]  # the machine
    legend: dict[str, str]  # what the names of steps stand for
    duration_s: float  # of a flight
    flying_s: float  # to make one of the flights
    rounds: int
    speeds: tuple[ReportSpeed, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def measured_report(
    flights: int = 100, *, duration_s: float = DURATION_S, rounds: int = 3, told: Told = ignore
) -> ReportBenchmark:
    """Time the report over `flights` hover flights, and over a tenth of them. Raises BadInput without the extra."""
    need_extra()
    environment = machine()
    steps: dict[tuple[str, int], Callable[[], object]] = {}
    with tempfile.TemporaryDirectory(prefix="hil-bench-") as name:
        folder = Path(name)
        begin_s = time.perf_counter()
        runs = flown_into(folder / "runs", hover(flights, duration_s), flights, told=told)
        flying_s = (time.perf_counter() - begin_s) / flights
        for count in dict.fromkeys((max(1, flights // 10), flights)):
            some = runs[:count]
            judged = summarise(gather(some))
            steps |= {
                (JUDGE, count): partial(_judged, some),
                (HTML, count): partial(html.render, judged),
                (TEXTS, count): partial(_texts, judged),
                (ALL, count): partial(write_report, some, folder / "report"),
            }
        write_report(runs[:1], folder / "report")  # fonts and templates are found once
        times = in_turn(steps, rounds=rounds, clock=time.perf_counter, told=told)
    return ReportBenchmark(
        environment=environment,
        legend=LEGEND,
        duration_s=duration_s,
        flying_s=flying_s,
        rounds=rounds,
        speeds=tuple(
            ReportSpeed(
                what=what,
                flights=count,
                seconds=seconds.median,
                seconds_quartiles=seconds.quartiles,
                flight_ms=1e3 * seconds.median / count,
                ratio_to_flying=flying_s * count / seconds.median,
            )
            for (what, count), seconds in times.items()
        ),
    )


def _judged(runs: list[Path]) -> Summary:
    return summarise(gather(runs))


def _texts(judged: Summary) -> tuple[str, str, str]:
    return markdown.render(judged), json.render(judged), junit.render(judged)
