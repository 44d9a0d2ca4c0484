"""The asking side, over a line in memory: exactly once, whatever the line does; an end to every wait."""

import pickle
import random

import pytest

from hil.core.clock import SimulatedClock
from hil.core.errors import TargetUnavailable
from hil.link.client import Client, Patience
from hil.link.dead import LinkDead, RequestRefused, Stranger
from hil.link.frames import FrameReader, encode
from hil.link.greeting import greet
from hil.link.loopback import NONE, Faults, Loopback
from hil.link.messages import FAULT, FaultReport, Status
from hil.link.packing import pack
from hil.link.transport import Transport


def _client(peer, *, to_peer=NONE, from_peer=NONE, seed=0, tries=4):
    clock = SimulatedClock()
    line = Loopback(peer, clock, to_peer=to_peer, from_peer=from_peer, chance=random.Random(seed))
    line.open()
    return Client(line, clock, Patience(tries=tries, each_s=2.0)), clock


def _flown(client, peers, steps=200):
    client.reset()
    return [client.step(peers.step_request(k)) for k in range(steps)]


def test_every_message_is_answered(peers):
    client, _ = _client(peers.device().feed)
    assert greet(client, *peers.network) == peers.hello
    client.reset()
    assert [client.step(peers.step_request(k)).step for k in range(3)] == [1, 2, 3]
    assert client.statistics().requests == 5
    assert len(client.state(336)) == 336


def test_reset_makes_the_next_step_the_first(peers):
    client, _ = _client(peers.device().feed)
    assert _flown(client, peers) == _flown(client, peers)


@pytest.mark.parametrize("way", ["to_peer", "from_peer"])
@pytest.mark.parametrize(
    "faults",
    [
        Faults(lost=0.2),
        Faults(flipped=0.2),
        Faults(truncated=0.2),
        Faults(garbage=0.5),
        Faults(doubled=0.5),
        Faults(split=1.0),
        Faults(lost=0.05, flipped=0.05, truncated=0.05, garbage=0.1, doubled=0.1, split=0.5),
    ],
    ids=str,
)
def test_every_step_is_done_exactly_once_whatever_the_line_does(peers, way, faults):
    undisturbed = _flown(_client(peers.device().feed)[0], peers)
    disturbed, _ = _client(peers.device().feed, **{way: faults}, seed=3, tries=12)
    assert _flown(disturbed, peers) == undisturbed


def test_without_its_memory_a_lost_answer_makes_the_device_do_the_step_twice(peers):
    device = peers.device()

    def forgetful(data):
        device._last = None
        return device.feed(data)

    client, _ = _client(forgetful, from_peer=Faults(lost=0.2), seed=3, tries=12)
    assert _flown(client, peers)[-1].step > 200  # so the test above is about it


def test_a_lost_answer_is_asked_for_with_the_same_bytes(peers):
    heard = []

    def deaf_once(data):
        heard.append(data)
        return b"" if len(heard) == 1 else peers.device().feed(data)

    client, clock = _client(deaf_once)
    client.step(peers.step_request())
    assert heard[0] == heard[1]
    assert (clock.now_s(), client.counts.repeats) == (2.0, 1)


def test_a_silent_peer_is_given_up_after_three_repeats(peers):
    heard = []
    client, clock = _client(lambda data: heard.append(data) or b"")
    with pytest.raises(LinkDead, match=r"no answer to step from loopback in 8 s \(sent 4 times\)"):
        client.step(peers.step_request())
    assert (len(heard), clock.now_s()) == (4, 8.0)


def test_a_peer_that_only_babbles_is_given_up_too(peers):
    clock = SimulatedClock()

    class Babbling(Transport):
        name = "babble"

        def open(self): ...
        def write(self, data, deadline_s): ...
        def alive(self):
            return True

        def last_words(self):
            return ""

        def close(self): ...
        def read(self, deadline_s):
            clock.wait_until(clock.now_s() + 0.01)
            return encode(0x83, 0, 999, b"")

    client = Client(Babbling(), clock)
    with pytest.raises(LinkDead, match="no answer"):
        client.step(peers.step_request())
    assert client.counts.stale == pytest.approx(800, abs=5)


def test_answers_that_come_late_are_dropped_by_their_sequence_number(peers):
    device, late = peers.device(), []

    def slow(data):
        late.append(device.feed(data))
        return late.pop(0) if len(late) > 2 else b""

    client, _ = _client(slow)
    assert [client.step(peers.step_request(k)).spikes[0] for k in range(10)] == list(range(10))
    assert client.counts.stale > 0


def test_an_echo_is_no_answer(peers):
    client, _ = _client(lambda data: data)
    with pytest.raises(LinkDead):
        client.step(peers.step_request())


