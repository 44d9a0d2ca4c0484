"""One bench at a time flies a vehicle: a second one's connecting would take the first one's log away in mid-air.

A file per vehicle beside the control sockets, locked as long as the process lives that flies it. It holds for benches
of one user on one machine; who else is in the air is seen by the vehicle's own word (`glance`).
"""

import fcntl
import os
import re

from hil.control_socket import socket_path
from hil.core.errors import TargetUnavailable
from hil.targets.crazyflie.address import VIRTUAL, vehicle_at


class VehicleLock:
    """Of the vehicle at a URI, however it is spelt; a virtual one that a flight starts for itself needs none."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._file: int | None = None

    def take(self) -> None:
        """Raises TargetUnavailable where another has it, BadInput where there is no folder for it."""
        if self._uri == VIRTUAL:
            return
        name = re.sub(r"[^A-Za-z0-9.]+", "-", vehicle_at(self._uri))
        file = os.open(socket_path(f"vehicle-{name}").with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 20).decode("ascii", "replace") or "another"
            os.close(file)
            raise TargetUnavailable(
                f"{self._uri}: bench {holder} flies it already", hint="wait for it, or end it: hil stop --land"
            ) from None
        os.truncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file = file

    def release(self) -> None:
        """Idempotent."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
