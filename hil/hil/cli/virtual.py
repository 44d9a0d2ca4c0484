"""`hil virtual` and `hil fault`: a Crazyflie without the vehicle, and what breaks on it."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from hil.scenario.conditions import Fault

DEFAULT_PORT = 19850  # hil.virtual_crazyflie.server.PORT, without importing it for --help

Port = Annotated[int, typer.Option(help="UDP port on this machine; 0: any that is free.", min=0, max=65535)]
FAULT_HELP = "Such as link_loss:share=0.05,at_s=3 (keys as in a scenario); may be repeated."
START_MAX_M = 90.0  # beyond 100 m (kalman.maxPos) its estimator starts anew for ever


def virtual(
    port: Port = DEFAULT_PORT,
    vehicle: Annotated[str, typer.Option(help="Name of a vehicle, or a .toml file.")] = "cf21-identified",
    controller: Annotated[
        str,
        typer.Option(
            "--controller", "-c", help="On board: pid-firmware, geometric, a network's name or NETWORK.safetensors."
        ),
    ] = "pid-firmware",
    engine: Annotated[
        Literal["auto", "numpy", "numba", "c"],
        typer.Option(help="What steps a network on board: numpy, numba or its own C, with the same bits."),
    ] = "auto",
    arming: Annotated[
        Literal["auto", "manual"], typer.Option(help="auto: always armed, as 2.x; manual: on request, as brushless.")
    ] = "auto",
    positioning: Annotated[
        Literal["onboard", "external"],
        typer.Option(help="onboard: it knows where it is, as with a deck; external: clients tell it."),
    ] = "onboard",
    start: Annotated[str, typer.Option(metavar="X,Y,Z", help="Where it stands, world, m.")] = "0,0,0",
    fault: Annotated[list[str] | None, typer.Option(help=FAULT_HELP + " at_s counts from boot.")] = None,
    lacks: Annotated[
        list[str] | None, typer.Option(metavar="GROUP.NAME", help="A log variable that its firmware does not have.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0.01, max=100.0, help="Times real time.")] = 1.0,
    lock_step: Annotated[
        bool, typer.Option("--lock-step", help="Let time pass only when told over the control socket.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Root of all chance.")] = 0,
    until_eof: Annotated[bool, typer.Option("--until-eof", hidden=True, help="End when stdin does.")] = False,
) -> None:
    """Run a virtual Crazyflie: a process on a UDP port that cflib connects to, with the simulator inside.

    It speaks the radio protocol of firmware 2026.08 until Ctrl-C.

    Exit code: 0, 2 bad input, 3 the port is taken or the engine is not here.
    """
    import signal

    from hil.scenario.fault_words import fault_of
    from hil.virtual_crazyflie.body import Body
    from hil.virtual_crazyflie.firmware import VirtualCrazyflie
    from hil.virtual_crazyflie.linked import Linked
    from hil.virtual_crazyflie.server import HOST, Server
    from hil_sim.vehicle_files import load_vehicle

    faults = [fault_of(word) for word in fault or []]
    body = Body(load_vehicle(vehicle), position=_position(start), seed=seed)
    inside = VirtualCrazyflie(
        body,
        controller=controller,
        engine=None if engine == "auto" else engine,
        arming=arming,
        positioning=positioning,
        seed=seed,
        lacks=lacks or (),
    )
    server = Server(
        Linked(inside, seed=seed, faults=faults),
        port=port,
        lock_step=lock_step,
        speed=speed,
        until_eof=0 if until_eof else None,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with server:
            where = f"udp://{HOST}:{server.port}, vehicle {vehicle}, controller {controller}"
            print(f"virtual Crazyflie (simulated) at {where}{', in lock-step' if lock_step else ''}", flush=True)
            for word, one in zip(fault or [], faults, strict=True):
                if waits := _waits(one):
                    print(f"{word}{waits}", flush=True)
            server.serve()
    except KeyboardInterrupt:
        return


def fault(
    fault: Annotated[list[str], typer.Argument(metavar="KIND:KEY=VALUE,…", help=FAULT_HELP)],
    port: Annotated[int, typer.Option(help="UDP port of the virtual Crazyflie on this machine.")] = DEFAULT_PORT,
) -> None:
    """Break a running virtual Crazyflie: lose packets, empty its battery, turn it over.

    at_s counts from now. Kinds and keys: scenarios/README.md.
    """
    from hil.scenario.fault_words import fault_of
    from hil.virtual_crazyflie.client import VirtualClient

    faults = [fault_of(word) for word in fault]
    client = VirtualClient(port)
    client.open()
    try:
        for word, one in zip(fault, faults, strict=True):
            client.fault(one.model_dump(mode="json"))
            print(f"told the virtual Crazyflie at port {port}: {word}{_waits(one)}")
    finally:
        client.close()


def _waits(fault: "Fault") -> str:
    """What is to be said of one whose phase has to be announced first."""
    from hil.virtual_crazyflie.fault_schedule import TASK

    if fault.in_phase == TASK:
        return ""
    return f" (waits until a bench that flies it announces its phase {fault.in_phase})"


def _position(text: str) -> tuple[float, float, float]:
    """`X,Y,Z` as metres. Raises BadInput."""
    import math

    from hil.core.errors import BadInput

    try:
        x, y, z = map(float, text.split(","))
    except ValueError:
        raise BadInput(f"--start {text}: not X,Y,Z", hint="such as --start=-0.5,0,0") from None
    if not all(map(math.isfinite, (x, y, z))) or max(map(abs, (x, y, z))) > START_MAX_M or z < 0:
        raise BadInput(f"--start {text}: must be within {START_MAX_M:g} m, not below the floor")
    return x, y, z
