import pytest

from hil.scenario.fault_words import fault_of
from hil.virtual_crazyflie.link_faults import LinkFaults, is_barrier

PEER = ("127.0.0.1", 5000)
MANY = 4000
ECHO = b"\xf0\x00time"
BARRIER = b"\xfc\x01mark"  # cflib sets the link bits


def air(*words, seed=1):
    faults = LinkFaults(seed)
    for word in words:
        faults.begin(fault_of(word), 0)
    return faults


def through(faults, datagrams, way="up", now_ms=0):
    """What arrives at once of datagrams sent at once."""
    for datagram in datagrams:
        faults.send(way, datagram, PEER, now_ms)
    return [datagram for datagram, _ in faults.arrived(way, now_ms)]


def numbered(count):
    return [b"\x30" + number.to_bytes(4, "little") for number in range(count)]


def test_without_faults_everything_arrives_at_once_in_order_with_its_peer():
    faults = air()
    assert through(faults, numbered(50)) == numbered(50)
    faults.send("down", b"\x52", PEER, 3)
    assert faults.arrived("down", 3) == [(b"\x52", PEER)]
    assert faults.arrived("down", 4) == []


@pytest.mark.parametrize("share", [0.01, 0.2, 0.9])
def test_that_share_of_packets_is_lost(share):
    arrived = through(air(f"link_loss:share={share}"), numbered(MANY))
    assert 1 - len(arrived) / MANY == pytest.approx(share, abs=4 * (share * (1 - share) / MANY) ** 0.5)


def test_that_share_of_packets_comes_twice_and_at_once():
    arrived = through(air("link_duplication:share=0.25"), numbered(MANY))
    assert len(set(arrived)) == MANY
    assert len(arrived) / MANY == pytest.approx(1.25, abs=0.03)


def test_a_delay_holds_every_packet_for_its_time():
    faults = air("link_delay:added_s=0.02")
    assert through(faults, [b"\x30a"]) == []
    assert faults.arrived("up", 19) == []
    assert faults.arrived("up", 20) == [(b"\x30a", PEER)]


def test_jitter_lets_packets_overtake_each_other_within_its_bounds():
    faults = air("link_delay:added_s=0.01,jitter_s=0.03")
    through(faults, numbered(100))
    assert faults.arrived("up", 9) == []
    arrived = [datagram for datagram, _ in faults.arrived("up", 40)]
    assert sorted(arrived) == sorted(numbered(100)) != arrived


@pytest.mark.parametrize("direction", ["up", "down", "both"])
def test_a_direction_spares_the_other(direction):
    faults = air(f"link_blackout:direction={direction}")
    for way in ("up", "down"):
        assert bool(through(faults, [b"\x30"], way)) == (direction not in (way, "both"))


def test_a_fault_ends_when_its_time_is_up():
    faults = air("link_blackout:for_s=0.1")
    assert through(faults, [b"\x30"], now_ms=99) == []
    assert through(faults, [b"\x30"], now_ms=100) == [b"\x30"]


def test_a_closed_port_is_closed_for_its_time_and_nothing_passes():
    faults = air("link_refused:for_s=0.1")
    assert (faults.refused(99), through(faults, [b"\x30"], "down", 99)) == (True, [])
    assert (faults.refused(100), through(faults, [b"\x30"], "down", 100)) == (False, [b"\x30"])


def test_several_faults_add_up():
    faults = air("link_delay:added_s=0.01", "link_delay:added_s=0.02")
    assert through(faults, [b"\x30"], now_ms=0) == []
    assert faults.arrived("up", 29) == []
    assert len(faults.arrived("up", 30)) == 1


@pytest.mark.parametrize(
    "word", ["link_loss:share=1", "link_delay:added_s=1", "link_blackout", "link_duplication:share=1"]
)
def test_no_fault_touches_a_barrier(word):
    assert through(air(word), [BARRIER]) == [BARRIER]
    assert through(air(word), [ECHO]) != [ECHO]


@pytest.mark.parametrize("datagram", [b"", b"\xff", b"\xf0", ECHO, b"\xf1\x01", b"\x30\x01"])
def test_nothing_else_is_a_barrier(datagram):
    assert not is_barrier(datagram)


def test_the_same_seed_loses_the_same_packets_and_another_seed_others():
    first, again, other = (through(air("link_loss:share=0.5", seed=seed), numbered(200)) for seed in (1, 1, 2))
    assert first == again != other


def test_the_echoes_of_a_client_do_not_change_what_else_is_lost():
    plain = through(air("link_loss:share=0.5"), numbered(200))
    mixed = through(air("link_loss:share=0.5"), [d for number in numbered(200) for d in (ECHO, number)])
    assert [datagram for datagram in mixed if datagram != ECHO] == plain
    assert 0 < mixed.count(ECHO) < 200
