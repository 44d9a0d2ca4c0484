"""How long the unmodified cflib takes to connect to a virtual Crazyflie: all tables, all parameters.

    python benchmarks/connect.py [REPEATS]

Two instants of each connection, from opening the link: `connected` (tables of log variables, parameters and memories
are there) and `fully connected` (the value of every parameter, too). Cold reads the tables, cached finds them on disk
under their CRC. Kinds take turns. Beside them stands what the real firmware needs, compiled for a PC and asked over UDP
in the same way; it was measured once, on another machine.
"""

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import cflib.crtp
from cflib.crazyflie import Crazyflie

from hil.machine import machine, version_of
from hil.virtual_crazyflie.process import VirtualProcess

REPEATS = 15
WAIT_S = 60.0
FIRMWARE_S = {"cold": (0.8, 1.15), "cached": (0.14, 0.44)}  # connected, fully connected
MOMENTS = ("connected", "fully connected")


def connect(uri: str, cache: Path) -> tuple[float, float]:
    """Seconds until connected, and fully connected, of one connection with tables cached in that folder."""
    crazyflie = Crazyflie(rw_cache=str(cache))
    seen = [0.0, 0.0]
    done = threading.Event()

    def connected(_: str) -> None:
        seen[0] = time.perf_counter()

    def fully_connected(_: str) -> None:
        seen[1] = time.perf_counter()
        done.set()

    crazyflie.connected.add_callback(connected)
    crazyflie.fully_connected.add_callback(fully_connected)
    begin = time.perf_counter()
    crazyflie.open_link(uri)
    if not done.wait(WAIT_S):
        raise SystemExit(f"not connected within {WAIT_S:g} s")
    crazyflie.close_link()
    return seen[0] - begin, seen[1] - begin


def main() -> None:
    """Print both kinds beside the real firmware's."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else REPEATS
    about = machine() | {"cflib": version_of("cflib")}
    cflib.crtp.init_drivers()
    taken: dict[str, list[tuple[float, float]]] = {kind: [] for kind in FIRMWARE_S}
    with (
        VirtualProcess(vehicle="cf21-identified", lock_step=False) as vehicle,
        tempfile.TemporaryDirectory() as folder,
    ):
        kept = Path(folder) / "kept"
        kept.mkdir()
        connect(vehicle.uri, kept)  # fills it
        for repeat in range(repeats):
            empty = Path(folder) / str(repeat)
            empty.mkdir()
            taken["cold"].append(connect(vehicle.uri, empty))
            taken["cached"].append(connect(vehicle.uri, kept))
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    print(f"{repeats} connections of each kind; median (quartiles), s; the real firmware's was measured elsewhere")
    for kind, times in taken.items():
        for moment, seconds, firmware_s in zip(MOMENTS, zip(*times, strict=True), FIRMWARE_S[kind], strict=True):
            low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
            print(f"{kind:8s}{moment:16s}{median:7.2f} ({low:.2f} to {high:.2f})   real firmware {firmware_s:.2f}")


if __name__ == "__main__":
    main()
