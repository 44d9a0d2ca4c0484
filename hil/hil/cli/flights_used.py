"""Which recorded flights were used, which windows of them were left out, and why: alike for every command."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.markup import escape

if TYPE_CHECKING:
    from rich.console import Console

    from hil_sim.fidelity.study import Excluded, Used


def tell(console: "Console", flights: "Iterable[Used]", excluded: "Iterable[Excluded]") -> None:
    """One dim line for each flight."""
    for used in flights:
        left_out = ", ".join(f"{count} {reason}" for reason, count in used.left_out.items())
        kind = "simulated, " if used.simulated else ""
        console.print(
            f"[dim]{escape(used.name)}: {kind}{used.controller}, {used.windows} windows"
            + (f"; left out: {left_out}[/]" if left_out else "[/]"),
            soft_wrap=True,
        )
    for flight in excluded:
        console.print(f"[dim]{escape(flight.name)}: left out: {escape(flight.reason)}[/]", soft_wrap=True)
