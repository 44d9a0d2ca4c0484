"""Tells the vehicle that the bench is still here. Once begun, its motors stop a second after the last time.

A real vehicle is told by a thread, so that a slow disk is no reason to fall; it stops telling when the flight loop has
shown no life for `HUNG_S`. A vehicle in lock-step is told by the flight loop.
"""

import threading
import time
from contextlib import suppress
from typing import Final

from hil.targets.crazyflie.link import Link
from hil.targets.crazyflie.supervision import COMMAND, KEEP_ALIVE_S, PORT, STILL_HERE

HUNG_S: Final = 2.0


class KeepAlive:
    """From `begin` to `end`; `tend` is the flight loop's sign of life."""

    def __init__(self, link: Link, *, threaded: bool) -> None:
        self._link, self._threaded = link, threaded
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._began = False
        self.was_begun = False  # the vehicle locks itself once it ends
        self._tended_s = self._next_s = 0.0

    def begin(self) -> None:
        """From now on the vehicle relies on it."""
        self._began = self.was_begun = True
        self._tended_s = time.monotonic()
        self._send()
        if self._threaded and self._thread is None:
            self._ending.clear()
            self._thread = threading.Thread(target=self._run, name="keep alive", daemon=True)
            self._thread.start()

    def tend(self, now_s: float) -> None:
        """The flight loop lives; `now_s` is the vehicle's time."""
        self._tended_s = time.monotonic()
        if self._began and not self._threaded and now_s >= self._next_s:
            self._next_s = now_s + KEEP_ALIVE_S
            self._send()

    def end(self) -> None:
        """Tell no more. Idempotent."""
        self._began = False
        self._ending.set()
        if self._thread is not None:
            self._thread.join(1.0)
            self._thread = None

    def _run(self) -> None:
        while not self._ending.wait(KEEP_ALIVE_S):
            if time.monotonic() - self._tended_s < HUNG_S:
                self._send()

    def _send(self) -> None:
        with suppress(Exception):  # a driver that breaks here has told its own error callback
            self._link.send(PORT, COMMAND, STILL_HERE)
