"""`hil run` and `hil demo`: fly, judge, report."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hil.cli.clearance import Onboard, Setpoints, cleared, hardware_of
from hil.cli.terminal import may_be_gone

if TYPE_CHECKING:
    from hil.bench import Interrupted, Job
    from hil.core.outcome import RunResult

_VEHICLE = "With --target crazyflie, or pil (its --uri)"
RECORDED = "flights/recorded"  # the shipped scenario that judges a recording by its own set-points


def run(
    scenario: Annotated[
        list[str] | None, typer.Argument(help="Scenario files, folders or names (see [b]hil scenarios[/b]).")
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            "-t",
            help="sim (classical controllers), sil (the same loop and vehicle under a network or your own controller), "
            "pil (its network on a Cortex-M4), replay, crazyflie (its controller is on board); several: repeat or "
            "separate by commas. Left out, each controller flies where it belongs.",
        ),
    ] = None,
    controller: Annotated[
        list[str] | None,
        typer.Option(
            "--controller",
            "-c",
            help="On sim: geometric (default), pid, pid-firmware. On sil and pil: snn (default), ann-history, ann, as "
            "trained for the scenario's vehicle; NETWORK.safetensors; on sil FILE.py:factory. Several as for --target.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Root seed, instead of the scenario's.")] = None,
    repeats: Annotated[
        int | None, typer.Option("--repeats", "-n", help="Flights of each, instead of the scenario's.")
    ] = None,
    vehicle: Annotated[str | None, typer.Option(help="Vehicle, instead of the scenario's.")] = None,
    flight: Annotated[
        list[Path] | None, typer.Option(help="A recorded flight (for replay and recorded tasks).")
    ] = None,
    flights: Annotated[Path | None, typer.Option(help="A folder of recorded flights; default $HIL_FLIGHTS.")] = None,
    assign: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a scenario key, e.g. task.scale_m=0.5."),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Fly a network on a vehicle it was not trained for, or whose file fails its checks."
        ),
    ] = False,
    engine: Annotated[
        Literal["auto", "numpy", "numba", "c"],
        typer.Option(
            help="What steps a network, on sil or on board of --uri virtual: numpy, numba or its own C, all with the "
            "same bits; auto: the fastest."
        ),
    ] = "auto",
    out: Annotated[Path, typer.Option(help="Folder for run folders.")] = Path("runs"),
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Flights at a time (simulated ones only).")] = 1,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write a report over these runs.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print results as JSON; nothing else on stdout.")] = False,
    real_time: Annotated[
        bool, typer.Option("--real-time", help="Simulate no faster than real time, to watch.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND:KEY=VALUE,…",
            help="Break something besides what the scenario breaks, e.g. link_loss:share=0.05,at_s=3.",
        ),
    ] = None,
    uri: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_VEHICLE,
            help="radio://…, usb://…, udp://…, tcp://…; virtual: starts one. Default $CFLIB_URI, then --device. "
            "Of pil: qemu: (default, emulated), qemu:serial (its USART), serial:///dev/ttyACM0?baud=921600 (a board).",
        ),
    ] = None,
    device: Annotated[str | None, typer.Option(rich_help_panel=_VEHICLE, help="Its name in sites/*.toml.")] = None,
    onboard: Annotated[
        Onboard | None,
        typer.Option(
            rich_help_panel=_VEHICLE,
            help="Controller on board (default pid); app is a network, which --controller names.",
        ),
    ] = None,
    setpoints: Annotated[
        Setpoints | None,
        typer.Option(rich_help_panel=_VEHICLE, help="Sent one by one (default), or uploaded as a trajectory."),
    ] = None,
    skip_sim_first: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            rich_help_panel=_VEHICLE,
            help="Take off though the simulator did not fly the same first; the reason is kept.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", rich_help_panel=_VEHICLE, help="Propellers may turn: ask no more.")
    ] = False,
) -> None:
    """Fly scenarios on targets, judge every flight, write a report.

    With a vehicle (--target crazyflie) the same is flown in the simulator first; Ctrl-C lands, Ctrl-C again stops the
    motors, and so does [b]hil stop[/b] from another terminal.

    Exit code: 0 all passed, 1 a criterion failed, 2 bad input, 3 target unavailable, 4 refused or aborted for safety.
    """
    from hil.cli.jobs import expand

    targets = words(target)
    about_vehicle: dict[str, Any] = {"uri": uri, "device": device, "onboard": onboard, "setpoints": setpoints}
    about_vehicle |= {"skip_sim_first": skip_sim_first, "yes": yes}
    work = expand(
        scenarios=scenario or [],
        targets=targets,
        controllers=words(controller),
        overrides=_overrides(assign or [], seed=seed, repeats=repeats, vehicle=vehicle),
        flights=flight or [],
        flights_dir=flights,
        out=out,
        force=force,
        faults=fault or [],
        hardware=hardware_of(targets, about_vehicle),
        unrehearsed=skip_sim_first,
        engine=None if engine == "auto" else engine,
    )
    if real_time:
        work = [replace(job, real_time=True) for job in work]
    work = cleared(work, yes=yes)
    results, stopped = _fly(work, workers=jobs, quiet=as_json)
    page = _report(results, out, quiet=as_json) if report and not stopped else None
    with may_be_gone():
        if as_json:
            print(json.dumps([r.as_json() | {"run_dir": str(r.run_dir)} for r in results], indent=2, sort_keys=True))
        else:
            from hil.cli.show import verdicts

            verdicts(results, page)
        sys.stdout.flush()
    if stopped:
        raise stopped
    raise typer.Exit(max(r.exit_code for r in results))


def demo(
    out: Annotated[Path, typer.Option(help="Folder for run folders.")] = Path("runs"),
) -> None:
    """Fly hover in the simulator, judge recorded real flights if there are any, write one report."""
    from hil.cli.jobs import expand
    from hil.cli.show import verdicts
    from hil.flights.find import find_flights

    def jobs(name: str, target: str) -> "list[Job]":
        return expand(
            scenarios=[name], targets=[target], controllers=[], overrides={}, flights=[], flights_dir=None, out=out
        )

    work = jobs("hover", "sim")
    recorded = find_flights(None, None, os.environ)
    if recorded:
        work += jobs(RECORDED, "replay")
    else:
        print("no recorded flights: set HIL_FLIGHTS to a folder of them to judge real ones too", file=sys.stderr)
    results, stopped = _fly(work, workers=1, quiet=False)
    verdicts(results, None if stopped else _report(results, out))
    if stopped:
        raise stopped
    # A recording that went badly is a finding about that day; the demo fails only if the bench's own flight does.
    raise typer.Exit(max(r.exit_code for r in results if r.target == "sim"))


def words(options: list[str] | None) -> list[str]:
    """What an option says that may be repeated, or name several with commas."""
    return [word for option in options or [] for word in option.split(",") if word]


def _overrides(assignments: list[str], **options: Any) -> dict[str, Any]:
    from hil.scenario.overrides import parse_settings

    return {key: value for key, value in options.items() if value is not None} | parse_settings(assignments)


def _fly(work: "list[Job]", *, workers: int, quiet: bool) -> "tuple[list[RunResult], Interrupted | None]":
    """What was flown, and whether the operator stopped it before all was."""
    from hil.bench import Interrupted, fly_all
    from hil.cli.progress import Progress

    with Progress(work, quiet=quiet) as progress:
        try:
            flown = fly_all(work, workers=workers, done=progress.done, sink=progress.sample, tell=progress.tell)
            return flown, None
        except Interrupted as stopped:
            return stopped.results, stopped


def _report(results: "list[RunResult]", out: Path, *, quiet: bool = False) -> Path | None:
    from importlib.util import find_spec

    folders = [r.run_dir for r in results if r.run_dir]
    if not folders:
        return None
    if not all(map(find_spec, ("matplotlib", "jinja2", "scipy"))):
        print("no report: pip install 'hil-bench[report]'", file=sys.stderr)
        return None
    from hil.cli.progress import steps
    from hil_reports.render import write_report

    alone = len(folders) == 1
    stamp = max(folder.name for folder in folders)[: len("20260101T000000Z")]
    with steps("writing the report", quiet=quiet) as drawn:
        return write_report(folders, folders[0] if alone else out / f"{stamp}-report", drawn).html
