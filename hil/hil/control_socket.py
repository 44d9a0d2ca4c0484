"""One process asks another on this machine: a line of JSON there, a line of JSON back, over a Unix socket.

A request and its answer are objects. What went wrong comes back as `{"error": …, "hint": …, "exit_code": …}` and is
raised where it was asked, as the error of that exit code.
"""

import fcntl
import json
import logging
import os
import selectors
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hil.core.errors import BadInput, HilError, Refused, TargetUnavailable

Request = Mapping[str, Any]
Answer = dict[str, Any]

CHUNK = 65536
SEND_TIMEOUT_S = 5.0  # an asker that no longer reads is given up after this
LONGEST_LINE = 1 << 24  # bytes; more without a newline is no request

_ERRORS: dict[int, type[HilError]] = {
    error.exit_code: error for error in (HilError, BadInput, TargetUnavailable, Refused)
}
_log = logging.getLogger(__name__)


class AlreadyListening(TargetUnavailable):
    """Another living process has that name."""


def socket_path(name: str) -> Path:
    """Where the process of that name listens, in a folder that is this user's alone.

    Raises BadInput where that folder cannot be made, belongs to somebody else, or others may write in it.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime) / "hil" if runtime else Path(tempfile.gettempdir()) / f"hil-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as problem:
        raise BadInput(
            f"{folder} cannot be used: {problem.strerror or problem}",
            hint="set XDG_RUNTIME_DIR to a folder of yours, or unset it",
        ) from problem
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise BadInput(
            f"{folder} is not this user's alone", hint="remove it, or set XDG_RUNTIME_DIR to a folder that is"
        )
    return folder / f"{name}.sock"


class Listener:
    """Answers requests at a path: polled inside a loop, or in a thread of its own.

    `answer(request)` gives the answer; a HilError that it raises is told to the asker, any other error too, and is
    logged. In a loop: register the listener for reading (it has a `fileno`), and `poll()` when it is ready. In a
    thread: `start()`. One request is answered at a time.
    """

    def __init__(self, path: Path, answer: Callable[[Request], Answer]) -> None:
        self.path = path
        self._answer = answer
        self._selector: selectors.BaseSelector | None = None
        self._unfinished: dict[socket.socket, bytes] = {}
        self._ours: tuple[int, int] | None = None  # which file the socket is
        self._thread: threading.Thread | None = None
        self._wake: tuple[socket.socket, socket.socket] | None = None
        self._ending = threading.Event()

    def open(self) -> None:
        """Listen. Replaces what a dead process left; raises AlreadyListening where a living one listens."""
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._bind(listening)
            listening.listen()
            listening.setblocking(False)
        except BaseException:
            listening.close()
            raise
        self._selector = selectors.DefaultSelector()
        self._selector.register(listening, selectors.EVENT_READ, self._accept)

    def _bind(self, listening: socket.socket) -> None:
        """Takes the path; the folder is locked meanwhile, so that of two processes only one replaces a dead one's."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if self.path.exists():
                if _somebody_listens(self.path):
                    raise AlreadyListening(f"another process listens at {self.path}", hint="stop it first")
                self.path.unlink()
            try:
                listening.bind(str(self.path))
            except OSError as problem:
                raise BadInput(
                    f"cannot listen at {self.path}: {problem.strerror or problem}",
                    hint="set XDG_RUNTIME_DIR to a folder of yours with a short path",
                ) from problem
            self._ours = _identity(self.path)
        finally:
            os.close(folder)

    def fileno(self) -> int:
        """Readable when `poll()` has something to do."""
        number: int = self._opened().fileno()  # type: ignore[attr-defined]  # epoll and kqueue are files
        return number

    def poll(self, timeout_s: float | None = 0.0) -> None:
        """Answer what has been asked; wait at most that long for something, for ever with None."""
        for key, _ in self._opened().select(timeout_s):
            key.data(key.fileobj)

    def start(self) -> None:
        """Answer in a thread of its own until `close()`. Opens first if need be."""
        if self._selector is None:
            self.open()
        self._ending.clear()
        self._wake = socket.socketpair()
        self._opened().register(self._wake[0], selectors.EVENT_READ, lambda _: None)
        self._thread = threading.Thread(target=self._serve, name=f"listener {self.path.stem}", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ending.is_set():
            self.poll(None)

    def close(self) -> None:
        """Stop listening and remove the socket; doing it twice does no harm."""
        if self._wake is not None:
            self._ending.set()
            self._wake[1].send(b"\0")
            if self._thread is not None and self._thread is not threading.current_thread():
                self._thread.join(SEND_TIMEOUT_S)
            self._wake[1].close()
            self._wake = None
        if self._selector is None:
            return
        for key in list(self._selector.get_map().values()):
            self._selector.unregister(key.fileobj)
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()
        self._selector = None
        self._unfinished.clear()
        try:
            if _identity(self.path) == self._ours:
                self.path.unlink()
        except FileNotFoundError:
            pass

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self) -> selectors.BaseSelector:
        if self._selector is None:
            raise RuntimeError("not open")
        return self._selector

    def _accept(self, listening: socket.socket) -> None:
        asker, _ = listening.accept()
        asker.settimeout(SEND_TIMEOUT_S)
        self._unfinished[asker] = b""
        self._opened().register(asker, selectors.EVENT_READ, self._read)

    def _read(self, asker: socket.socket) -> None:
        try:
            chunk = asker.recv(CHUNK)
            *lines, rest = (self._unfinished[asker] + chunk).split(b"\n")
            self._unfinished[asker] = rest
            for line in lines:
                asker.sendall(json.dumps(self._answered(line)).encode() + b"\n")
            gone = not chunk or len(rest) > LONGEST_LINE
        except OSError:
            gone = True
        if gone and self._selector is not None:
            self._selector.unregister(asker)
            del self._unfinished[asker]
            asker.close()

    def _answered(self, line: bytes) -> Answer:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise BadInput("a request is one JSON object on a line")
            return self._answer(request)
        except ValueError as problem:
            return _told(BadInput(f"not a request: {problem}"))
        except HilError as error:
            return _told(error)
        except Exception as bug:
            _log.exception("a request could not be answered")
            return _told(HilError(f"this is a bug in hil: {bug!r}"))


