"""Telling benches to stop or land: the benches are listeners of this test."""

import os
import signal
import socket
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from hil import operator
from hil.control_socket import Listener, ask, socket_path
from hil.core.breach import Reaction
from hil.core.errors import BadInput, TargetUnavailable
from hil.core.types import ON_BOARD_ESTIMATE, TRUTH
from hil.operator import Attended, Told, elsewhere, stop_listener, tell_benches


@pytest.fixture
def folder(monkeypatch, tmp_path_factory):
    """Where benches listen."""
    there = tmp_path_factory.mktemp("x")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(there))
    monkeypatch.setattr(operator, "elsewhere", list)
    return socket_path("bench").parent


@pytest.fixture
def bench(folder):
    """Starts one that does as it is told: `bench(path, heard)`."""
    with ExitStack() as started:

        def start(path: Path, heard: threading.Event) -> None:
            def answer(request):
                heard.set()
                return {"told": True, "where": path.stem, "simulated": False}

            listener = Listener(path, answer)
            listener.start()
            started.callback(listener.close)

        yield start


def test_a_bench_that_hangs_keeps_no_other_from_being_told(folder, bench, monkeypatch):
    monkeypatch.setattr(operator, "ANSWER_WITHIN_S", 30.0)
    told, told_in_time = threading.Event(), []

    def hang(listening: socket.socket) -> None:
        asker, _ = listening.accept()
        told_in_time.append(told.wait(20.0))
        asker.close()

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        deaf.bind(str(folder / "bench-1.sock"))  # the first in line
        deaf.listen()
        hanging = threading.Thread(target=hang, args=(deaf,))
        hanging.start()
        bench(folder / "bench-2.sock", told)
        assert tell_benches("stop", None) == [Told("bench-2", False)]
        hanging.join()
    assert told_in_time == [True]


def test_a_bench_that_was_started_with_another_runtime_folder_is_told_too(folder, bench, monkeypatch, tmp_path_factory):
    other = tmp_path_factory.mktemp("y")
    monkeypatch.setattr(operator, "elsewhere", lambda: [other, folder])
    bench(folder / "bench-1.sock", threading.Event())
    bench(other / "bench-2.sock", threading.Event())
    assert sorted(told.where for told in tell_benches("stop", None)) == ["bench-1", "bench-2"]


class Vehicle:
    """A target on the floor."""

    name, controller_name, controller_family = "crazyflie", "onboard-pid", "position-only"
    controller_hash, vehicle, where = None, "cf1", "usb://0"

    def __init__(self, state_source):
        self.state_source = state_source
        self.was_looked_at = False

    def reset(self, start, *, seed):
        self.was_looked_at = True

    def open(self):
        pass

    def stop(self):
        pass

    def close(self):
        pass


def test_a_real_vehicle_is_announced_and_ctrl_c_keeps_it_on_the_floor(folder):
    vehicle, said = Vehicle(ON_BOARD_ESTIMATE), []

    def hear(text):
        said.append(text)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), Attended(vehicle, hear) as attended:
        attended.reset(None, seed=0)
    assert said == ["preflight in 5 s, then cf1 takes off; Ctrl-C ends it"]
    assert not vehicle.was_looked_at
    assert attended.interrupted


def test_a_virtual_vehicle_is_not_waited_for(folder):
    vehicle, said = Vehicle(TRUTH), []
    with Attended(vehicle, said.append) as attended:
        attended.reset(None, seed=0)
    assert vehicle.was_looked_at
    assert said == []


def test_the_folder_of_a_bench_without_a_runtime_folder_is_looked_into_unless_others_may_write_there(
    monkeypatch, tmp_path
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    private = tmp_path / f"hil-{os.getuid()}"
    private.mkdir(mode=0o700)
    assert private in elsewhere()
    private.chmod(0o777)
    assert private not in elsewhere()


def test_only_the_process_at_that_uri_is_told_and_only_what_a_bench_can_do(folder):
    obeyed = []
    listener = stop_listener("radio://0/80/2M/E7E7E7E7E7", simulated=False, obey=obeyed.append)
    listener.start()
    try:
        assert tell_benches("stop", "radio://0/80/2M/E7E7E7E7E8") == []
        assert obeyed == []
        assert tell_benches("land", "radio://0/80/2M/E7E7E7E7E7") == [("radio://0/80/2M/E7E7E7E7E7", False)]
        assert tell_benches("stop", None) == [("radio://0/80/2M/E7E7E7E7E7", False)]
        assert obeyed == [Reaction.LAND, Reaction.STOP]
        with pytest.raises(BadInput, match="not 'loop'"):
            ask(listener.path, {"do": "loop"}, 5.0)
    finally:
        listener.close()


def test_who_could_not_obey_is_not_told(folder):
    def obey(_):
        raise TargetUnavailable("nothing to stop")

    listener = stop_listener("udp://127.0.0.1:1", simulated=True, obey=obey)
    listener.start()
    try:
        assert tell_benches("stop", None) == []
    finally:
        listener.close()
