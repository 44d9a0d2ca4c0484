import os
import socket
import threading
import time

import pytest

from hil.core.errors import BadInput, TargetUnavailable
from hil.scenario.fault_words import fault_of
from hil.virtual_crazyflie.client import VirtualClient
from hil.virtual_crazyflie.linked import Linked
from hil.virtual_crazyflie.server import Server, control_path

WAIT_S = 20.0


class Wall:
    """Wall time that jumps."""

    def __init__(self):
        self.s = 100.0

    def __call__(self):
        return self.s


def comes_true(condition):
    """Whether it does before the time is up."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture(autouse=True)
def runtime_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def serve(inside):
    """`serve(*faults, **how)`: a server in a thread, ended after the test; gives it and a client of its control."""
    running = []

    def start(*words, **how):
        server = Server(Linked(inside, faults=[fault_of(word) for word in words]), port=0, **how)
        server.open()
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        client = VirtualClient(server.port)
        client.open()
        running.append((server, thread, client))
        return server, client

    yield start
    for server, thread, client in running:
        server._quit()
        thread.join(WAIT_S)
        client.close()
        server.close()
        assert not thread.is_alive()


@pytest.fixture
def talk():
    """`talk(server)`: a UDP socket to it."""
    sockets = []

    def to(server):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.settimeout(WAIT_S)
        udp.connect(("127.0.0.1", server.port))
        sockets.append(udp)
        return udp

    yield to
    for udp in sockets:
        udp.close()


def received(udp):
    """All datagrams that are there."""
    udp.setblocking(False)
    found = []
    try:
        while True:
            found.append(udp.recv(64))
    except BlockingIOError:
        return found
    finally:
        udp.settimeout(WAIT_S)


def test_a_scan_and_a_packet_are_answered(serve, talk):
    server, _ = serve()
    udp = talk(server)
    udp.send(b"\xff")
    assert udp.recv(64) == b"\xff"
    udp.send(b"\x30abc")
    assert udp.recv(64) == b"\x30abc"


def test_real_time_passes_by_itself(serve):
    _, client = serve()
    assert comes_true(lambda: client.state().now_ms >= 50)


def test_time_passes_as_fast_as_told(serve):
    wall = Wall()
    _, client = serve(speed=10.0, now_s=wall)
    assert client.state().now_ms == 0
    wall.s += 0.03
    assert comes_true(lambda: client.state().now_ms >= 300)
    time.sleep(0.1)
    assert client.state().now_ms in (299, 300, 301)


def test_in_lock_step_time_stands_until_told(serve, talk):
    server, client = serve(lock_step=True)
    udp = talk(server)
    udp.send(b"\x30abc")
    assert udp.recv(64) == b"\x30abc"
    assert client.state().now_ms == 0
    assert client.advance(25) == 25
    assert received(udp) == [b"\x52" + ms.to_bytes(4, "little") for ms in (10, 20)]
    assert client.state().now_ms == 25
    assert client.advance(5) == 25


def test_all_that_was_sent_before_time_passes_is_heard_before(serve, talk, inside):
    server, client = serve(lock_step=True)
    udp = talk(server)
    for step in range(1, 20):
        udp.send(bytes((0x30, step)))
        client.advance(step)
    assert inside.heard == [(step - 1, bytes((0x30, step))) for step in range(1, 20)]


def test_advancing_real_time_is_refused(serve):
    _, client = serve()
    with pytest.raises(BadInput, match="wall clock"):
        client.advance(100)


def test_state_and_truth_are_told(serve):
    _, client = serve(lock_step=True)
    client.advance(30)
    state = client.state()
    assert (state.supervisor, state.motors_off, state.booted, state.battery_v) == (0x20E, True, 1, 4.1)
    assert state.lock_step
    here, coming = client.truth([20, 31])
    assert coming is None
    assert (here.at_ms, here.motors, here.state.attitude) == (20, (0.5,) * 4, (0.0, 0.0, 0.0, 1.0))


def test_what_happened_is_told(serve):
    _, client = serve("tumble:at_s=0.02", lock_step=True)
    client.advance(10)
    client.phase("take-off")
    client.advance(30)
    assert client.history() == ({"take-off": 10}, (("tumble", 20),), None, 7)


def test_a_closed_port_is_told_to_who_sends_and_opens_again(serve, talk):
    server, client = serve("link_refused:at_s=0.01,for_s=0.05", lock_step=True)
    udp = talk(server)
    client.advance(20)
    udp.send(b"\x30a")
    with pytest.raises(ConnectionRefusedError):
        udp.recv(64)
    client.advance(100)
    udp.send(b"\x30b")
    assert udp.recv(64) == b"\x30b"


def test_a_port_that_somebody_takes_while_it_is_closed_stays_refused_until_it_is_free(serve, talk):
    said = []
    server, client = serve("link_refused:at_s=0.01,for_s=0.05", lock_step=True, tell=said.append)
    client.advance(20)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
        somebody.bind(("127.0.0.1", server.port))
        client.advance(100)
        assert client.state().now_ms == 100
        assert len(said) == 1
        assert f"UDP port {server.port}" in said[0]
    client.advance(101)
    udp = talk(server)
    udp.send(b"\x30b")
    assert udp.recv(64) == b"\x30b"


def test_a_fault_at_run_time_holds_at_once(serve, talk, inside):
    server, client = serve(lock_step=True)
    client.fault({"kind": "link_refused"})
    udp = talk(server)
    udp.send(b"\x30a")
    with pytest.raises(ConnectionRefusedError):
        udp.recv(64)
    client.fault({"kind": "battery", "volts": 3.1, "at_s": 0.01})
    client.advance(11)
    assert inside.told == [("charge", 3.1)]


def test_conditions_and_phases_come_over_the_control_socket(serve, inside):
    _, client = serve(lock_step=True)
    scenario = {
        "disturbances": [{"kind": "force", "force_world_n": [0.1, 0, 0]}],
        "faults": [{"kind": "tumble", "at_s": 0.01}, {"kind": "reset", "in_phase": "land", "at_s": 0.5}],
        "randomise": {"mass": 0.1},
    }
    client.conditions(task_in_ms=5, seed=3, scenario=scenario)
    assert client.phase("settle") == []
    assert client.phase("land") == [("reset", 0.5)]
    client.advance(16)
    assert [what for what, *_ in inside.told] == ["conditions", "tumble"]
    assert inside.told[0][1]["randomise"].mass == 0.1


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"do": "advanc"}, "did you mean 'advance'"),
        ({}, "unknown request"),
        ({"do": "advance", "to_ms": -1}, "to_ms must be a whole number"),
        ({"do": "advance", "to_ms": 1.5}, "to_ms must be a whole number"),
        ({"do": "advance", "to_ms": 60_001}, "more than 60000 ms ahead"),
        ({"do": "advance", "to_ms": 10**12}, "more than 60000 ms ahead"),
        ({"do": "truth", "at_ms": 3}, "at_ms must be a list"),
        ({"do": "phase", "name": "takeoff"}, "did you mean 'take-off'"),
        ({"do": "fault", "kind": "link_los"}, "did you mean 'link_loss'"),
        ({"do": "fault", "kind": "link_loss", "share": 2}, "share: must be less than"),
        ({"do": "conditions", "seed": 0, "task_in_ms": 0, "scenario": {"wind": 1}}, "wind"),
        ({"do": "conditions", "scenario": {}}, "seed must be a whole number"),
    ],
)
def test_a_request_that_makes_no_sense_is_told_so_and_the_vehicle_lives_on(serve, request_, told):
    _, client = serve(lock_step=True)
    with pytest.raises(BadInput) as error:
        client._connection.ask(request_, WAIT_S)
    assert told in str(error.value)
    assert client.advance(1) == 1


def test_a_taken_port_is_told_in_a_line(serve, inside):
    server, _ = serve()
    with pytest.raises(TargetUnavailable, match=f"UDP port {server.port}") as told:
        Server(Linked(inside), port=server.port).open()
    assert "--port" in told.value.hint


def test_quitting_ends_it_and_leaves_no_socket(inside):
    with Server(Linked(inside), port=0) as server:
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        client = VirtualClient(server.port)
        client.open()
        client.quit()
        client.close()
        thread.join(WAIT_S)
        assert not thread.is_alive()
    assert not control_path(server.port).exists()


def test_it_ends_when_its_parent_is_gone(inside):
    reading, writing = os.pipe()
    server = Server(Linked(inside), port=0, until_eof=reading)
    with server:
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        os.close(writing)
        thread.join(WAIT_S)
        assert not thread.is_alive()
    os.close(reading)


def test_a_file_whose_end_cannot_be_waited_for_is_told_in_a_line(inside):
    with open(os.devnull) as nothing, pytest.raises(BadInput, match="--until-eof") as told:
        Server(Linked(inside), port=0, until_eof=nothing.fileno()).open()
    assert "pipe" in told.value.hint


def test_nobody_at_a_port_is_told_with_a_way_out():
    with pytest.raises(TargetUnavailable, match="no virtual Crazyflie at port 1 ") as told:
        VirtualClient(1).open()
    assert "hil virtual" in told.value.hint


def test_a_short_stop_is_caught_up_and_of_a_long_one_the_vehicle_never_knows(inside):
    wall, said = Wall(), []
    server = Server(Linked(inside), port=0, now_s=wall, tell=said.append)
    with server:
        server._begin_s = wall.s
        wall.s += 0.15
        for _ in range(100):
            server._keep_pace()
        assert (server.linked.now_ms, said) == (150, [])
        wall.s += 5.0
        for _ in range(100):
            server._keep_pace()
        assert 349 <= server.linked.now_ms <= 351
        assert len(said) == 1
        wall.s += 5.0
        server._keep_pace()
        assert len(said) == 1
