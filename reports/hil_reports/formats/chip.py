"""What a report shows of flights on a chip: cost of a step and memory, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from hil_reports.chip import ChipFlight, Cost
from hil_reports.gather import Flight


@dataclass(frozen=True, slots=True)
class ChipRow:
    """One flight's chip."""

    flight: str
    where: str
    unit: str
    network: str
    observation: str
    worst: str
    flash: str
    ram: str
    stack: str


def chip_rows(flights: Sequence[tuple[str, Flight]]) -> tuple[ChipRow, ...]:
    """Of those flights that were on one."""
    return tuple(_row(label, flight.chip) for label, flight in flights if flight.chip is not None)


def _row(label: str, chip: ChipFlight) -> ChipRow:
    replayed = "" if chip.golden_steps is None else f" · {chip.golden_steps} golden steps replayed"
    return ChipRow(
        flight=label,
        where=f"{chip.uri} · CPUID {chip.cpu_id}{replayed}",
        unit=f"{chip.unit} a step, mean / most" if chip.unit else "nothing counts there",
        network=_spread(chip.network),
        observation=_spread(chip.observation),
        worst="–" if chip.worst is None else f"{chip.worst:,.0f}",
        flash=_kilobytes(chip.flash_bytes),
        ram=_kilobytes(chip.ram_bytes),
        stack=f"{_kilobytes(chip.stack_used_bytes)} of {_kilobytes(chip.stack_bytes)}",
    )


def _spread(cost: Cost | None) -> str:
    return "–" if cost is None else f"{cost.mean:,.0f} / {cost.most:,.0f}"


def _kilobytes(size: int | None) -> str:
    return "–" if size is None else f"{size / 1000:.1f} kB"
