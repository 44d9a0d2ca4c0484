"""How a study is made: cells of work, each measured once and kept, and a page made of all of them.

A cell is a file, written whole when it is measured: a study that was stopped goes on with the cells that are missing,
and cells may be measured by several processes at once. Cells of another version of hil, or that were told otherwise,
are refused.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

from hil import __version__
from hil.core.errors import BadInput
from hil.core.whole_file import write_whole

Budget = Literal["quick", "paper"]
Result = dict[str, Any]  # what JSON can say


class Study(ABC):
    """One claim, or a few that the same measurements answer."""

    title: str
    kept_in: str  # name of its cells' usual folder; studies that share it share the cells of one name

    @abstractmethod
    def cells(self, budget: Budget) -> list[str]:
        """The names of all pieces of work, in order; each is a file name."""

    def told(self, cell: str, budget: Budget) -> str:
        """All that a cell's work is told besides its name: a kept cell that was told otherwise is another's."""
        return ""

    @abstractmethod
    def prepare(self, budget: Budget, folder: Path) -> None:
        """Put into the folder what all cells need, unless it is there."""

    @abstractmethod
    def measure(self, cell: str, budget: Budget, folder: Path) -> Result:
        """What a cell's work finds; the same for the same cell."""

    def pictures(self, found: Mapping[str, Result]) -> dict[str, str]:
        """Drawings for the page, as SVG, by the file name that the page gives them."""
        return {}

    @abstractmethod
    def page(self, found: Mapping[str, Result], budget: Budget) -> str:
        """What was found, in Markdown, published figures beside it; without a heading and the command."""


def measured(
    study: Study, budget: Budget, folder: Path, *, jobs: int = 1, listen: Callable[[str, int, int], None]
) -> dict[str, Result]:
    """All cells, those that `folder` holds as they are; `listen` hears of each other: name, how many are done, of all.

    Raises BadInput for a folder that cannot be used, or holds cells of another version of hil or of another study.
    """
    cells = study.cells(budget)
    told = {cell: hashlib.sha256(study.told(cell, budget).encode()).hexdigest()[:16] for cell in cells}
    found = {cell: kept for cell in cells if (kept := _kept(folder / f"{cell}.json", told[cell])) is not None}
    missing = [cell for cell in cells if cell not in found]
    if missing:
        study.prepare(budget, folder)
    for cell, result in _missing(study, budget, folder, missing, jobs):
        _keep(folder / f"{cell}.json", told[cell], result)
        found[cell] = result
        listen(cell, len(found), len(cells))
    return {cell: found[cell] for cell in cells}


def _missing(study: Study, budget: Budget, folder: Path, cells: list[str], jobs: int) -> Iterator[tuple[str, Result]]:
    if jobs == 1 or len(cells) < 2:
        for cell in cells:
            yield cell, study.measure(cell, budget, folder)
        return
    with ProcessPoolExecutor(min(jobs, len(cells)), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(study.measure, cell, budget, folder): cell for cell in cells}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


def _kept(file: Path, told: str) -> Result | None:
    if not file.exists():
        return None
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        version, before, result = content["hil"], content["told"], content["result"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{file}: damaged", hint="remove it, and it is measured again") from error
    if version != __version__:
        raise BadInput(f"{file}: measured by hil {version}, this is {__version__}", hint="choose another with --work")
    if before != told:
        raise BadInput(f"{file}: measured by another plan or budget", hint="remove it, or choose another with --work")
    return dict(result)


def _keep(file: Path, told: str, result: Result) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps({"hil": __version__, "told": told, "result": result}, indent=1).encode())
    except OSError as error:
        raise BadInput(f"{file}: cannot be written: {error.strerror}", hint="choose another with --work") from error


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
