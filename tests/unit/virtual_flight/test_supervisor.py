"""Whether motors may turn: the words of the real firmware, and every way to stop, to the millisecond."""

import pytest

from hil.virtual_crazyflie.supervisor import Condition, Supervisor
from hil.virtual_crazyflie.wanted import NULL, Mode

UPRIGHT, ON_ITS_SIDE, UPSIDE_DOWN, FALLING = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (0.05, 0.0, 0.05)
OFF, ON = (0.0,) * 4, (0.5,) * 4
LAND = b"\x08"


class Alone:
    """A supervisor that is told what it feels."""

    def __init__(self, *, arms_itself=True, **parameters):
        self.now_ms = 0
        self.said = []
        self.parameters = {name.replace("__", "."): value for name, value in parameters.items()}
        self.supervisor = Supervisor(
            lambda: self.now_ms, self.parameters, self.said.append,
            arms_itself=arms_itself, high_level=lambda: (False, True),
        )  # fmt: skip

    def feel(self, acceleration_g=UPRIGHT, motors=OFF, *, for_ms=1, age_ms=0):
        for _ in range(for_ms):
            self.now_ms += 1
            self.supervisor.update(acceleration_g, motors, NULL._replace(at_ms=self.now_ms - age_ms))
        return self.supervisor.condition


def test_a_brushed_vehicle_is_armed_and_idle_after_boot(boot):
    bench = boot()
    bench.ms(1)
    assert bench.word == 0x20E


def test_it_shows_moving_then_hovering_under_the_high_level_commander(boot):
    bench = boot()
    bench.ms(20)
    bench.vertical(b"\x07", 0.5, 1.0)
    bench.ms(500)
    moving = bench.word
    bench.ms(600)
    assert (moving, bench.word) == (0x11E, 0x31E)


def test_it_shows_flying_by_set_points(boot):
    bench = boot()
    bench.hover()
    bench.position(0.0, 0.0, 0.6)
    bench.ms(1)
    assert bench.word == 0x21E


def test_it_counts_as_flying_for_two_seconds_after_landing(boot):
    bench = boot()
    bench.hover()
    bench.vertical(LAND, 0.0, 1.0)
    bench.ms_until_off()
    bench.ms(1999)
    still = bench.word
    bench.ms(1)
    assert (still, bench.word) == (0x21E, 0x20E)


def test_manual_arming_shows_the_words_of_a_brushless_vehicle(boot):
    bench = boot(arming="manual")
    bench.ms(20)
    disarmed = bench.word
    assert bench.send(9, 1, b"\x01\x01") == [b"\x81\x01\x01"]
    bench.ms(500)
    spinning_up = bench.word
    bench.ms(600)
    armed = bench.word
    bench.vertical(b"\x07", 0.5, 1.0)
    bench.ms(1500)
    assert (disarmed, spinning_up, armed, bench.word) == (0x201, 0x202, 0x20A, 0x31A)


def test_a_take_off_is_busy_until_armed_and_spun_up(boot):
    bench = boot(arming="manual")
    bench.ms(20)
    unarmed = bench.vertical(b"\x07", 0.5, 1.0)
    bench.send(9, 1, b"\x01\x01")
    bench.ms(999)
    spinning_up = bench.vertical(b"\x07", 0.5, 1.0)
    bench.ms(3)
    assert (unarmed, spinning_up, bench.vertical(b"\x07", 0.5, 1.0)) == (16, 16, 0)


def test_an_unarmed_vehicle_gives_its_motors_nothing_whatever_is_asked(boot):
    bench = boot(arming="manual")
    for _ in range(50):
        bench.position(0.0, 0.0, 1.0)
        bench.ms(10)
        assert bench.body.motors_fraction == OFF


def test_info_bits_are_asked_for_over_port_9(boot):
    bench = boot()
    bench.ms(1)
    assert bench.send(9, 0, b"\x0c") == [b"\x8c\x0e\x02"]
    assert bench.send(9, 0, b"\x0c\x00") == [b"\x8c\x0e\x02"]


