"""`hil run …` to which something happens at an instant of the vehicle's own time.

    python bench_with_events.py EVENTS TOLD run SCENARIO -t crazyflie …

EVENTS is a list in JSON: [phase, seconds from its begin, what], where what is a signal that this process gets, or a
command of `hil` that another process runs meanwhile. When each of them came, in ms, is appended to the file TOLD.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from hil.cli.main import main
from hil.virtual_crazyflie.client import VirtualClient

COMMAND_S = 60.0  # another Python to start, on a busy machine


def watch(events, told):
    """Let the events happen while the bench lets the vehicle's time pass, which stands still meanwhile."""
    waiting = list(events)
    due = []  # (ms, what)
    begin, let_pass = VirtualClient.phase, VirtualClient.advance

    def happen(client, until_ms):
        due.sort()
        while due and due[0][0] <= until_ms:
            ms, what = due.pop(0)
            let_pass(client, ms)
            with told.open("a") as file:
                file.write(f"{ms}\n")
            if what.startswith("hil "):
                subprocess.run([sys.executable, "-m", *what.split()], check=True, timeout=COMMAND_S)
            else:
                os.kill(os.getpid(), signal.Signals[what])

    def phase(client, name):
        begun = begin(client, name)
        now_ms = client.state().now_ms
        for event in [event for event in waiting if event[0] == name]:
            waiting.remove(event)
            due.append((now_ms + round(1000 * event[1]), event[2]))
        happen(client, now_ms)
        return begun

    def advance(client, to_ms):
        happen(client, to_ms)
        return let_pass(client, to_ms)

    VirtualClient.phase, VirtualClient.advance = phase, advance


if __name__ == "__main__":
    watch(json.loads(sys.argv[1]), Path(sys.argv[2]))
    sys.argv[1:] = sys.argv[3:]
    main()
