"""cflib's Crazyflie with a send that gives its lock back, whatever happens in it.

`Crazyflie.send_packet` keeps its lock where a driver raises (TCP to a host that is gone) or Ctrl-C falls into it;
whoever sends next, closing included, then waits for ever.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hil.targets.crazyflie.drivers import cflib_ready


def crazyflie(lose: Callable[[str], None], **settings: Any) -> Any:
    """A Crazyflie made with these settings; `lose` is told of every send that failed. Raises TargetUnavailable."""
    base: Any = cflib_ready().crazyflie.Crazyflie

    class Sending(base):  # type: ignore[misc]  # cflib is there only now
        def __init__(self) -> None:
            super().__init__(**settings)
            self._send_lock = threading.RLock()  # only its owner can release it

        def send_packet(self, *packet: Any, **reply: Any) -> None:
            try:
                super().send_packet(*packet, **reply)
            except BaseException as problem:
                with suppress(RuntimeError):  # not taken yet, or released already
                    self._send_lock.release()
                if not isinstance(problem, Exception):
                    raise
                lose(f"sending failed: {problem}")

    return Sending()