def test_each_info_bit_is_asked_for_by_a_command_of_its_own(boot):
    bench = boot()
    bench.hover()
    answers = [bench.send(9, 0, bytes((command,))) for command in range(1, 12)]
    assert answers == [[bytes((0x80 | command, bench.word >> command - 1 & 1))] for command in range(1, 12)]
    assert bench.word == 0x31E


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x0d"])
def test_an_info_command_that_is_none_has_no_answer(boot, data):
    assert boot().send(9, 0, data) == []


@pytest.mark.parametrize("data", [b"\x03", b"\x03\x00", b"\x03" + bytes(29)])
def test_an_emergency_stop_is_known_by_its_first_byte(boot, data):
    bench = boot()
    bench.hover()
    bench.send(9, 1, data)
    assert bench.ms_until_off() == 1


def test_commands_with_a_byte_too_many_are_done_and_arming_without_its_byte_is_not(boot):
    bench = boot(arming="manual")
    bench.ms(20)
    assert bench.send(9, 1, b"\x01") == []
    assert bench.send(9, 1, b"\x01\x01\x00") == [b"\x81\x01\x01"]
    assert bench.send(9, 1, b"\x02\x00") == [b"\x82\x01\x01"]


def test_set_points_that_end_are_levelled_out_after_500_ms(boot):
    bench = boot()
    bench.hover()
    bench.position(0.0, 0.0, 0.6)
    bench.ms(500)
    followed = bench.flight.wanted.x
    bench.ms(1)
    assert (followed, bench.flight.wanted.x, bench.flight.wanted.z) == (Mode.ABSOLUTE, Mode.OFF, Mode.ABSOLUTE)
    assert bench.flight.supervisor.condition is Condition.LEVELLING


def test_set_points_that_end_stop_the_motors_on_the_millisecond_after_2000(boot):
    bench = boot()
    bench.hover(1.0)
    bench.position(0.0, 0.0, 1.0)
    assert bench.ms_until_off() == 2001
    bench.ms(1)
    assert bench.word == 0x244
    assert "SUP: Locked, reboot required\n" in bench.said


def test_set_points_that_come_back_in_time_are_followed_again(boot):
    bench = boot()
    bench.hover()
    bench.position(0.0, 0.0, 0.6)
    bench.ms(1500)
    bench.position(0.0, 0.0, 0.6)
    bench.ms(1)
    assert bench.flight.supervisor.condition is Condition.FLYING


def test_handing_back_to_the_high_level_commander_ends_the_watch_over_set_points(boot):
    bench = boot()
    bench.hover()
    bench.position(0.0, 0.0, 0.6)
    bench.ms(100)
    bench.send(7, 1, bytes(5))
    bench.vertical(LAND, 0.0, 1.0)
    bench.ms(4000)
    assert bench.word == 0x20E


@pytest.mark.parametrize(
    ("port", "data"), [(9, b"\x03"), (6, b"\x03")], ids=["supervisor", "localization, as older clients do"]
)
def test_an_emergency_stop_stops_the_motors_within_a_millisecond(boot, port, data):
    bench = boot()
    bench.hover()
    assert bench.send(port, 1, data) == []
    assert bench.ms_until_off() == 1
    assert bench.word & 0x40


def test_the_stop_parameter_stops_the_motors_within_a_millisecond(boot):
    bench = boot()
    bench.hover()
    bench.parameters["stabilizer.stop"] = 1
    assert bench.ms_until_off() == 1


def test_disarming_in_flight_stops_the_motors_within_a_millisecond(boot):
    bench = boot(arming="manual")
    bench.ms(20)
    bench.send(9, 1, b"\x01\x01")
    bench.ms(1100)
    bench.hover()
    assert bench.send(9, 1, b"\x01\x00") == [b"\x81\x01\x00"]
    assert bench.ms_until_off() == 1


@pytest.mark.parametrize("port", [9, 6])
def test_a_keep_alive_that_ends_stops_the_motors_a_second_later(boot, port):
    bench = boot()
    bench.hover()
    bench.send(port, 1, b"\x04")
    bench.ms(700)
    bench.send(port, 1, b"\x04")
    assert bench.ms_until_off() == 1000


