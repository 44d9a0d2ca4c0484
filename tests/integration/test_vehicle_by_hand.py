"""`hil motor-check` and `hil stop` without a bench, on the virtual vehicle; what it truly did is asked of it."""

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

pytest.importorskip("cflib", reason="cflib is not installed: pip install 'hil-bench[crazyflie]'")

from hil.core.errors import Refused
from hil.core.vehicle_status import Info
from hil.operator import stop_listener
from hil.targets.crazyflie.rig import RealRig
from hil.vehicle_lock import VehicleLock
from hil.virtual_crazyflie.process import VirtualProcess

TAKE_OFF = b"\x8c\x07" + struct.pack("<Bff?f", 0, 0.5, 0.0, True, 0.5)
AWAY = "udp://127.0.0.1:1"  # nobody is there


@pytest.fixture
def virtual(tmp_path_factory, monkeypatch):
    """Starts a virtual vehicle in real time: `virtual(arming="manual")`."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("x")))
    monkeypatch.delenv("CFLIB_URI", raising=False)
    started = []

    def start(**options):
        process = VirtualProcess(vehicle="cf21-identified", lock_step=False, **options)
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.close()


def supervisor(vehicle):
    return Info(vehicle.client.state().supervisor)


def motors_off_within(vehicle, seconds):
    deadline_s = time.monotonic() + seconds
    while not vehicle.client.state().motors_off:
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("arming", ["auto", "manual"])
def test_motor_check_turns_the_motors_and_leaves_them_off(hil, virtual, arming):
    vehicle = virtual(arming=arming)
    answer = hil("motor-check", "--uri", vehicle.uri)
    assert answer.code == 0, answer.err + answer.out
    for line in ("M1  front right", "M2  back right", "M3  back left", "M4  front left"):
        assert line in answer.out
    assert motors_off_within(vehicle, 10)
    assert Info.LOCKED not in supervisor(vehicle)
    assert (Info.ARMED in supervisor(vehicle)) is (arming == "auto")


LONG_TURNS = """
from hil.cli.main import main
from hil.targets.crazyflie import motor_check
motor_check.TURN_S = 60.0
main()
"""


def turning_motor_check(vehicle):
    """`hil motor-check` in a process of its own, at the moment its first motors turn, which they do for long."""
    process = subprocess.Popen(
        [sys.executable, "-c", LONG_TURNS, "motor-check", "--uri", vehicle.uri],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    deadline_s = time.monotonic() + 60
    while vehicle.client.state().motors_off:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    return process


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        signal.SIGTSTP,
        pytest.param(signal.SIGTERM, marks=pytest.mark.thorough),
        pytest.param(signal.SIGHUP, marks=pytest.mark.thorough),
    ],
)
def test_motor_check_that_is_interrupted_leaves_the_motors_off(virtual, number):
    vehicle = virtual()
    process = turning_motor_check(vehicle)
    process.send_signal(number)
    process.send_signal(signal.SIGINT)  # impatience must not keep it from stopping them
    _, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    assert Info.LOCKED in supervisor(vehicle)
    assert motors_off_within(vehicle, 10)


def test_stop_from_another_terminal_ends_a_motor_check(hil, virtual):
    vehicle = virtual()
    process = turning_motor_check(vehicle)
    answer = hil("stop", "--uri", vehicle.uri)
    assert answer.code == 0, answer.err
    assert f"told the bench that flies {vehicle.uri}: motors stopped" in answer.out
    assert Info.LOCKED in supervisor(vehicle), "by the emergency stop, not by another link"
    assert motors_off_within(vehicle, 2)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    assert "told by hil stop" in err


def take_off(vehicle):
    """By another client than a bench, without a keep-alive."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", vehicle.port))
        deadline_s = time.monotonic() + 20
        while Info.FLYING not in supervisor(vehicle):
            assert time.monotonic() < deadline_s
            client.send(TAKE_OFF)  # again, since it was switched on just now
            time.sleep(0.3)


def test_nobody_connects_to_a_vehicle_that_another_client_flies(hil, virtual, scenario_file):
    vehicle = virtual()
    take_off(vehicle)
    checked = hil("motor-check", "--uri", vehicle.uri)
    assert checked.code == 4
    assert "it is flying" in checked.err
    words = ("run", scenario_file(), "-t", "crazyflie", "--uri", vehicle.uri, "--skip-sim-first", "a test", "--json")
    flown = hil(*words, "--no-report")
    assert flown.code == 4, flown.err
    assert "it is flying" in flown.results[0]["reason"]
    with pytest.raises(Refused, match="it is flying"):
        RealRig(vehicle.uri).open()
    assert not vehicle.client.state().motors_off
    assert Info.LOCKED not in supervisor(vehicle)


