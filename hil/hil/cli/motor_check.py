"""`hil motor-check`: the first step with a new or repaired vehicle, propellers off."""

import sys
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hil.core.breach import Reaction
    from hil.targets.crazyflie.link import Link
    from hil.targets.crazyflie.motor_check import Turned

_THE_WORD = "off"
_ENOUGH = 1 / 3  # of what was asked
_NOTICED_WITHIN_S, _CUT_AGAIN_S = 2.5, 0.05  # less than `hil stop` waits for its answer
# Crazyflie 2.x from above: M1 front right, then clockwise; neighbours turn opposite ways
_WHERE = {
    1: ("front right", "counter-clockwise"),
    2: ("back right", "clockwise"),
    3: ("back left", "counter-clockwise"),
    4: ("front left", "clockwise"),
}


def motor_check(
    uri: Annotated[str | None, typer.Option(help="Default $CFLIB_URI, then the only one in sites/*.toml.")] = None,
    device: Annotated[str | None, typer.Option(help="Its name in sites/*.toml.")] = None,
) -> None:
    """Turn each motor a little in its turn, [b]propellers off[/b], and say where and which way it should have turned.

    Exit code: 0 every motor was given its command, 1 one was not, 3 vehicle unavailable, 4 not confirmed or refused.
    """
    from hil.core.errors import BadInput
    from hil.targets.crazyflie.address import VIRTUAL, find
    from hil.targets.crazyflie.glance import refuse_flying
    from hil.targets.crazyflie.link import Link
    from hil.targets.crazyflie.rig import running_virtual
    from hil.targets.order import Hardware
    from hil.vehicle_lock import VehicleLock

    address = find(Hardware(uri=uri, device=device))
    if address.uri == VIRTUAL:
        raise BadInput("a virtual vehicle of a run has no motors to look at", hint="hil virtual, then --uri udp://…")
    simulated = address.local_port is not None and running_virtual(address.local_port) is not None
    if not simulated:
        _confirm(address.uri)
    lock = VehicleLock(address.uri)
    lock.take()
    try:
        refuse_flying(address.uri)
        good = _check(Link(address.uri), simulated=simulated)
    finally:
        lock.release()
    print("Motors are off. Which turned, and which way, seen from above: compare with these lines.")
    raise typer.Exit(0 if good else 1)


def _check(link: "Link", *, simulated: bool) -> bool:
    """Whether every motor was given enough to turn."""
    from hil.core.errors import TargetUnavailable
    from hil.operator import stop_listener
    from hil.signals import Signals
    from hil.targets.crazyflie.motor_check import check_motors

    order = _Order(link)
    listener = stop_listener(link.uri, simulated=simulated, obey=order.obey)
    link.open()
    good = True
    try:
        listener.start()
        # taken once and for all: a second Ctrl-C must not keep motors from being told to stop
        with Signals(order.told.set, order.told.set), closing(check_motors(link, order.is_given)) as motors:
            for turned in motors:
                good &= _show(turned)
    except TargetUnavailable as lost:
        raise TargetUnavailable(lost.message, hint="does a motor still turn? pull the battery") from lost
    finally:
        order.noticed.set()
        try:
            link.close()
        finally:
            listener.close()
    return good


class _Order:
    """To end the check: by a signal, or by `hil stop`, which does not wait for the exchange that the check is in."""

    def __init__(self, link: "Link") -> None:
        self._link = link
        self.told, self.noticed = threading.Event(), threading.Event()

    def is_given(self) -> bool:
        """Whether it was given; from then on the check turns nothing more."""
        if self.told.is_set():
            self.noticed.set()
        return self.told.is_set()

    def obey(self, _: "Reaction") -> None:
        """`hil stop`, in the listener's thread: motors off, and again until none can be turned on any more.

        Raises TargetUnavailable where that cannot be said.
        """
        from hil.core.errors import TargetUnavailable
        from hil.targets.crazyflie.motor_check import cut

        self.told.set()
        deadline_s = time.monotonic() + _NOTICED_WITHIN_S
        noticed = False
        while not noticed and time.monotonic() < deadline_s and not self._link.lost:
            cut(self._link)
            noticed = self.noticed.wait(_CUT_AGAIN_S)
        cut(self._link)
        if self._link.lost or not noticed:
            raise TargetUnavailable(f"the motor check does not end: {self._link.lost or 'it hangs'}")
        with suppress(OSError, ValueError):  # a terminal that is gone hears nothing
            print("told by hil stop: motors off", file=sys.stderr, flush=True)


def _show(turned: "Turned") -> bool:
    """A line for each motor; whether every one was given enough to turn."""
    if len(turned.motors) > 1:
        print("This firmware turns them only all together; its attitude control gives some more than others:")
    good = True
    for motor in turned.motors:
        where, way = _WHERE[motor]
        enough = turned.given[motor] >= _ENOUGH * turned.asked
        good &= enough
        given = f"given {100 * turned.given[motor]:.0f} % of full" + ("" if enough else ", too little to turn")
        print(f"  M{motor}  {where:<12} {way:<18} {given}", flush=True)
    return good


def _confirm(uri: str) -> None:
    """Raises Refused unless somebody types that the propellers are off."""
    from hil.core.errors import Refused

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused(
            f"motors would turn on the vehicle at {uri}, and nobody is here to say that its propellers are off"
        )
    print(f"Motors will turn on the vehicle at {uri}.", file=sys.stderr)
    print(f"Take all four propellers off. Type {_THE_WORD} when they are: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != _THE_WORD:
        raise Refused("not confirmed: nothing has turned")