def test_a_device_that_hears_its_own_answers_says_nothing_to_them(peers):
    device = peers.device()
    client, _ = _client(device.feed)
    client.reset()
    assert device.feed(encode(0x82, 0, 1, pack(peers.hello))) == b""
    assert client.statistics().dropped_answers == 1


def test_a_fault_is_told_with_its_registers_and_where_to_look(peers):
    report = FaultReport(cfsr=0x8200, hfsr=0x40000000, address=0x10000000, pc=0x08000122, lr=0x08000457)
    client, _ = _client(lambda data: encode(FAULT, 0, 0, pack(report)))
    with pytest.raises(LinkDead) as raised:
        client.step(peers.step_request())
    assert "faulted at 0x10000000: PRECISERR" in raised.value.message
    assert "PC=0x08000122 LR=0x08000457" in raised.value.message
    assert "addr2line" in raised.value.hint
    assert "0x8000122 0x8000456" in raised.value.hint


def test_a_fault_report_that_is_unreadable_is_a_fault_all_the_same(peers):
    client, _ = _client(lambda data: encode(FAULT, 0, 0, b"\x01"))
    with pytest.raises(LinkDead, match="unreadable: 01"):
        client.step(peers.step_request())


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf"), 1e39])
@pytest.mark.parametrize("field", ["position_m", "rates_rad_s", "setpoint_acceleration_m_s2"])
def test_a_number_that_is_not_finite_is_refused_and_changes_nothing(peers, wrong, field):
    device = peers.device()
    client, _ = _client(device.feed)
    client.step(peers.step_request(1))
    before = client.state(336)
    with pytest.raises(RequestRefused, match="not finite") as raised:
        client.step(peers.step_request(2)._replace(**{field: (0.0, wrong, 0.0)}))
    assert raised.value.status == Status.NOT_FINITE
    assert client.state(336) == before
    assert client.step(peers.step_request(3)).step == 2


@pytest.mark.parametrize(
    ("type_", "body", "status"),
    [(3, b"short", Status.BAD_LENGTH), (0x30, b"", Status.UNKNOWN_TYPE), (4, b"\xff\xff\0\0", Status.BAD_VALUE)],
)
def test_what_is_no_request_is_refused_with_its_status(peers, type_, body, status):
    (frame,) = FrameReader().feed(peers.device().feed(encode(type_, 0, 1, body)))
    assert (frame.type, frame.status, frame.body) == (type_ | 0x80, status, b"")


def test_another_network_is_a_stranger(peers):
    client, _ = _client(peers.device().feed)
    with pytest.raises(Stranger, match="carries network 000102030405, not ffff"):
        greet(client, "ff" * 32, peers.hello.weights_crc32)


def test_weights_with_a_bit_flipped_are_not_flown(peers):
    device = peers.device()
    device._hello = peers.hello._replace(weights_crc32=peers.hello.weights_crc32 ^ 1)
    client, _ = _client(device.feed)
    with pytest.raises(Stranger, match="weights on the chip are damaged"):
        greet(client, *peers.network)


@pytest.mark.parametrize("field", ["protocol", "layout_crc32"])
def test_another_protocol_is_a_stranger(peers, field):
    device = peers.device()
    device._hello = peers.hello._replace(**{field: 99})
    client, _ = _client(device.feed)
    with pytest.raises(Stranger, match="speaks protocol"):
        greet(client, *peers.network)


def test_an_answer_of_another_length_is_a_strangers(peers):
    client, _ = _client(lambda data: encode(0x83, 0, 1, b"too short"))
    with pytest.raises(Stranger, match="answer to step has 9 bytes"):
        client.step(peers.step_request())


def test_nobody_there_is_told_after_the_greetings_own_patience(peers):
    client, clock = _client(lambda data: b"")
    with pytest.raises(LinkDead, match="no answer to hello"):
        greet(client, *peers.network, within_s=3.0)
    assert clock.now_s() == pytest.approx(3.0)


def test_a_port_that_swallows_the_first_words_is_greeted_again(peers):
    swallowed, device = [], peers.device()
    client, clock = _client(lambda data: swallowed.append(data) or b"" if len(swallowed) < 5 else device.feed(data))
    assert greet(client, *peers.network) == peers.hello
    assert clock.now_s() == pytest.approx(0.25)


def test_what_goes_wrong_on_a_link_is_an_unavailable_target_and_survives_pickling():
    for error in (LinkDead("gone", hint="start again"), Stranger("who?"), RequestRefused("no", status=3)):
        again = pickle.loads(pickle.dumps(error))
        assert isinstance(again, TargetUnavailable)
        assert (again.exit_code, str(again), vars(again)) == (3, str(error), vars(error))
