"""What a person sees while flights are in the air: a bar with ETA, a live line with the position error."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hil.cli.terminal import may_be_gone

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from hil.bench import Job
    from hil.core.outcome import RunResult
    from hil.core.types import Sample

_REFRESH_S = 0.1


@contextmanager
def steps(doing: str, *, quiet: bool = False, still: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar with ETA for work that tells (done, total) as it goes; `still`: drawn only then, by no other thread."""
    with _bar(quiet=quiet, still=still) as bar:
        task = bar.add_task(doing, total=None, live="")
        yield lambda done, total: bar.update(task, completed=done, total=total, refresh=still)


def _bar(*, quiet: bool, still: bool = False) -> "Bar":
    """On stderr, on a terminal only; gone when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[live]}"),
        console=console,
        transient=True,
        auto_refresh=not still,
        disable=quiet or not console.is_terminal,
    )


class Progress:
    """Flights in the air: how much of all that is to be flown is done, and the position error of the one flying."""

    def __init__(self, jobs: "Sequence[Job]", *, quiet: bool) -> None:
        self._bar = _bar(quiet=quiet)
        self._planned_s = {id(job): job.scenario.duration_s for job in jobs}
        self._task = self._bar.add_task("flying", total=sum(self._planned_s.values()), live="")
        self._flights, self._ended, self._ended_s = len(jobs), 0, 0.0
        self._next_s = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with may_be_gone():
            self._bar.stop()

    def done(self, job: "Job", result: "RunResult") -> None:
        """One flight has ended."""
        self._ended += 1
        self._ended_s += self._planned_s[id(job)]
        last = f"{self._ended}/{self._flights} flights, last: {result.scenario} · {result.target} {result.outcome}"
        self._bar.update(self._task, completed=self._ended_s, live=last)

    def tell(self, text: str) -> None:
        """A line that stays, on stderr."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def sample(self, sample: "Sample") -> None:
        """One tick of the flight in the air."""
        if time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _REFRESH_S
        error_m = math.dist(sample.state.position, sample.setpoint.position)
        live = f"{self._ended}/{self._flights} flights, t {sample.t_s:5.1f} s, position error {error_m:.3f} m"
        self._bar.update(self._task, completed=self._ended_s + max(sample.t_s, 0.0), live=live)
