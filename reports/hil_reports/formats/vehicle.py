"""What a report shows of flights with a vehicle: what the error is against, how each phase went, the link."""

from collections.abc import Sequence
from dataclasses import dataclass

from hil.core.types import TRUTH
from hil.log import Log
from hil_reports.formats.numbers import number, percent
from hil_reports.formats.summary import GroupSummary
from hil_reports.gather import Flight
from hil_reports.link import Link, Spread, batteries_apart

PHASE = "phase"


@dataclass(frozen=True, slots=True)
class PhaseTable:
    """Phases across, flights down; a cell is (when, how it went), or None for a phase that a flight never reached."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[float, str] | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One flight's link, in words."""

    flight: str
    where: str
    latency: str
    jitter: str
    loss: str
    log_age: str
    rows: str
    battery: str


def against(state_source: str) -> str:
    """A warning where the error is against something else than the truth; empty where it is not."""
    if state_source == TRUTH:
        return ""
    return (
        f"Error against the {state_source}: no outside measurement. What the estimator gets wrong does not show in "
        "these numbers; in NanoBench's flights, which motion capture watched, that was 2 to 6 cm."
    )


def state_sources(a: Sequence[Log], b: Sequence[Log]) -> list[str]:
    """For each of two groups that are compared, a warning where its states are not the truth."""
    told = []
    for name, logs in (("A", a), ("B", b)):
        for source in sorted({log.info.state_source for log in logs} - {TRUTH}):
            told.append(f"{name} is flown as its {source} has it: nobody measured it from outside.")
    return told


def batteries_of(groups: Sequence[GroupSummary]) -> str:
    """A warning where flights that are put side by side began with batteries too far apart; empty where not."""
    flights = [flight for group in groups for flight in group.group.flights]
    return batteries_apart([flight.link.battery_start_v for flight in flights if flight.link])


def phases(flights: Sequence[tuple[str, Flight]]) -> PhaseTable | None:
    """Phases of these flights, named by label; None where none has any. An event is "name: how it went"."""
    told: list[tuple[str, dict[str, tuple[float, str]]]] = []
    for label, flight in flights:
        found: dict[str, tuple[float, str]] = {}
        for event in flight.log.events:
            if event.kind == PHASE:
                name, _, text = event.text.partition(": ")
                found[name] = (event.t_s, text)
        told.append((label, found))
    names = tuple(dict.fromkeys(name for _, found in told for name in found))
    if not names:
        return None
    return PhaseTable(names, tuple((label, tuple(found.get(name) for name in names)) for label, found in told))


def link_rows(flights: Sequence[tuple[str, Flight]]) -> tuple[LinkRow, ...]:
    """The links of those flights that had one."""
    return tuple(_row(label, flight.link) for label, flight in flights if flight.link is not None)


def _row(label: str, link: Link) -> LinkRow:
    of = (link.platform, f"firmware {link.firmware}" if link.firmware else "", link.positioning)
    return LinkRow(
        flight=label,
        where=" · ".join(filter(None, (link.uri, *of))),
        latency=_spread_ms(link.latency_s),
        jitter=_ms(link.jitter_s),
        loss="–" if link.loss_share is None else percent(link.loss_share),
        log_age=_spread_ms(link.log_age_s),
        rows=f"{_or_dash(link.rows_received)} of {_or_dash(link.rows_expected)}",
        battery=f"{_volts(link.battery_start_v)} → {_volts(link.battery_end_v)}",
    )


def _spread_ms(spread: Spread) -> str:
    return " / ".join(_bare_ms(value) for value in (spread.p50, spread.p95, spread.max)) + " ms"


def _bare_ms(value: float | None) -> str:
    return number(None if value is None else round(1000 * value, 1))


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{_bare_ms(value)} ms"


def _volts(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} V"


def _or_dash(value: int | None) -> str:
    return "–" if value is None else str(value)
