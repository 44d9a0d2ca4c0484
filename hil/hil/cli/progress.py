"""What a person sees while flights are in the air: a bar with ETA, a live line with the position error."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from hil.core.outcome import RunResult
    from hil.core.types import Sample

_REFRESH_S = 0.1


@contextmanager
def steps(doing: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar with ETA for work that tells (done, total) as it goes."""
    with _bar(quiet=quiet) as bar:
        task = bar.add_task(doing, total=None, live="")
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _bar(*, quiet: bool) -> "Bar":
    """On stderr, on a terminal only; gone when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    return Bar(
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


class Progress:
    """Flights in the air: how many are done, and the position error of the one that is flying."""

    def __init__(self, *, total: int, quiet: bool) -> None:
        self._bar = _bar(quiet=quiet)
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
        self._bar.update(self._task, advance=1, live=f"last: {result.scenario} · {result.target} {result.outcome}")

    def sample(self, sample: "Sample") -> None:
        """One tick of the flight in the air."""
        if sample.tick % 10 or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _REFRESH_S
        error_m = math.dist(sample.state.position, sample.setpoint.position)
        self._bar.update(self._task, live=f"t {sample.t_s:5.1f} s  position error {error_m:.3f} m")
