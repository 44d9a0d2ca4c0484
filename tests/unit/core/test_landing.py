"""What the flight loop does once a flight must end: the greatest reaction counts, and what lands goes on landing."""

import pytest

from hil.core.breach import Breach, Reaction
from hil.core.clock import SimulatedClock
from hil.core.errors import BadInput
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

    begin_s = None

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

    def fly(alarms, lander=Lander, spoil=lambda writer: None, clock=None):
        path = tmp_path / "s.yaml"
        path.write_text(
            "version: 1\nname: s\nduration_s: 0.1\nsettle_s: 0\ntask: {kind: hold, position_m: [0, 0, 1]}\n"
        )
        plan, target = plan_flight(Scenario.load(path), 0), lander(alarms)
        with LogWriter(plan.info(target, simulated=True)) as writer:
            spoil(writer)
            fly.did, fly.writer = target.did, writer
            return target.did, run(plan, target, clock=clock or SimulatedClock(), writer=writer)

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


def full_disk(writer):
    append = writer.append

    def cannot(sample):
        if sample.tick >= 3:
            raise BadInput("no space left")
        append(sample)

    writer.append = cannot


def test_a_log_that_cannot_be_written_lands_the_vehicle_and_is_told_then(flown):
    with pytest.raises(BadInput, match="no space left"):
        flown(lambda asked: None, spoil=full_disk)
    assert flown.did == ["LAND", "landed", "stop"]


def test_what_a_rig_raises_in_the_air_lands_it_and_is_on_record(flown):
    class Raising(Lander):
        def step(self, setpoint):
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        flown(lambda asked: None, lander=Raising)
    assert flown.did == ["LAND", "landed", "stop"]
    assert flown.writer.log().aborted.text == "the bench failed: RuntimeError: a bug"


def test_a_landing_that_raises_is_tried_again_and_then_motors_are_stopped(flown):
    class Raising(Lander):
        def leave(self, reaction):
            self.did.append(reaction.name)
            raise RuntimeError("a bug")
            yield

    with pytest.raises(RuntimeError):
        flown(lambda asked: None, lander=Raising)
    assert flown.did == ["HOLD", "LAND", "stop"]


class At(SimulatedClock):
    """Says when a tick was waited for."""

    def __init__(self, now_s):
        super().__init__()
        self._now_s, self.waited = now_s, []

    def wait_until(self, t_s):
        self.waited.append(round(t_s, 6))
        super().wait_until(t_s)


def test_the_task_begins_when_the_rig_says_whatever_came_last(flown):
    class Begins(Lander):
        begin_s = 5.0

        def approach(self):
            yield [self.sample()._replace(tick=-40, t_s=-0.4)]

    clock = At(4.99)
    _, log = flown(lambda asked: None, lander=Begins, clock=clock)
    assert clock.waited[:3] == [5.0, 5.01, 5.02]
    assert not [event for event in log.events if event.kind == "warning"]


def test_a_task_whose_first_set_points_come_late_says_so(flown):
    class Late(Lander):
        begin_s = 5.0

    clock = At(5.05)
    _, log = flown(lambda asked: None, lander=Late, clock=clock)
    assert clock.waited[0] == 5.0
    assert [event.text for event in log.events if event.kind == "warning"] == [
        "the first set-points were given up to 0.05 s late"
    ]
