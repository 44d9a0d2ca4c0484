"""`hil stop`: from another terminal, whatever the bench is doing."""

import sys
from typing import Annotated

import typer


def stop(
    uri: Annotated[
        str | None,
        typer.Option(help="Only this vehicle; default: every bench's, and the one hil run would fly."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="Only this one; its name in sites/*.toml.")] = None,
    land: Annotated[bool, typer.Option("--land", help="Land instead: where a bench flies it.")] = False,
) -> None:
    """Stop the motors at once: told to the bench that flies, or sent to the vehicle where no bench answers.

    Unless one is named, every bench is told; where none of them flies a real vehicle, the one that hil run would fly is
    sent the emergency stop as well. A vehicle whose motors were stopped is locked until it is restarted.

    Exit code: 0 all of it was told, 3 something could not be reached, or nothing at all.
    """
    from hil.core.errors import HilError, TargetUnavailable
    from hil.operator import tell_benches
    from hil.targets.crazyflie.address import VIRTUAL, find
    from hil.targets.order import Hardware

    if device and not uri:  # an inventory that cannot be read is no reason not to stop what has a URI
        uri = find(Hardware(device=device)).uri
    try:
        told = tell_benches("land" if land else "stop", uri)
    except HilError as problem:
        print(f"hil: looking for benches: {problem.message}", file=sys.stderr)
        told = []
    for where, _ in told:
        print(f"told the bench that flies {where}: {'landing' if land else 'motors stopped'}", flush=True)
    if land and not told:
        raise TargetUnavailable(
            "no bench answers that flies it", hint="hil stop without --land stops the motors over a link of its own"
        )
    if land or (told and (uri or not all(simulated for _, simulated in told))):
        return
    from hil.targets.crazyflie.emergency import emergency_stop

    try:
        uri = uri or find(Hardware()).uri
    except HilError:  # none is named anywhere, or which one is not said
        if told:
            return
        raise
    if uri == VIRTUAL and told:  # which was one of them
        return
    print(f"no bench flies it; sent the emergency stop over a link of its own to {emergency_stop(uri)}")
