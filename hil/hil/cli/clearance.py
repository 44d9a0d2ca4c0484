"""Before propellers turn: what `hil run` is told of a vehicle, and the operator's word that it may fly."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hil.bench import Job
    from hil.core.types import Vec3
    from hil.targets.order import Hardware

_THE_WORD = "fly"


class Onboard(StrEnum):
    """Controllers that a vehicle may have on board."""

    PID = "pid"
    MELLINGER = "mellinger"
    INDI = "indi"
    BRESCIANINI = "brescianini"
    LEE = "lee"
    APP = "app"


class Setpoints(StrEnum):
    """How a vehicle gets its set-points."""

    STREAM = "stream"
    ONBOARD = "onboard"


def hardware_of(targets: Sequence[str], options: Mapping[str, Any]) -> "Hardware":
    """What the options, by their names, say of the vehicle. Raises BadInput where they do and none is to fly."""
    from hil.core.errors import BadInput
    from hil.registry import VEHICLE_TARGETS
    from hil.targets.order import Hardware

    given = {name: value for name, value in options.items() if value not in (None, False)}
    others = given.keys() - ({"uri"} if "pil" in targets else set())  # which a chip has, too
    if others and not VEHICLE_TARGETS & set(targets):
        option = "--" + next(name for name in given if name in others).replace("_", "-")
        raise BadInput(f"{option} is about a vehicle, and none is to fly", hint="add --target crazyflie")
    onboard: Onboard = given.get("onboard", Onboard.PID)
    setpoints: Setpoints = given.get("setpoints", Setpoints.STREAM)
    return Hardware(uri=given.get("uri"), device=given.get("device"), onboard=onboard.value, setpoints=setpoints.value)


class _Real(NamedTuple):
    vehicle: str
    where: str
    flight: str
    geofence_m: "Vec3"


def cleared(jobs: "list[Job]", *, yes: bool) -> "list[Job]":
    """The same jobs, confirmed by the operator where a real vehicle is to fly; each is prepared once, to check it.

    Raises BadInput for a flight that cannot be, Refused where nobody confirms.
    """
    from hil.bench import prepare
    from hil.preflight import check
    from hil.registry import VEHICLE_TARGETS
    from hil.targets.crazyflie.address import not_the_inventorys

    for warning in {not_the_inventorys(job.hardware) for job in jobs if job.target in VEHICLE_TARGETS} - {None}:
        print(f"warning: {warning}", file=sys.stderr)
    found: dict[int, _Real] = {}
    for index, job in enumerate(jobs):
        if job.target not in VEHICLE_TARGETS:
            continue
        target, plan, simulated, _ = prepare(job)
        if plan.scenario != job.scenario:
            check(plan.scenario)  # within the limits of the site, too
        if not simulated:
            fence = plan.scenario.safety.geofence_m
            found[index] = _Real(target.vehicle or "a vehicle", target.where, job.scenario.name, fence)
    _refuse_what_locks([real.where for real in found.values()])
    if found and not yes:
        _confirm(list(found.values()))
    confirmed = (replace(job, hardware=replace(job.hardware, confirmed=True)) for job in jobs)
    return [new if index in found else old for index, (old, new) in enumerate(zip(jobs, confirmed, strict=True))]


def _refuse_what_locks(flights_at: Sequence[str]) -> None:
    """Raises BadInput for a second flight of a vehicle that nobody but a hand can restart after the first."""
    from hil.core.errors import BadInput
    from hil.targets.crazyflie.address import vehicle_at
    from hil.targets.crazyflie.restart import can_restart

    for where, count in Counter(map(vehicle_at, flights_at)).items():
        if count > 1 and not can_restart(where):
            raise BadInput(
                f"{count} flights of the vehicle at {where}: it locks itself after each, and only over a radio can the "
                "bench restart it",
                hint="one flight at a time (-n 1), and switch it off and on between them",
            )


def _confirm(flights: Sequence[_Real]) -> None:
    """Ask on the terminal. Raises Refused for any other answer, and where nobody is there to ask."""
    from hil.core.errors import Refused

    first = flights[0]
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused(
            f"propellers would turn on {first.vehicle} at {first.where}, and nobody is here to confirm it",
            hint="--yes confirms it; without a vehicle: --uri virtual",
        )
    print("\nA real vehicle will fly:", file=sys.stderr)
    for vehicle, where in dict.fromkeys((flight.vehicle, flight.where) for flight in flights):
        print(f"  vehicle   {vehicle} at {where}", file=sys.stderr)
    for (name, fence), count in Counter((flight.flight, flight.geofence_m) for flight in flights).items():
        x, y, z = fence
        times = f", {count} times" if count > 1 else ""
        print(f"  flight    {name}{times}; geofence x ±{x:g} m, y ±{y:g} m, z up to {z:g} m", file=sys.stderr)
    print("  to land   Ctrl-C; to stop the motors Ctrl-C again, or hil stop elsewhere", file=sys.stderr)
    print(f"Room clear, everybody out of it? Type {_THE_WORD} to take off: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != _THE_WORD:
        raise Refused("not confirmed: nothing has moved")
