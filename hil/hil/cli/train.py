"""`hil train`: a network from a config, watched while it learns, judged by the bench."""

import math
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hil.core.errors import BadInput, HilError

if TYPE_CHECKING:
    from hil_controllers.training.config import Flight
    from hil_controllers.training.session import Evaluated, Figures, Seen, Session

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDTH = 60


def train(
    config: Annotated[str, typer.Argument(help="Training config: a .yaml, or the name of one that ships.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of this training (default runs/train-NAME-VEHICLE); goes on if there."),
    ] = None,
    updates: Annotated[int | None, typer.Option(min=1, help="Updates, instead of the config's.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, instead of the config's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print figures as JSON; nothing else on stdout.")] = False,
) -> None:
    """Train a network, watch it learn, judge it by the bench; writes network file, card and curve.

    Ctrl-C leaves a checkpoint: the same command goes on from it.
    """
    _needed()
    from hil_controllers.training.config import find_config, read_training
    from hil_controllers.training.session import Session

    text, training, vehicle = read_training(find_config(config), updates=updates, seed=seed)
    folder = out or Path("runs") / f"train-{training.name}-{vehicle.name}"
    session = Session(training, vehicle, text, folder, _judge(training), _command(config, updates, seed))
    if session.open() and not as_json:
        print(f"{folder}: goes on after update {session.trainer.updates}")
    try:
        with _watched(session, quiet=as_json) as listen:
            why = session.train(listen)
    except KeyboardInterrupt:
        raise Stopped(f"stopped at update {session.trainer.updates} of {training.updates}") from None
    network, figures = session.finish(why)
    if as_json:
        import json

        found = [{"flight": one.flight.name, "survived": one.survived, **one.means} for one in figures]
        print(json.dumps({"folder": str(folder), "hash": network.hash, "ended": why, "flights": found}, indent=2))
    else:
        _show(figures, why, folder / f"{training.name}.safetensors", session)


class Stopped(HilError):
    """The operator stopped a training."""

    exit_code = 4

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="the same command goes on from there")


def _needed() -> None:
    missing = [name for name in ("torch", "numba") if not find_spec(name)]
    if missing:
        raise BadInput(f"training needs {' and '.join(missing)}", hint="pip install 'hil-bench[train]'")


def _judge(training: Any) -> Any:
    """The bench as the session's judge, every scenario loaded before the first update. Raises BadInput."""
    from hil.evaluation import evaluate, scenario_of
    from hil_controllers.network.controller import NetworkBatch
    from hil_controllers.training.session import Figures

    flights = (training.evaluation.progress, *training.evaluation.final)
    scenarios = {
        flight.name: scenario_of(
            flight.scenario,
            {"vehicle": training.vehicle, **training.evaluation.set, **flight.set, "repeats": flight.repeats},
        )
        for flight in flights
    }

    def judge(network: Any, flight: "Flight") -> Figures:
        found = evaluate(NetworkBatch(network), scenarios[flight.name])
        return Figures(flight, found.survived, found.means)

    return judge


def _command(config: str, updates: int | None, seed: int | None) -> str:
    options = [f"--updates {updates}"] * (updates is not None) + [f"--seed {seed}"] * (seed is not None)
    return " ".join(["hil train", shlex.quote(config), *options])


@contextmanager
def _watched(session: "Session", *, quiet: bool) -> "Iterator[Any]":
    """Curves that grow on a terminal; a line per evaluation elsewhere."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=quiet)
    if quiet or not console.is_terminal:

        def plain(seen: "Seen") -> None:
            if seen.evaluated and not quiet:
                print(_line(session, seen.evaluated), flush=True)

        yield plain
        return
    with Live(console=console, refresh_per_second=4, transient=False) as live:

        def drawn(seen: "Seen") -> None:
            if seen.evaluated or seen.update.number % 20 == 0:
                live.update(_picture(session, seen))

        yield drawn


def _line(session: "Session", one: "Evaluated") -> str:
    metric = session.training.evaluation.progress.metric
    return (
        f"update {one.update:6d} · {one.cpu_s:5.0f} CPU-s · loss {one.loss:.4f} · "
        f"{metric} {one.value:.4f} · survived {one.survived:.0%}"
    )


def _picture(session: "Session", seen: "Seen") -> Any:
    from rich.table import Table
    from rich.text import Text

    training, done = session.training, seen.update.number
    best, found = session.best, session.evaluations
    table = Table.grid(padding=(0, 2))
    share = done / training.updates
    bar = "━" * round(share * _WIDTH) + "─" * (_WIDTH - round(share * _WIDTH))
    pace = seen.cpu_s / max(1, done)
    table.add_row(
        f"{training.name} · {session.vehicle.name}", Text(bar, "cyan"),
        f"update {done}/{training.updates}, about {pace * (training.updates - done):.0f} s left",
    )  # fmt: skip
    table.add_row("loss", Text(curve([one.loss for one in found])), f"{seen.update.loss:.4f} now")
    table.add_row(
        training.evaluation.progress.metric, Text(curve([one.value for one in found]), "green"),
        f"best {best.value:.4f} at update {best.update}, {best.survived:.0%} survived" if best else "not yet judged",
    )  # fmt: skip
    return table


def curve(values: "Sequence[float]", width: int = _WIDTH) -> str:
    """A curve of block characters on a logarithmic scale, newest on the right; its least and greatest beside it."""
    if not values:
        return ""
    logs = [math.log10(max(value, 1e-9)) for value in values]
    step = max(1, math.ceil(len(logs) / width))
    thin = [min(logs[k : k + step]) for k in range(0, len(logs), step)]
    low, high = min(thin), max(thin)
    span = (high - low) or 1.0
    blocks = "".join(_BLOCKS[round((one - low) / span * (len(_BLOCKS) - 1))] for one in thin)
    return f"{blocks}  {10**high:.3g} … {10**low:.3g}"


def _show(figures: "Sequence[Figures]", why: str, network: Path, session: "Session") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{session.training.name} for {session.vehicle.name}: {why}; simulated flights")
    for column in ("flight", "flights", "survived", "error, mean m", "error xy, RMSE m", "tilt p95, °"):
        table.add_column(column, justify="left" if column == "flight" else "right", no_wrap=column == "flight")
    for one in figures:
        means = one.means
        table.add_row(
            one.flight.name, str(one.flight.repeats), f"{one.survived:.1%}", f"{means['position_error_mean_m']:.4f}",
            f"{means['position_error_xy_rmse_m']:.4f}", f"{math.degrees(means['tilt_p95_rad']):.1f}",
        )  # fmt: skip
    Console().print(table)
    print(network)
    if not sys.stdout.isatty():
        return
    print(f"fly it: hil run hover --target sil -c {network}")
