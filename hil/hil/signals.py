r"""What a terminal and other programs say to a process whose end may not come between two instructions.

pressed      Ctrl-C
told to end  SIGTERM; SIGHUP, the terminal is gone; Ctrl-\; Ctrl-Z, since who is suspended does nothing
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self


class Signals:
    """Taken over between `take` and `give_back`, where they are Python's own to handle and this is the main thread."""

    def __init__(self, pressed: Callable[[], None], told_to_end: Callable[[], None]) -> None:
        ends = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)
        self._wanted = {signal.SIGINT: pressed, **dict.fromkeys(ends, told_to_end)}
        self._before: dict[signal.Signals, Any] = {}

    def take(self) -> None:
        """From now on."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in self._wanted:
            before = signal.getsignal(number)
            if before in (signal.default_int_handler, signal.SIG_DFL):
                self._before[number] = before
                signal.signal(number, self._handle)

    def give_back(self) -> None:
        """As it was. Idempotent."""
        while self._before:
            signal.signal(*self._before.popitem())

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.give_back()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._wanted[signal.Signals(number)]()
