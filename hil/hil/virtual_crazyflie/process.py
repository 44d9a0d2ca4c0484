"""A virtual Crazyflie in a process of its own, for as long as somebody needs it.

The child reads a pipe from its parent and ends when that closes, which it does however the parent dies. Ctrl-C at the
terminal reaches the parent alone, which lands first.
"""

import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Literal, Self

from hil.core.errors import TargetUnavailable
from hil.core.types import ZERO3, Vec3
from hil.virtual_crazyflie.client import VirtualClient

START_S = 60.0  # Python, numpy and perhaps a network, on a busy machine
END_S = 5.0
_READY = re.compile(rb"udp://127\.0\.0\.1:(\d+)")


class VirtualProcess:
    """Starts `hil virtual` on a free port, and ends it.

    `faults`, `lacks` and `engine` are words as after `--fault` and `--lacks`.
    """

    def __init__(
        self,
        *,
        vehicle: str,
        controller: str = "pid-firmware",
        engine: str = "auto",
        arming: Literal["auto", "manual"] = "auto",
        positioning: Literal["onboard", "external"] = "onboard",
        lock_step: bool,
        seed: int = 0,
        speed: float = 1.0,
        start: Vec3 = ZERO3,
        faults: Sequence[str] = (),
        lacks: Sequence[str] = (),
        port: int = 0,
    ) -> None:
        words = ["--vehicle", vehicle, "--controller", controller, "--engine", engine]
        words += ["--arming", arming, "--positioning", positioning]
        words += [f"--start={','.join(map(str, start))}", f"--seed={seed}", f"--speed={speed}", f"--port={port}"]
        words += ["--lock-step"] if lock_step else []
        words += [f"--fault={fault}" for fault in faults]
        words += [f"--lacks={name}" for name in lacks]
        self._command = [sys.executable, "-m", "hil", "virtual", "--until-eof", *words]
        self._child: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._client: VirtualClient | None = None

    @property
    def client(self) -> VirtualClient:
        """Its control socket, connected."""
        if self._client is None:
            raise RuntimeError("not started")
        return self._client

    @property
    def port(self) -> int:
        """Its UDP port on this machine."""
        return self.client.port

    @property
    def uri(self) -> str:
        """What a client connects to."""
        return f"udp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers. Raises TargetUnavailable with its own words where it does not."""
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  `close` closes it
        try:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                start_new_session=True,
            )
            client = VirtualClient(self._ready())
            try:
                client.open()
            except TargetUnavailable:
                raise TargetUnavailable(f"the virtual vehicle did not start: {self._last_words()}") from None
            self._client = client
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it, whatever it does; doing it twice does no harm."""
        if self._client is not None:
            self._client.close()
            self._client = None
        child, self._child = self._child, None
        if child is not None:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.close()
            try:
                child.wait(END_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(END_S)
            child.stdout.close()
        if self._complaints is not None:
            self._complaints.close()
            self._complaints = None

    def kill(self) -> None:
        """Let it die at once, as by a crash."""
        if self._child is not None:
            self._child.kill()
            self._child.wait(END_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self) -> int:
        """The port it says it answers at."""
        assert self._child is not None
        assert self._child.stdout is not None
        said, deadline = b"", time.monotonic() + START_S
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._child.stdout, selectors.EVENT_READ)
            while not said.endswith(b"\n"):
                if not waiting.select(max(0.0, deadline - time.monotonic())):
                    raise TargetUnavailable(f"the virtual vehicle was not ready within {START_S:g} s")
                chunk = os.read(self._child.stdout.fileno(), 4096)
                if not chunk:
                    raise TargetUnavailable(f"the virtual vehicle did not start: {self._last_words()}")
                said += chunk
        found = _READY.search(said)
        if found is None:
            raise TargetUnavailable(f"the virtual vehicle does not say where it is: {said!r}")
        return int(found[1])

    def _last_words(self) -> str:
        assert self._child is not None
        assert self._complaints is not None
        with suppress(subprocess.TimeoutExpired):  # what it said until now has to do
            self._child.wait(END_S)
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        if lines and lines[-1].startswith("hil: this is a bug"):
            lines.pop()  # what the traceback before it ends with says more
        told = [line.removeprefix("hil: ") for line in lines if line.startswith("hil: ")]
        code = self._child.returncode
        return (told or lines[-1:] or ["no word from it" if code is None else f"exit code {code}"])[0]