def test_without_a_first_keep_alive_none_is_needed(boot):
    bench = boot()
    bench.hover()
    bench.ms(2000)
    assert bench.word == 0x31E


def test_a_locked_vehicle_stays_locked_until_it_is_booted(boot):
    bench = boot()
    bench.ms(20)
    bench.send(9, 1, b"\x03")
    bench.ms(1)
    assert bench.send(9, 1, b"\x01\x01") == [b"\x81\x00\x00"]
    bench.ms(10_000)
    assert bench.word == 0x244


def test_lying_on_its_side_for_a_second_is_tumbled():
    alone = Alone()
    alone.feel(for_ms=5)
    alone.feel(ON_ITS_SIDE, ON, for_ms=1001)
    before = alone.supervisor.condition
    alone.feel(ON_ITS_SIDE, ON)
    assert (before, alone.supervisor.condition) == (Condition.FLYING, Condition.CRASHED)
    assert alone.supervisor.word == 0x2A4


def test_upside_down_for_a_tenth_of_a_second_is_tumbled():
    alone = Alone()
    alone.feel(for_ms=5)
    alone.feel(UPSIDE_DOWN, ON, for_ms=101)
    before = alone.supervisor.condition
    alone.feel(UPSIDE_DOWN, ON)
    assert (before, alone.supervisor.condition) == (Condition.FLYING, Condition.CRASHED)


def test_falling_is_not_tumbling():
    alone = Alone()
    alone.feel(for_ms=5)
    assert alone.feel(FALLING, ON, for_ms=2000) is Condition.FLYING


def test_tumbling_is_not_looked_for_when_the_parameter_says_so():
    alone = Alone(supervisor__tmblChckEn=0)
    alone.feel(for_ms=5)
    assert alone.feel(UPSIDE_DOWN, ON, for_ms=2000) is Condition.FLYING


def test_a_crashed_vehicle_recovers_when_it_is_put_upright_and_asked_to():
    alone = Alone()
    alone.feel(for_ms=5)
    alone.feel(UPSIDE_DOWN, ON, for_ms=200)
    too_early = alone.supervisor.recover()
    alone.feel(UPRIGHT, OFF, for_ms=3000)
    unasked = alone.supervisor.condition
    assert (too_early, unasked, alone.supervisor.recover()) == (False, Condition.CRASHED, True)
    assert alone.feel() is Condition.READY


def test_nothing_to_recover_from_is_answered_with_success(boot):
    bench = boot()
    bench.ms(5)
    assert bench.send(9, 1, b"\x02") == [b"\x82\x01\x01"]


def test_a_vehicle_armed_by_hand_that_does_not_fly_disarms_after_30_s():
    alone = Alone(arms_itself=False, supervisor__prefltTimeout=30_000)
    alone.feel()
    alone.supervisor.arm(True)
    alone.feel(for_ms=1001)
    alone.feel(for_ms=30_000)
    before = alone.supervisor.is_armed
    alone.feel()
    assert (before, alone.supervisor.is_armed, alone.supervisor.word) == (True, False, 0x201)


def test_a_landed_vehicle_armed_by_hand_disarms_after_3_s():
    alone = Alone(arms_itself=False, supervisor__landedTimeout=3_000)
    alone.feel()
    alone.supervisor.arm(True)
    alone.feel(for_ms=1001)
    alone.feel(motors=ON, for_ms=500)
    alone.feel(for_ms=2000 + 3000)
    before = alone.supervisor.is_armed
    alone.feel()
    assert (before, alone.supervisor.is_armed) == (True, False)


def test_a_landed_vehicle_may_take_off_again_at_once():
    alone = Alone()
    alone.feel(for_ms=5)
    alone.feel(motors=ON, for_ms=500)
    landed = alone.feel(for_ms=2001)
    assert (landed, alone.feel(motors=ON)) == (Condition.LANDED, Condition.FLYING)


def test_a_vehicle_that_arms_itself_never_shows_being_disarmed():
    alone = Alone(supervisor__prefltTimeout=1_000)
    alone.feel()
    words = set()
    for _ in range(3000):
        alone.feel()
        words.add(alone.supervisor.word)
    assert words == {0x20E}
