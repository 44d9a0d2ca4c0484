"""What the flight loop does once a flight must end: the greatest reaction counts, and what lands goes on landing."""

import pytest

from hil.core.breach import Breach, Reaction
from hil.core.clock import SimulatedClock
from hil.core.interfaces import Target
from hil.core.types import LEVEL, ZERO3, Sample, Setpoint, State
from hil.flight_plan import plan_flight
from hil.log import LogWriter
from hil.runner import run
from hil.scenario.model import Scenario

UP = (0.0, 0.0, 1.0)


class Lander(Target):
    """Hovers; raises the alarms it is given, each at its turn of being asked, and notes how it was brought down."""

    name, controller_name, controller_family = "lander", "none", "position-only"

    def __init__(self, alarms):
        self.alarms, self.asked, self.did, self.tick = alarms, 0, [], 0

    def sample(self):
        self.tick += 1
        return Sample(self.tick, self.tick / 100, Setpoint(UP), State(UP, ZERO3, LEVEL, ZERO3), None)

    def open(self): ...

    def reset(self, start, *, seed): ...

    def approach(self):
        return iter(())

    def step(self, setpoint):
        return [self.sample()]

    def leave(self, reaction):
        self.did.append(reaction.name)
        for _ in range(5):
            yield [self.sample()]
        self.did.append("landed")

    def alarm(self):
        self.asked += 1
        return self.alarms(self.asked)

    def news(self):
        return ()

    def stop(self):
        self.did.append("stop")

    def close(self): ...

    def keep(self, run_dir): ...


@pytest.fixture
def flown(tmp_path):
    """What was done to a vehicle with these alarms, and the log; its flight is 10 ticks, its landing 5."""

    def fly(alarms):
        path = tmp_path / "s.yaml"
        path.write_text(
            "version: 1\nname: s\nduration_s: 0.1\nsettle_s: 0\ntask: {kind: hold, position_m: [0, 0, 1]}\n"
        )
        plan, target = plan_flight(Scenario.load(path), 0), Lander(alarms)
        with LogWriter(plan.info(target, simulated=True)) as writer:
            return target.did, run(plan, target, clock=SimulatedClock(), writer=writer)

    return fly


def from_the(n, reaction):
    return lambda asked: Breach(reaction.name.lower(), reaction) if asked >= n else None


def test_a_flight_that_goes_well_is_landed(flown):
    did, log = flown(lambda asked: None)
    assert did == ["HOLD", "landed", "stop"]
    assert log.aborted is None


@pytest.mark.parametrize(
    ("reaction", "did"),
    [
        (Reaction.HOLD, ["HOLD", "landed", "stop"]),
        (Reaction.LAND, ["LAND", "landed", "stop"]),
        (Reaction.STOP, ["stop"]),
    ],
)
def test_an_alarm_that_lasts_is_reacted_to_once(flown, reaction, did):
    done, log = flown(from_the(3, reaction))
    assert done == did
    assert log.aborted.text == reaction.name.lower()


def test_an_alarm_while_it_lands_as_planned_does_not_drop_it(flown):
    did, log = flown(from_the(12, Reaction.LAND))
    assert did == ["HOLD", "LAND", "landed", "stop"]
    assert log.aborted.text == "land"


def test_what_holds_lands_when_that_is_asked_for(flown):
    did, _ = flown(lambda asked: Breach("x", Reaction.LAND if asked >= 6 else Reaction.HOLD) if asked >= 3 else None)
    assert did == ["HOLD", "LAND", "landed", "stop"]


def test_what_lands_is_stopped_when_that_is_asked_for(flown):
    did, log = flown(lambda asked: Breach("x", Reaction.STOP if asked >= 6 else Reaction.LAND) if asked >= 3 else None)
    assert did == ["LAND", "stop"]
    assert [event.kind for event in log.events] == ["abort", "safety"]