def test_a_virtual_vehicle_that_somebody_runs_flies_as_often_as_it_is_asked_to(hil, virtual, tmp_path):
    vehicle = virtual()
    (tmp_path / "low.yaml").write_text(
        "version: 1\nname: low\nduration_s: 1\nsettle_s: 0.5\nstart: {position_m: [0, 0, 0.8]}\n"
        "task: {kind: hold, position_m: [0, 0, 0.8]}\n"
    )
    words = ("run", "low.yaml", "-t", "crazyflie", "--uri", vehicle.uri, "-n", "2", "--skip-sim-first", "a test")
    answer = hil(*words, "--no-report", "--json")
    assert answer.code == 0, answer.err + answer.out
    assert [result["reason"] for result in answer.results] == ["", ""]
    assert vehicle.client.state().booted == 3


def test_motor_check_leaves_a_vehicle_alone_that_a_bench_flies(hil, virtual):
    vehicle = virtual()
    lock = VehicleLock(vehicle.uri)
    lock.take()
    answer = hil("motor-check", "--uri", vehicle.uri.replace("127.0.0.1", "localhost"))
    lock.release()
    assert answer.code == 3
    assert f"bench {os.getpid()} flies it already" in answer.err
    assert vehicle.client.state().motors_off


def test_motor_check_of_what_may_be_real_wants_to_hear_that_the_propellers_are_off(hil, virtual):
    answer = hil("motor-check", "--uri", AWAY)
    assert answer.code == 4
    assert "propellers are off" in answer.err


def test_stop_without_a_bench_stops_the_vehicle_over_a_link_of_its_own(hil, virtual):
    vehicle = virtual()
    answer = hil("stop", "--uri", vehicle.uri)
    assert answer.code == 0, answer.err
    assert "over a link of its own" in answer.out
    assert Info.LOCKED in supervisor(vehicle)


@pytest.mark.parametrize("somebody_elses", [False, True])
def test_stop_without_a_folder_to_look_for_benches_in_stops_the_vehicle_all_the_same(
    hil, virtual, monkeypatch, tmp_path, somebody_elses
):
    vehicle = virtual()
    if somebody_elses:
        (tmp_path / "hil").mkdir()
        (tmp_path / "hil").chmod(0o777)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path) if somebody_elses else "/proc/nowhere")
    answer = hil("stop", "--uri", vehicle.uri)
    assert answer.code == 0, answer.err
    assert "looking for benches" in answer.err
    assert Info.LOCKED in supervisor(vehicle)


def test_stop_finds_a_vehicle_by_its_name_in_the_inventory(hil, virtual, tmp_path):
    vehicle = virtual()
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "lab.toml").write_text(
        f'version = 1\n[device.one]\nuri = "{vehicle.uri}"\n[device.two]\nuri = "{AWAY}"\n'
    )
    answer = hil("stop")
    assert answer.code == 2
    assert "--device one | two" in answer.err
    answer = hil("stop", "--device", "one")
    assert answer.code == 0, answer.err
    assert Info.LOCKED in supervisor(vehicle)


def test_stop_that_nobody_answers_is_no_success(hil, virtual):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        answer = hil("stop", "--uri", f"udp://127.0.0.1:{deaf.getsockname()[1]}")
    assert answer.code == 3
    assert "pull the battery" in answer.err


@contextmanager
def bench_flying(where, *, simulated):
    """As if this process flew a vehicle there, and did as `hil stop` says."""
    listener = stop_listener(where, simulated=simulated, obey=lambda _: None)
    listener.start()
    try:
        yield
    finally:
        listener.close()


def test_a_bench_with_a_virtual_vehicle_is_no_reason_to_leave_the_real_one_turning(hil, virtual, monkeypatch):
    vehicle = virtual()
    monkeypatch.setenv("CFLIB_URI", vehicle.uri)  # any that no bench flies
    with bench_flying("virtual", simulated=True):
        answer = hil("stop")
    assert answer.code == 0, answer.err
    assert "told the bench that flies virtual" in answer.out
    assert Info.LOCKED in supervisor(vehicle)


def test_a_bench_with_the_real_vehicle_is_all_there_is_to_tell(hil, virtual, monkeypatch):
    vehicle = virtual()
    monkeypatch.setenv("CFLIB_URI", vehicle.uri)
    with bench_flying("radio://0/80/2M", simulated=False):
        answer = hil("stop")
    assert answer.code == 0, answer.err
    assert Info.LOCKED not in supervisor(vehicle)


def test_stop_says_that_it_reached_nothing(hil, virtual):
    virtual()
    answer = hil("stop", "--uri", AWAY)
    assert answer.code == 3
    assert "told" not in answer.out


def test_stop_without_any_vehicle_says_how_to_name_one(hil, virtual):
    answer = hil("stop")
    assert answer.code == 3
    assert "no vehicle given" in answer.err
