"""A short flight of the target `crazyflie` on a virtual vehicle, and what it truly came to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from hil.core.clock import WallClock
from hil.log import Log, LogWriter
from hil.runner import run
from hil.scenario.model import Scenario
from hil.targets.crazyflie.build import build
from hil.targets.crazyflie.rig import VirtualRig
from hil.targets.order import Hardware, Order

TASK = """
version: 1
name: short
seed: {seed}
duration_s: {duration_s}
settle_s: 0.5
sensors: real-2026
start: {{position_m: [0.2, 0, {height_m}], motors: {motors}}}
task: {task}
faults: [{faults}]
safety: {safety}
"""


class Flown(NamedTuple):
    """Its log, the vehicle's state half a second of its time after the bench left it, and what was kept of the link."""

    log: Log
    end: object
    facts: dict

    def texts(self, kind):
        return [event.text for event in self.log.events if event.kind == kind]


def short(folder: Path, task="", *, height_m, hold_m=None, faults="", safety="{}", duration_s=1.0, seed=0) -> Scenario:
    """A scenario that starts in the air, or at 0 m on the floor; without a task it holds its place at `hold_m`."""
    values = {"faults": faults, "safety": safety, "duration_s": duration_s, "height_m": height_m, "seed": seed}
    task = task or f"{{kind: hold, position_m: [0.2, 0, {hold_m or height_m}]}}"
    path = folder / "short.yaml"
    path.write_text(TASK.format(**values, task=task, motors="hover" if height_m else "stopped"))
    return Scenario.load(path)


def prepared(scenario, *, process=None, controller=None, **hardware):
    """All that a flight needs; on a vehicle of its own, or that of `process`."""
    given = Hardware(**{"uri": "virtual", **hardware})
    order = Order(scenario=scenario, repeat=0, controller=controller, flight=None, clock=WallClock(), hardware=given)
    made = build(order)
    if process is not None:
        made.target._rig = VirtualRig(process=process, client=None, lock_step=True)
    return made


@contextmanager
def opened(made, folder: Path) -> Iterator[LogWriter]:
    """The target and a log, for as long as it takes."""
    info = made.plan.info(made.target, simulated=made.simulated)
    with LogWriter(info, folder) as writer, made.target:
        yield writer


def fly(made, folder: Path) -> Flown:
    """From connecting to the floor; the log lies in `folder`/run."""
    with opened(made, folder / "run") as writer:
        log = run(made.plan, made.target, clock=made.pace, writer=writer)
        client = made.target._rig.client
        client.advance(client.state().now_ms + 500)
        end = client.state()
    made.target.keep(folder)
    return Flown(log, end, json.loads((folder / "link.json").read_text()))
