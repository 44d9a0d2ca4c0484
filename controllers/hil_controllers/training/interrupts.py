"""Ctrl-C where nothing is half done: noted when it comes, acted upon between two updates; a second one ends at once."""

import signal
import threading
from types import FrameType
from typing import Self


class Interrupts:
    """Within `with`, the first SIGINT sets `asked`, the second raises KeyboardInterrupt.

    Where SIGINT is not Python's own to handle (another thread, ignored under `nohup`, another handler), it stays as is.
    """

    asked = False

    def __enter__(self) -> Self:
        self._ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._ours:
            signal.signal(signal.SIGINT, self._noted)
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _noted(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
