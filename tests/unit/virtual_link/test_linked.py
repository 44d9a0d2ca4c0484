import pytest

from hil.scenario.conditions import Gust, Randomise
from hil.scenario.fault_words import fault_of
from hil.virtual_crazyflie.linked import Linked

ONE, OTHER = ("127.0.0.1", 5001), ("127.0.0.1", 5002)
NULL = b"\xff"


def linked(inside, *words):
    return Linked(inside, seed=1, faults=[fault_of(word) for word in words])


def pass_ms(one, count):
    for _ in range(count):
        one.tick()


def test_a_packet_is_answered_at_once_while_time_stands(inside):
    one = linked(inside)
    one.receive(b"\x30a", ONE)
    assert (one.outgoing(), one.now_ms) == ([(b"\x30a", ONE)], 0)


def test_a_scan_is_answered_to_who_asks_and_takes_the_vehicle_from_nobody(inside):
    one = linked(inside)
    one.receive(b"\x30a", ONE)
    one.receive(NULL, OTHER)
    assert one.outgoing() == [(b"\x30a", ONE), (NULL, OTHER)]
    pass_ms(one, 10)
    assert [peer for _, peer in one.outgoing()] == [ONE]
    assert inside.heard == [(0, b"\x30a")]


def test_the_vehicle_speaks_to_the_client_that_spoke_last(inside):
    one = linked(inside)
    one.receive(b"\x30a", ONE)
    one.receive(b"\x30b", OTHER)
    one.outgoing()
    pass_ms(one, 20)
    assert [peer for _, peer in one.outgoing()] == [OTHER, OTHER]


def test_what_the_vehicle_says_to_nobody_is_gone(inside):
    one = linked(inside)
    pass_ms(one, 20)
    one.receive(NULL, ONE)
    assert one.outgoing() == [(NULL, ONE)]


def test_a_delayed_packet_reaches_the_vehicle_when_its_time_has_come(inside):
    one = linked(inside, "link_delay:added_s=0.005,direction=up")
    one.receive(b"\x30a", ONE)
    pass_ms(one, 9)
    assert inside.heard == [(5, b"\x30a")]


def test_a_fault_at_boot_meets_the_first_packet(inside):
    one = linked(inside, "link_blackout")
    one.receive(b"\x30a", ONE)
    assert inside.heard == []


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("motor_efficiency:motor=2,factor=0.5", ("weaken", 2, 0.5)),
        ("gyro_bias:bias_rad_s=[0,1,0]", ("bias_gyro", (0.0, 1.0, 0.0))),
        ("delay:added_s=0.01", ("delay_commands", 0.01)),
        ("battery:volts=3.2", ("charge", 3.2)),
        ("pose_dropout:for_s=2", ("blind", 2.0)),
        ("tumble", ("tumble", None)),
    ],
)
def test_faults_of_the_vehicle_reach_its_body_on_the_millisecond(inside, word, told):
    one = linked(inside, f"{word}{',' if ':' in word else ':'}at_s=0.02")
    pass_ms(one, 20)
    assert inside.told == []
    pass_ms(one, 1)
    assert inside.told == [told]


def test_a_reset_starts_the_firmware_anew_and_once(inside):
    one = linked(inside, "reset:at_s=0.01")
    pass_ms(one, 10)
    assert inside.boots == 1
    pass_ms(one, 30)
    assert inside.boots == 2


def test_a_log_overrun_lasts_for_its_time(inside):
    one = linked(inside, "log_overrun:at_s=0.01,for_s=0.01")
    seen = []
    for _ in range(30):
        one.tick()
        seen.append(inside.log_blocks.overrun)
    assert seen == [False] * 10 + [True] * 10 + [False] * 10


def test_faults_given_at_run_time_count_from_then(inside):
    one = linked(inside)
    pass_ms(one, 50)
    one.add([fault_of("battery:volts=3,at_s=0.01"), fault_of("tumble")])
    assert inside.told == [("tumble", None)]
    pass_ms(one, 11)
    assert inside.told == [("tumble", None), ("charge", 3.0)]


def test_faults_of_a_phase_wait_for_it(inside):
    one = linked(inside, "tumble:in_phase=land,at_s=0.01", "battery:volts=3,in_phase=take-off")
    pass_ms(one, 100)
    assert inside.told == []
    assert [fault.kind for fault in one.phase("land")] == ["tumble"]
    assert one.phase("land") == []
    pass_ms(one, 11)
    assert inside.told == [("tumble", None)]


def test_a_scenario_begins_with_its_task_and_the_wind_is_the_bodys(inside):
    one = linked(inside)
    gust = Gust(kind="gust", at_s=1.0, for_s=1.0, force_world_n=(0.1, 0.0, 0.0))
    pass_ms(one, 10)
    faults = [fault_of("tumble:at_s=0.005"), fault_of("link_loss:share=1,at_s=0.005")]
    one.conditions(disturbances=[gust], faults=faults, randomise=Randomise(), seed=7, task_in_ms=20)
    (what, words), *_ = inside.told
    assert (what, words["disturbances"], "faults" in words, words["task_in_ms"]) == ("conditions", [gust], False, 20)
    pass_ms(one, 25)
    assert len(inside.told) == 1
    pass_ms(one, 1)
    assert inside.told[1:] == [("tumble", None)]
    one.receive(b"\x30a", ONE)
    assert inside.heard == []


def test_the_next_scenario_is_spared_the_faults_of_the_last(inside):
    one = linked(inside, "link_loss:share=1,direction=down")
    words = {"disturbances": [], "randomise": Randomise(), "seed": 0, "task_in_ms": 0}
    blackout, late, landing = map(fault_of, ("link_blackout:direction=up", "tumble:at_s=1", "tumble:in_phase=land"))
    one.conditions(faults=[blackout, late, landing], **words)
    one.receive(b"\x30a", ONE)
    assert inside.heard == []
    one.conditions(faults=[], **words)
    one.receive(b"\x30b", ONE)
    assert (inside.heard, one.outgoing()) == ([(0, b"\x30b")], [])
    assert one.phase("land") == []
    pass_ms(one, 1001)
    assert [what for what, *_ in inside.told] == ["conditions", "conditions"]


def test_a_scenario_told_in_two_parts_keeps_the_faults_of_the_first(inside):
    one = linked(inside)
    words = {"disturbances": [], "randomise": Randomise(), "seed": 0, "task_in_ms": 0}
    one.conditions(faults=[fault_of("link_blackout:direction=up"), fault_of("tumble:in_phase=land")], **words)
    one.conditions(faults=[], goes_on=True, **words)
    one.receive(b"\x30a", ONE)
    assert inside.heard == []
    assert [fault.kind for fault in one.phase("land")] == ["tumble"]


def test_a_port_is_refused_for_its_time(inside):
    one = linked(inside, "link_refused:at_s=0.01,for_s=0.02")
    closed = []
    for _ in range(40):
        one.tick()
        if one.refused:
            closed.append(one.now_ms)
    assert closed == list(range(11, 30))


def test_it_keeps_when_phases_and_faults_began(inside):
    one = linked(inside, "tumble:at_s=0.02", "link_blackout:in_phase=land,at_s=0.01")
    pass_ms(one, 30)
    one.phase("land")
    pass_ms(one, 20)
    assert one.phases == {"land": 30}
    assert one.begun == [("tumble", 20), ("link_blackout", 40)]