class Connection:
    """Asks one process again and again over one connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket: socket.socket | None = None
        self._received = b""

    def open(self, timeout_s: float = 1.0) -> None:
        """Connect. Raises TargetUnavailable where nobody listens."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(self.path))
        except OSError as problem:
            self.close()
            raise TargetUnavailable(f"nobody answers at {self.path}: {problem.strerror or problem}") from problem

    def ask(self, request: Request, timeout_s: float) -> Answer:
        """The answer. Raises the error that was answered, or TargetUnavailable (and closes) when there was none."""
        if self._socket is None:
            raise TargetUnavailable(f"not connected to {self.path}")
        self._socket.settimeout(timeout_s)
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            while b"\n" not in self._received:
                chunk = self._socket.recv(CHUNK)
                if not chunk:
                    raise ConnectionResetError("it has ended")
                self._received += chunk
        except OSError as problem:
            self.close()
            why = f"no answer within {timeout_s:g} s" if isinstance(problem, TimeoutError) else str(problem)
            raise TargetUnavailable(f"the process at {self.path} does not answer: {why}") from problem
        line, self._received = self._received.split(b"\n", 1)
        answer: Answer = json.loads(line)
        if "error" in answer:
            kind = _ERRORS.get(answer.get("exit_code", HilError.exit_code), HilError)
            raise kind(answer["error"], hint=answer.get("hint", ""))
        return answer

    def close(self) -> None:
        """Hang up; doing it twice does no harm."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._received = None, b""


def ask(path: Path, request: Request, timeout_s: float) -> Answer:
    """One question, one answer; the deadline holds for each of connecting and answering.

    Raises TargetUnavailable when nobody listens or no answer comes, and the error that was answered.
    """
    connection = Connection(path)
    connection.open(timeout_s)
    try:
        return connection.ask(request, timeout_s)
    finally:
        connection.close()


def _told(error: HilError) -> Answer:
    return {"error": error.message, "hint": error.hint, "exit_code": error.exit_code}


def _identity(path: Path) -> tuple[int, int]:
    """Inode and birth: an inode alone is given away again at once."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except TimeoutError:  # its queue is full: it lives
            return True
        except OSError:
            return False
    return True
