"""A process of our own at the other end of a line: it ends when we do, and when we say so.

It is started through `setpriv --pdeathsig KILL`, so that the kernel ends it when this process dies, SIGKILL included.
The kernel watches the thread that started it: start a child from a thread that lives as long as the child shall.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from hil.core.errors import TargetUnavailable

WORDS_BYTES = 600  # of what it printed last
# The kernel tells of deaths from now on; of one before that, the number of the parent does.
_IF_STILL_OURS = '[ "$PPID" = "$0" ] && exec "$@"'
POLITE_S = 1.0  # SIGTERM, then this long, then SIGKILL: an emulator that blocks on its output hears no SIGTERM


class Child:
    """One process. What it prints to stderr, and to stdout where that is no line, is kept for its last words."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._printed: IO[bytes] | None = None

    def start(self, *, stdin: int | None = None, stdout: int | None = None, keep: Sequence[int] = ()) -> None:
        """Start it on those descriptors, and with those in `keep` left open. Raises TargetUnavailable if there is no
        such program.
        """
        setpriv, program = shutil.which("setpriv"), shutil.which(self.command[0])
        if program is None:
            raise TargetUnavailable(f"there is no program {self.command[0]}", hint="is it installed, and on the PATH?")
        if setpriv is None:
            raise TargetUnavailable("there is no program setpriv", hint="apt-get install util-linux")
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115  (closed in `end`; a pipe would block a child that talks)
        ours = [setpriv, "--pdeathsig", "KILL", "--", "/bin/sh", "-c", _IF_STILL_OURS, str(os.getpid())]
        self._process = subprocess.Popen(
            [*ours, program, *self.command[1:]],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=self._printed if stdout is None else stdout,
            stderr=self._printed,
            pass_fds=tuple(keep),
            start_new_session=True,  # Ctrl-C is ours: the child ends when the line is closed
        )

    @property
    def pid(self) -> int | None:
        """Its number while it is there to be ended."""
        return None if self._process is None else self._process.pid

    def alive(self) -> bool:
        """Whether it runs, or is stopped."""
        return self._process is not None and self._process.poll() is None

    def wait(self, most_s: float) -> None:
        """Let it come to its end, for that long at most."""
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(most_s)

    def last_words(self) -> str:
        """How it ended, or that it is stopped, and what it printed last; empty for one that just runs in silence."""
        if self._process is None:
            return ""
        code = self._process.poll()
        if code is None:
            end = "its process is stopped" if _state(self._process.pid) in {"T", "t"} else ""
        elif code < 0:
            end = f"its process was ended by {signal.Signals(-code).name}"
        else:
            end = f"its process ended with exit code {code}"
        printed = self._printed_last()
        return "; ".join(part for part in (end, f"it printed: {printed}" if printed else "") if part)

    def end(self) -> None:
        """End it, if need be by force, and wait until it is gone. Any number of times."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(POLITE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._printed is not None:
            self._printed.close()
            self._printed = None
        self._process = None

    def _printed_last(self) -> str:
        if self._printed is None:
            return ""
        descriptor = self._printed.fileno()
        size = os.fstat(descriptor).st_size
        data = os.pread(descriptor, WORDS_BYTES, max(0, size - WORDS_BYTES))
        return data.decode(errors="replace").strip()


def _state(pid: int) -> str:
    """The letter of a process's state, by proc(5); empty where nobody knows."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
