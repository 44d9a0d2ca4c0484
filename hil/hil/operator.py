r"""The operator's way in while a vehicle flies: Ctrl-C here, `hil stop` from another terminal.

The first Ctrl-C lands, the second stops the motors, the third ends the program. Neither tears the flight loop out of
what it is doing, such as an exchange with the vehicle: it learns of them as of any other alarm. Stopping the motors
waits for nobody: a thread does it, even while the loop hangs.

    before anything moves    Ctrl-C ends the flight at once, as anywhere else
    SIGTERM, SIGHUP          as the first Ctrl-C: a terminal that is closed lands the vehicle
    Ctrl-Z, Ctrl-\          the same: what is suspended or killed sends no more keep-alives, and the vehicle falls
"""

import os
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from hil.control_socket import Answer, Listener, Request, ask, socket_path
from hil.core.breach import Breach, Reaction
from hil.core.errors import BadInput, HilError
from hil.core.interfaces import Target
from hil.core.types import TRUTH, Event, Sample, Setpoint, Start
from hil.runner import INTERRUPTED
from hil.signals import Signals
from hil.targets.crazyflie.address import vehicle_at
from hil.vehicle_lock import VehicleLock

Tell = Callable[[str], None]

ANSWER_WITHIN_S = 3.0
TAKES_OFF_S = 5.0  # from the word on the terminal to preflight, which takes off if it finds nothing
_LOOK_S = 0.05
_BENCH = "bench-"
_LANDING = "landing; Ctrl-C again stops the motors"
_REACTIONS = {"stop": Reaction.STOP, "land": Reaction.LAND}


class Attended(Target):
    """A target whose operator is listened to. Behaves like the one inside; `tell` gets lines for the terminal."""

    def __init__(self, target: Target, tell: Tell) -> None:
        self.name, self.controller_name = target.name, target.controller_name
        self.controller_family, self.controller_hash = target.controller_family, target.controller_hash
        self.state_source, self.vehicle, self.where = target.state_source, target.vehicle, target.where
        self._target, self._tell = target, tell
        self.interrupted = False  # the operator asked for the end, whatever came of it
        self._asked: Breach | None = None
        self._in_the_air = False
        self._lock = VehicleLock(target.where)
        self._signals = Signals(self._pressed, self._terminated)
        self._orders: SimpleQueue[tuple[str, bool] | None] = SimpleQueue()  # its `put` may be used by a signal handler
        self._worker = threading.Thread(target=self._work, name="operator", daemon=True)
        self._listener = stop_listener(target.where, simulated=target.state_source == TRUTH, obey=self._obey)

    def open(self) -> None:
        """Listen, then open. Raises TargetUnavailable, also where another bench flies the vehicle."""
        self._lock.take()
        self._worker.start()
        self._listener.start()
        self._signals.take()
        try:
            self._target.open()
        except BaseException:
            self.stop()
            self.close()
            raise

    def reset(self, start: Start, *, seed: int) -> None:
        """Get ready to fly; a real vehicle, once its operator has had the time to say no."""
        if self.state_source != TRUTH:
            self._orders.put((f"preflight in {TAKES_OFF_S:g} s, then {self.vehicle} takes off; Ctrl-C ends it", False))
            until_s = time.monotonic() + TAKES_OFF_S
            while time.monotonic() < until_s and not self.interrupted:
                time.sleep(_LOOK_S)
        self._target.reset(start, seed=seed)

    def approach(self) -> Iterator[Sequence[Sample]]:
        """To the start. Whoever was told to stop while getting ready does not take off."""
        self._in_the_air = True
        yield ()
        yield from self._target.approach()

    @property
    def begin_s(self) -> float | None:
        """As the rig fixed it."""
        return self._target.begin_s

    def step(self, setpoint: Setpoint) -> Sequence[Sample]:
        """One set-point."""
        return self._target.step(setpoint)

    def leave(self, reaction: Reaction) -> Iterator[Sequence[Sample]]:
        """Down again."""
        return self._target.leave(reaction)

    def alarm(self) -> Breach | None:
        """The rig's, or the operator's, whichever asks for more."""
        known = [breach for breach in (self._asked, self._target.alarm()) if breach is not None]
        return max(known, key=lambda breach: breach.reaction, default=None)

    def news(self) -> Sequence[Event]:
        """What happened on the rig; its phases are told as they come."""
        events = self._target.news()
        for event in events:
            if event.kind == "phase":
                self._orders.put((event.text, False))
        return events

    def stop(self) -> None:
        """Make the motors stop."""
        self._in_the_air = False
        self._target.stop()

    def close(self) -> None:
        """Let go."""
        try:
            self._target.close()
        finally:
            self._lock.release()
            self._signals.give_back()
            self._listener.close()
            self._orders.put(None)
            if self._worker.is_alive():
                self._worker.join()

    def keep(self, run_dir: Path) -> None:
        """What only the rig knows."""
        self._target.keep(run_dir)

    def _ask(self, reaction: Reaction, how: str) -> None:
        """The flight loop learns of it at its next look; the greatest reaction asked for counts."""
        self.interrupted = True
        if self._asked is None or reaction > self._asked.reaction:
            self._asked = Breach(f"{INTERRUPTED}: {how}", reaction)

    def _pressed(self) -> None:
        """Ctrl-C, in the main thread, between any two of its instructions."""
        self.interrupted = True
        if not self._in_the_air or (self._asked is not None and self._asked.reaction is Reaction.STOP):
            raise KeyboardInterrupt
        if self._asked is None:
            self._ask(Reaction.LAND, "Ctrl-C")
            self._orders.put((_LANDING, False))
        else:
            self._ask(Reaction.STOP, "Ctrl-C, twice")
            self._orders.put(("motors stopped", True))

    def _terminated(self) -> None:
        """Told to end by another program, or the terminal is gone."""
        self.interrupted = True
        if not self._in_the_air:
            raise KeyboardInterrupt
        if self._asked is None:
            self._ask(Reaction.LAND, "told to end")
            self._orders.put((_LANDING, False))

    def _work(self) -> None:
        """In a thread of its own: what must not wait for the flight loop."""
        while (order := self._orders.get()) is not None:
            text, stop = order
            if stop:
                self._target.stop()
            with suppress(OSError, ValueError):  # a terminal that is gone hears nothing
                self._tell(text)

    def _obey(self, reaction: Reaction) -> None:
        """`hil stop`, in the listener's thread."""
        self._ask(reaction, "hil stop" if reaction is Reaction.STOP else "hil stop --land")
        if reaction is Reaction.STOP:
            self._target.stop()
        self._orders.put(("told by hil stop: " + ("motors stopped" if reaction is Reaction.STOP else "landing"), False))


