"""The report of a suite as one self-contained page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hil_reports.formats.figures import Figure
from hil_reports.formats.findings import Findings, kilobyte, lost, nanojoule, thousands
from hil_reports.formats.numbers import metric_label, unit_text
from hil_reports.formats.suite_markdown import short
from hil_reports.formats.suite_words import NOTES, UNTOLD
from hil_reports.formats.templating import fill
from hil_reports.neurons import NeuralRecord, read_neural_record
from hil_reports.plots import conditions, membranes, raster, sweep
from hil_reports.standings import Duel, Row


@dataclass(frozen=True, slots=True)
class Against:
    """The first controller beside another, condition by condition."""

    other: str
    sentence: str
    rows: tuple[tuple[Row, Duel], ...]


@dataclass(frozen=True, slots=True)
class Flight:
    """The neurons of one recorded flight."""

    controller: str
    figures: tuple[Figure, ...]
    steps: int


def render(found: Findings, folder: Path, drawn: Callable[[int, int], None] = lambda done, total: None) -> str:
    """The page; `folder` holds the run folders of recorded flights. Raises BadInput where one cannot be read."""
    controllers = found.standings.controllers
    single = [row for row in found.standings.rows if row.condition.value is None]
    swept: dict[str, list[Row]] = {}
    for row in found.standings.rows:
        if row.condition.value is not None:
            swept.setdefault(row.condition.cell, []).append(row)
    recorded = [one for one in found.results.controllers if one.recorded]
    total, figures = 1 + len(swept) + len(recorded), []
    drawn(0, total)
    overview = conditions.draw(_panels(single), controllers, name="conditions")
    for index, (cell, rows) in enumerate(swept.items(), start=1):
        condition = rows[0].condition
        picture = sweep.draw(rows, controllers, name=f"sweep{index}", label=_axis(rows[0]))
        if picture:
            figures.append(Figure(cell, picture, condition.description))
        drawn(1 + index, total)
    flights = []
    for index, one in enumerate(recorded):
        record = read_neural_record(folder / one.recorded)
        flights.append(Flight(one.name, _neural(record, one.name, f"neurons{index}"), len(record.spikes)))
        drawn(1 + len(swept) + index + 1, total)
    return fill(
        "suite.html",
        found=found,
        results=found.results,
        controllers=controllers,
        against=_against(found),
        overview=overview,
        single=single,
        swept=[row for rows in swept.values() for row in rows],
        sweeps=figures,
        flights=flights,
        wins=[(a, [None if a == b else found.standings.wins(a, b) for b in controllers]) for a in controllers],
        counted=len(found.standings.counted),
        flown_in_all=sum(len(result.flights) for of in found.results.results for result in of),
        notes=NOTES,
        untold=UNTOLD,
        short=short,
        lost=lost,
        thousands=thousands,
        nanojoule=nanojoule,
        kilobyte=kilobyte,
    )


def _panels(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Conditions by the unit of their metric: one scale each."""
    panels: dict[str, list[Row]] = {}
    for row in rows:
        unit = unit_text(row.condition.unit)
        panels.setdefault(f"the condition's metric, {unit}" if unit else "the condition's metric", []).append(row)
    return panels


def _axis(row: Row) -> str:
    unit = unit_text(row.condition.unit)
    return metric_label(row.condition.metric, row.condition.unit) + (f", {unit}" if unit else "")


def _against(found: Findings) -> list[Against]:
    focus, *others = found.standings.controllers
    rows = found.standings.rows
    return [
        Against(
            other,
            sentence,
            tuple((row, duel) for row in rows for duel in row.duels if (duel.a, duel.b) == (focus, other)),
        )
        for other, sentence in zip(others, found.sentences, strict=True)
    ]


def _neural(record: NeuralRecord, controller: str, name: str) -> tuple[Figure, ...]:
    drawn = (
        (
            "Spikes",
            raster.draw(record, title=f"spikes of {controller}"),
            f"Every neuron, the first {raster.SHOWN_S:g} s.",
        ),
        (
            "Membrane potentials",
            membranes.draw(record, name=f"{name}-membranes"),
            f"Some neurons of each layer, the first {membranes.SHOWN_S:g} s; a dot is a spike.",
        ),
        (
            "How busy the layers are",
            membranes.draw_activity(record, name=f"{name}-activity"),
            f"Moving mean over {membranes.SMOOTHED_S:g} s, the whole flight.",
        ),
    )
    return tuple(Figure(title, picture, note) for title, picture, note in drawn if picture is not None)
