"""The command's tree, and what a person sees when something goes wrong."""

import os
import sys
import traceback
from typing import Annotated

import typer

from hil import __version__
from hil.cli import (
    bench,
    export,
    fidelity,
    files,
    fly,
    identify,
    import_network,
    judge,
    ladder,
    look,
    motor_check,
    regression,
    stop,
    study,
    suite,
    train,
    virtual,
)
from hil.core.errors import HilError

TYPER_INTERRUPTED = 130  # what typer makes of Ctrl-C before we could see it

app = typer.Typer(
    help="Fly one YAML task on every target, judge every flight alike.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("run")(fly.run)
app.command("stop")(stop.stop)
app.command("motor-check")(motor_check.motor_check)
app.command("demo")(fly.demo)
app.command("validate")(look.validate)
app.command("scenarios")(look.scenarios)
app.command("new")(files.new)
app.command("runs")(look.runs)
app.command("report")(judge.report)
app.command("compare")(judge.compare)
app.command("ladder")(ladder.ladder)
app.command("suite")(suite.suite)
app.command("train")(train.train)
app.command("study")(study.study)
app.command("check")(regression.check)
app.command("refresh")(regression.refresh)
app.command("fidelity")(fidelity.fidelity)
app.command("virtual")(virtual.virtual)
app.command("fault")(virtual.fault)
app.command("identify")(identify.identify)
app.command("import-network")(import_network.import_network)
app.command("export")(export.export)
app.command("schema")(files.schema)
app.command("doctor")(look.doctor)
app.add_typer(bench.app, name="bench")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hil {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None: ...


def main() -> None:
    """Run the command line and exit with the code of `docs/exit_codes.md`."""
    try:
        app()
    except SystemExit as stop:
        if stop.code == TYPER_INTERRUPTED:
            print("hil: interrupted", file=sys.stderr)
            sys.exit(4)
        raise
    except HilError as error:
        print(f"hil: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `hil runs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception:
        traceback.print_exc()
        print("hil: this is a bug in hil; please report it with the lines above", file=sys.stderr)
        sys.exit(70)
