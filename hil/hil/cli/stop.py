"""`hil stop`: from another terminal, whatever the bench is doing."""

import sys
from typing import Annotated

import typer


def stop(
    uri: Annotated[
        str | None,
        typer.Option(help="Only this vehicle; default: every bench's, or else the one hil run would fly."),
    ] = None,
    land: Annotated[bool, typer.Option("--land", help="Land instead: where a bench flies it.")] = False,
) -> None:
    """Stop the motors at once: told to the bench that flies, or sent to the vehicle where no bench answers.

    A vehicle whose motors were stopped is locked until it is restarted.

    Exit code: 0 something was told to stop, 3 nothing could be reached.
    """
    from hil.core.errors import HilError, TargetUnavailable
    from hil.operator import tell_benches

    try:
        told = tell_benches("land" if land else "stop", uri)
    except HilError as problem:
        print(f"hil: looking for benches: {problem.message}", file=sys.stderr)
        told = []
    for where in told:
        print(f"told the bench that flies {where}: {'landing' if land else 'motors stopped'}")
    if told:
        return
    if land:
        raise TargetUnavailable(
            "no bench answers that flies it", hint="hil stop without --land stops the motors over a link of its own"
        )
    from hil.targets.crazyflie.emergency import emergency_stop

    print(f"no bench answers; sent the emergency stop over a link of its own to {emergency_stop(uri)}")
