import pytest

from hil.core.frames import quat_from_euler
from hil.core.interfaces import OuterLoop
from hil.core.types import ZERO3, AttitudeThrust, Setpoint, State
from hil_controllers.actuation import FirmwareActuation
from hil_controllers.inner_loop import FIRMWARE_GAINS, Cascade, InnerLoop
from hil_sim.vehicle_files import load_vehicle

CF21 = load_vehicle("cf21-identified")
FLAT = State(ZERO3, ZERO3, quat_from_euler(0.0, 0.0, 0.0), ZERO3)


def motors(wanted, state=FLAT):
    inner = InnerLoop(CF21, FIRMWARE_GAINS, FirmwareActuation(CF21, 0.002))
    return inner.act(state, wanted).motors


@pytest.mark.parametrize(
    ("wanted", "faster", "slower"),
    [
        (AttitudeThrust(0.05, 0.0, 0.0, 0.7), (2, 3), (0, 1)),  # roll right: the left rotors, M3 and M4
        (AttitudeThrust(0.0, 0.05, 0.0, 0.7), (1, 2), (0, 3)),  # nose down: the rear rotors, M2 and M3
        (AttitudeThrust(0.0, 0.0, 0.2, 0.7), (1, 3), (0, 2)),  # turn left: those that turn clockwise, M2 and M4
    ],
)
def test_the_rotors_that_turn_the_body_the_wanted_way_speed_up(wanted, faster, slower):
    command = motors(wanted)
    assert min(command[i] for i in faster) > max(command[i] for i in slower)


def test_a_body_that_turns_is_slowed():
    left, right = motors(AttitudeThrust(0.0, 0.0, 0.0, 0.7), FLAT._replace(rates=(0.5, 0.0, 0.0)))[2:0:-1]
    assert left < right


def test_the_short_way_round_is_taken_in_yaw():
    near = State(ZERO3, ZERO3, quat_from_euler(0.0, 0.0, 3.1), ZERO3)
    m1, m2, *_ = motors(AttitudeThrust(0.0, 0.0, -3.1, 0.7), near)
    assert m2 > m1  # on to the left over ±180°


class Counting(OuterLoop):
    name, family, rate_hz = "counting", "feed-forward", 100

    def reset(self):
        self.calls = 0

    def act(self, state, setpoint):
        self.calls += 1
        return AttitudeThrust(0.0, 0.0, 0.0, 0.7)


def test_a_cascade_asks_its_outer_loop_at_the_outer_rate():
    outer = Counting()
    cascade = Cascade(outer, InnerLoop(CF21, FIRMWARE_GAINS, FirmwareActuation(CF21, 0.002)))
    for _ in range(50):
        cascade.act(FLAT, Setpoint(ZERO3))
    assert (cascade.rate_hz, cascade.name, outer.calls) == (500, "counting", 10)


def test_an_outer_rate_that_does_not_divide_the_inner_is_refused():
    outer = Counting()
    outer.rate_hz = 300
    with pytest.raises(ValueError, match="300 Hz does not divide"):
        Cascade(outer, InnerLoop(CF21, FIRMWARE_GAINS, FirmwareActuation(CF21, 0.002)))