def stop_listener(where: str, *, simulated: bool, obey: Callable[[Reaction], None]) -> Listener:
    """What `hil stop` finds this process by: `obey`, in a thread, is told to STOP or LAND what is flown at that URI.

    `hil stop` says that it was told once `obey` is back; an error that it raises is no such word.
    """

    def answer(request: Request) -> Answer:
        reaction = _REACTIONS.get(str(request.get("do")))
        if reaction is None:
            raise BadInput(f"a bench can be told to stop or to land, not {request.get('do')!r}")
        wanted: Any = request.get("uri")
        told = wanted is None or vehicle_at(str(wanted)) == vehicle_at(where)
        if told:
            obey(reaction)
        return {"told": told, "where": where, "simulated": simulated}

    return Listener(socket_path(f"{_BENCH}{os.getpid()}"), answer)


class Told(NamedTuple):
    """A bench that heard its order, by the vehicle that it flies."""

    where: str
    simulated: bool


def tell_benches(order: str, uri: str | None) -> list[Told]:
    """Tell every bench that flies a vehicle, or the one that flies that one, to "stop" or "land", all at once.

    A bench that does not answer is passed over: it is told to be there by a socket, and may have died. Raises BadInput
    where no bench can be looked for.
    """
    folders = dict.fromkeys([socket_path(_BENCH).parent, *elsewhere()])
    paths = [path for folder in folders for path in sorted(folder.glob(f"{_BENCH}*.sock"))]

    def told(path: Path) -> Told | None:
        with suppress(HilError):
            answer = ask(path, {"do": order, "uri": uri}, ANSWER_WITHIN_S)
            if answer["told"]:
                return Told(str(answer["where"]), bool(answer["simulated"]))
        return None

    if not paths:
        return []
    with ThreadPoolExecutor(len(paths)) as asking:  # whoever hangs keeps nobody else waiting
        return [found for found in asking.map(told, paths) if found is not None]


def elsewhere() -> list[Path]:
    """Where benches of this user listen that were started without, or with, `XDG_RUNTIME_DIR`: its private folders."""
    folders = (Path(tempfile.gettempdir()) / f"hil-{os.getuid()}", Path(f"/run/user/{os.getuid()}/hil"))
    return [folder for folder in folders if _is_private(folder)]


def _is_private(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
