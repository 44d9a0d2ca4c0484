"""A vehicle made of a plant in this process: it has to get to its start and down again, and can be told to hang.

What it did is in `HAPPENED`; `python fake_vehicle.py run …` is `hil run …` with it as the crazyflie target.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hil import registry
from hil.core.breach import Breach, Reaction
from hil.core.clock import WallClock
from hil.core.errors import Refused
from hil.core.interfaces import Target
from hil.core.types import LEVEL, ON_BOARD_ESTIMATE, ZERO3, Event, Sample, Setpoint, Start, State
from hil.flight_plan import plan_flight
from hil.targets.closed_loop import build_sim
from hil.targets.order import Order, Prepared

HAPPENED: list[str] = []
APPROACH_S = LANDING_S = 0.3
TICK_S = 0.01


class FakeVehicle(Target):
    """Flies the plant of `sim`; `FAKE_VEHICLE` may hold words: refuse, hang, real, locked, astray, slow-approach, …"""

    name = "crazyflie"
    controller_name, controller_family = "onboard-pid", "position-only"
    where = "udp://127.0.0.1:1"

    def __init__(self, order: Order, inside: Target) -> None:
        self._words = os.environ.get("FAKE_VEHICLE", "").split()
        self._confirmed, self._inside = order.hardware.confirmed, inside
        self._news: list[Event] = []
        self._alarm: Breach | None = None
        self._tick = 0
        self._last: Sample | None = None
        if "real" in self._words:
            self.vehicle, self.state_source = "cf1", ON_BOARD_ESTIMATE
            self.where = "usb://0" if "cable" in self._words else "radio://0/80/2M"

    def open(self) -> None:
        HAPPENED.append("open")

    def reset(self, start: Start, *, seed: int) -> None:
        if "real" in self._words and not self._confirmed:
            raise Refused("propellers would turn", hint="--yes")
        if "refuse" in self._words:
            raise Refused("the battery is empty", hint="charge it")
        self._inside.reset(start, seed=seed)
        self._start = start.state

    def approach(self) -> Iterator[Sequence[Sample]]:
        HAPPENED.append("take-off")
        self._say("take-off: on its way")
        ticks = round((30.0 if "slow-approach" in self._words else APPROACH_S) / TICK_S)
        for tick in range(-ticks, 0):
            time.sleep(TICK_S)
            yield [self._at(tick, (1 + tick / ticks))]

    def step(self, setpoint: Setpoint) -> Sequence[Sample]:
        if "hang" in self._words:
            HAPPENED.append("hanging")
            Path("hanging").touch()
            deadline_s = time.monotonic() + 60.0
            while "stop" not in HAPPENED and time.monotonic() < deadline_s:
                time.sleep(TICK_S)
        if "locked" in self._words:
            self._alarm = Breach("the vehicle locked itself", Reaction.STOP)
        if "astray" in self._words:
            self._alarm = Breach("outside the geofence", Reaction.LAND)
        samples = self._inside.step(setpoint)
        self._tick, self._last = samples[-1].tick, samples[-1]
        return samples

    def leave(self, reaction: Reaction) -> Iterator[Sequence[Sample]]:
        HAPPENED.append(f"leave {reaction.name}")
        Path("landing").touch()
        self._say("land: on its way")
        ticks = round((30.0 if "slow-landing" in self._words else LANDING_S) / TICK_S)
        for tick in range(ticks):
            time.sleep(TICK_S)
            self._tick += 1
            yield [self._at(self._tick, 1 - tick / ticks)]
        HAPPENED.append("landed")

    def alarm(self) -> Breach | None:
        return self._alarm

    def news(self) -> Sequence[Event]:
        news, self._news = self._news, []
        return news

    def stop(self) -> None:
        HAPPENED.append("stop")

    def close(self) -> None:
        HAPPENED.append("close")

    def keep(self, run_dir: Path) -> None:
        (run_dir / "happened").write_text("\n".join(HAPPENED))

    def _say(self, text: str) -> None:
        self._news.append(Event(self._tick * TICK_S, "phase", text))

    def _at(self, tick: int, share: float) -> Sample:
        x, y, z = self._start.position
        state = State((x, y, share * z), ZERO3, LEVEL, ZERO3)
        estimate = state._replace(position=(x + 0.03, y, share * z))
        return Sample(tick, tick * TICK_S, Setpoint(state.position), state, None, estimate, 4.0 - 0.1 * share)


def build(order: Order) -> Prepared:
    """Stands in for `registry.TARGETS["crazyflie"]`."""
    real = "real" in os.environ.get("FAKE_VEHICLE", "").split()
    inside = build_sim(replace(order, controller="pid-firmware")).target
    plan = plan_flight(order.scenario, order.repeat)
    return Prepared(FakeVehicle(order, inside), plan, simulated=not real, pace=WallClock())


if __name__ == "__main__":
    from hil.cli.main import main

    for hushed in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP):
        signal.signal(hushed, signal.SIG_DFL)  # as from a terminal, whoever started the tests
    signal.signal(signal.SIGINT, signal.default_int_handler)
    registry.TARGETS["crazyflie"] = "fake_vehicle:build"
    sys.path.insert(0, str(Path(__file__).parent))
    main()
