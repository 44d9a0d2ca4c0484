"""Flies one row: a virtual vehicle in lock-step, `hil run` on it, and then whatever time it takes to come to rest."""

import json
import math
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from hil.core.vehicle_status import Info
from hil.log import Log
from hil.virtual_crazyflie.client import History, VirtualState
from hil.virtual_crazyflie.process import VirtualProcess

from .row import End, Row

HANGS_S = 240.0  # wall time for a flight of some seconds; a busy machine is no reason to fail
PATIENCE_S = 35.0  # of the vehicle's time, once the bench is gone: an armed vehicle disarms itself after 30 s
_STEP_MS = 100
_REST_MS = 500  # and looked at again
SCENARIO = """
version: 1
name: matrix
duration_s: 3
settle_s: 0.5
sensors: real-2026
start: {position_m: [0.2, 0, 0.4]}
task: {kind: hold, position_m: [0.2, 0, 0.4]}
criteria: [{metric: position_error_xy_mean_m, limit: 0.15, rationale: "it holds its place"}]
"""
PLACE = (0.2, 0.0)


class Flown(NamedTuple):
    """What came of it."""

    code: int | None  # None: it hung
    output: str  # of the terminal
    began_ms: int | None  # when it happened; None: it never did
    state: VirtualState  # the vehicle's, at rest, or after all patience
    history: History
    disarmed_ms: int  # when it was first seen not armed, once the bench was gone
    folder: Path  # of the run
    log: Log | None  # None: it cannot be read
    log_problem: str

    @property
    def away_m(self) -> float:
        """How far it is from where the task held it, along the floor."""
        return math.dist(self.state.position_m[:2], PLACE)

    @property
    def told(self) -> str:
        """All that the log says of it, a line per event."""
        return "\n".join(event.text for event in self.log.events) if self.log else ""


def fly(row: Row, folder: Path, *, patience_s: float = PATIENCE_S) -> Flown:
    """Fly it in this folder, which is also where its processes find each other."""
    scenario, told = folder / "matrix.yaml", folder / "told"
    scenario.write_text(SCENARIO)
    told.touch()
    with VirtualProcess(vehicle="cf21-identified", lock_step=True, **row.vehicle) as vehicle:
        for packet in row.before:
            _send(vehicle.port, packet)
        bench = Path(__file__).with_name("bench_with_events.py")
        words = ["run", scenario, "-t", "crazyflie", "--uri", vehicle.uri, "--skip-sim-first", "made to break"]
        words += ["--no-report", "--out", folder / "runs", *row.words, *(f"--fault={fault}" for fault in row.faults)]
        code, output = _run([sys.executable, bench, json.dumps(row.events), told, *words], folder)
        client = vehicle.client
        gone_ms = state_ms = client.state().now_ms
        disarmed_ms = -1
        while True:
            state, history = client.state(), client.history()
            if disarmed_ms < 0 and Info.ARMED not in Info(state.supervisor):
                disarmed_ms = state.now_ms
            if _at_rest(row, state) or state.now_ms - gone_ms > 1000 * patience_s:
                break
            state_ms += _STEP_MS
            client.advance(state_ms)
        if patience_s:
            client.advance(client.state().now_ms + _REST_MS)
            state, history = client.state(), client.history()
    began = [ms for _, ms in history.faults] + [int(line) for line in told.read_text().split()]
    run_folder = next(iter(folder.glob("runs/*")), folder / "none")
    log, problem = opened(run_folder)
    return Flown(code, output, began[-1] if began else None, state, history, disarmed_ms, run_folder, log, problem)


def opened(folder: Path) -> tuple[Log | None, str]:
    """A run's log, or why it cannot be read."""
    try:
        return Log.open(folder), ""
    except Exception as problem:
        return None, f"{type(problem).__name__}: {problem}"


def _at_rest(row: Row, state: VirtualState) -> bool:
    quiet = state.motors_off and state.on_ground
    return quiet and (row.end is not End.DISARMED or Info.ARMED not in Info(state.supervisor))


def _run(command: list[object], folder: Path) -> tuple[int | None, str]:
    environment = {name: value for name, value in os.environ.items() if name != "HIL_FLIGHTS"}
    with subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as bench:
        try:
            output, _ = bench.communicate(timeout=HANGS_S)
        except subprocess.TimeoutExpired:
            bench.kill()
            output, _ = bench.communicate()
            return None, output
        return bench.returncode, output


def _send(port: int, packet: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30.0)
        client.connect(("127.0.0.1", port))
        client.send(packet)
        client.send(b"\xf0\x01done")  # an echo: answered once all before it was handled
        while client.recv(64)[1:] != b"\x01done":
            pass
