"""`hil train`: a network from a config, watched while it learns, judged by the bench."""

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hil.core.errors import BadInput, HilError

if TYPE_CHECKING:
    from hil_controllers.network import Network
    from hil_controllers.training.config import Flight, Training
    from hil_controllers.training.session import Evaluate, Evaluated, Figures, Seen, Session

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDTH = 60


def train(
    config: Annotated[str, typer.Argument(help="Training config: a .yaml, or the name of one that ships.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of this training (default runs/train-NAME-VEHICLE); goes on if there."),
    ] = None,
    updates: Annotated[int | None, typer.Option(help="Updates, instead of the config's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed, instead of the config's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print figures as JSON; nothing else on stdout.")] = False,
) -> None:
    """Train a network, watch it learn, judge it by the bench; writes network file, card and curve.

    Ctrl-C leaves a checkpoint: the same command goes on from it.
    """
    needed()
    from hil_controllers.training.config import find_config, read_training
    from hil_controllers.training.session import Session

    text, training, vehicle = read_training(find_config(config), updates=updates, seed=seed)
    folder = out or Path("runs") / f"train-{training.name}-{vehicle.name}"
    session = Session(training, vehicle, text, folder, judge_of(training), _command(config, updates, seed))
    if session.open() and not as_json:
        print(f"{folder}: goes on after update {session.trainer.updates}")
    try:
        with _watched(session, quiet=as_json) as listen:
            why = session.train(listen)
        network, figures = session.finish(why)
    except KeyboardInterrupt:
        raise Stopped(f"stopped at update {session.trainer.updates} of {training.updates}") from None
    if as_json:
        import json

        found = [{"flight": one.flight.name, "survived": one.survived, **_known(one.means)} for one in figures]
        told = {"folder": str(folder), "hash": network.hash, "ended": why, "dropped": session.trainer.dropped}
        print(json.dumps(told | {"flights": found}, indent=2, allow_nan=False))
    else:
        _show(figures, why, folder / f"{training.name}.safetensors", session)


class Stopped(HilError):
    """The operator stopped a training."""

    exit_code = 4

    def __init__(self, message: str) -> None:
        super().__init__(message, hint="the same command goes on from there")


def needed() -> None:
    """Raise BadInput, which says what to install, where training is not."""
    missing = [name for name in ("torch", "numba") if not find_spec(name)]
    if missing:
        raise BadInput(f"training needs {' and '.join(missing)}", hint="pip install 'hil-bench[train]'")


def _known(means: "Mapping[str, float]") -> "dict[str, float | None]":
    """JSON has no nan."""
    return {metric: value if math.isfinite(value) else None for metric, value in means.items()}


def judge_of(training: "Training") -> "Evaluate":
    """The bench as the session's judge, every scenario loaded before the first update.

    Final flights have seeds of their own: the scenario's and `FINAL_SEED`, unless `set` gives one. Raises ScenarioError
    with the line of the flight whose scenario cannot be flown.
    """
    from hil.evaluation import evaluate, scenario_of
    from hil_controllers.network.controller import NetworkBatch
    from hil_controllers.training.config import FINAL_SEED
    from hil_controllers.training.session import Figures

    scenarios = {}
    for key, flight in training.flights.items():
        changes = {**training.evaluation.set, **flight.set}
        try:
            scenario = scenario_of(
                flight.scenario,
                {"vehicle": training.vehicle, **changes, "repeats": flight.repeats},
                network=training.name,
            )
        except BadInput as error:
            raise training.error_of_flight(key, error) from error
        if flight is not training.evaluation.progress and "seed" not in changes:
            scenario = scenario.model_copy(update={"seed": scenario.seed + FINAL_SEED})
        scenarios[flight.name] = scenario

    def judge(network: "Network", flight: "Flight") -> Figures:
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
        f"{metric} {one.value:.4f} · survived {one.survived:.0%}{_refused(session)}{_dropped(session)}"
    )


def _refused(session: "Session") -> str:
    return f" · not kept: {session.refused}" if session.refused else ""


def _dropped(session: "Session") -> str:
    count = session.trainer.dropped
    return f" · {count} updates without a finite gradient took no step" if count else ""


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
    table.add_row("loss", Text(curve([one.loss for one in found])), f"{seen.update.loss:.4f} now{_dropped(session)}")
    table.add_row(
        training.evaluation.progress.metric, Text(curve([one.value for one in found]), "green"),
        (f"best {best.value:.4f} at update {best.update}, {best.survived:.0%} survived" if best else "none kept yet")
        + _refused(session),
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
    print(f"fly it: {shlex.join(flying(network, session.training))}")


def flying(network: Path, training: "Training") -> list[str]:
    """The command that flies the network in a hover, for the vehicle and under the sensors it was trained with."""
    sensors = ["--set", f"sensors={training.sensors_name}"] * (training.sensors_name != "custom")
    return ["hil", "run", "hover", "-t", "sil", "-c", str(network), "--vehicle", training.vehicle, *sensors]
