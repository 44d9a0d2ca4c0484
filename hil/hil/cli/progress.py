"""What a person sees while flights are in the air: a bar with ETA, a live line with the position error."""

import math
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from hil.core.outcome import RunResult
    from hil.core.types import Sample

_REFRESH_S = 0.1


class Progress:
    """On stderr, on a terminal only; appears when the work takes longer than a moment."""

    def __init__(self, *, total: int, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[live]}"),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._bar.add_task("flying", total=total, live="")
        self._next_s = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def done(self, result: "RunResult") -> None:
        """One flight has ended."""
        self._bar.update(self._task, advance=1, description=f"{result.scenario} · {result.target}")

    def sample(self, sample: "Sample") -> None:
        """One tick of the flight in the air."""
        if sample.tick % 10 or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _REFRESH_S
        error_m = math.dist(sample.state.position, sample.setpoint.position)
        self._bar.update(self._task, live=f"t {sample.t_s:5.1f} s  position error {error_m:.3f} m")
