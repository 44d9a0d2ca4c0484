"""`hil virtual`, `hil fault` and the process behind `--uri virtual`: how they start, what they say, how they end."""

import os
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest

from hil.core.errors import TargetUnavailable
from hil.virtual_crazyflie.client import VirtualClient
from hil.virtual_crazyflie.process import VirtualProcess
from hil.virtual_crazyflie.server import control_path

WAIT_S = 30.0
TAKE_OFF = b"\x80" + struct.pack("<BBffBf", 7, 0, 0.5, 0.0, 1, 1.5)


@pytest.fixture(autouse=True)
def runtime_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def running():
    """A virtual vehicle in lock-step."""
    with VirtualProcess(vehicle="cf21-identified", lock_step=True) as process:
        yield process


def comes_true(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def answers(port):
    client = VirtualClient(port)
    try:
        client.open()
    except TargetUnavailable:
        return False
    client.close()
    return True


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_ends_cleanly_when_told(end):
    words = [sys.executable, "-m", "hil", "virtual", "--port", "0"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = child.stdout.readline()
    assert line.startswith("virtual Crazyflie (simulated) at udp://127.0.0.1:")
    assert line.endswith(", vehicle cf21-identified, controller pid-firmware\n")
    port = int(line.split(":")[2].split(",")[0])
    assert answers(port)
    child.send_signal(end)
    assert child.communicate(timeout=WAIT_S) == ("", "")
    assert (child.returncode, control_path(port).exists()) == (0, False)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--fault", "link_los:share=0.1"], 2, "did you mean 'link_loss'"),
        (["--fault", "battery:volt=3"], 2, "volt: unknown key; did you mean 'volts'?"),
        (["--vehicle", "cf22-identified"], 2, "did you mean 'cf21-identified'"),
        (["--controller", "pid-firmwar"], 2, "did you mean 'pid-firmware'"),
        (["--start", "1,2"], 2, "not X,Y,Z"),
        (["--start=0,0,-1"], 2, "not below the floor"),
        (["--start=91,0,0"], 2, "within 90 m"),
        (["--start=nan,0,0"], 2, "within 90 m"),
    ],
)
def test_a_mistake_is_told_in_a_line(hil, words, code, told):
    answer = hil("virtual", "--port", "0", *words)
    assert (answer.code, answer.out) == (code, "")
    assert told in answer.err.splitlines()[0]


@pytest.mark.parametrize("words", [("virtual", "--port", "0"), ("fault", "reset"), ("stop", "--land")])
def test_a_runtime_folder_that_cannot_be_is_told_in_a_line(hil, monkeypatch, words):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/proc/nowhere")
    answer = hil(*words)
    assert answer.code in (2, 3)
    assert "/proc/nowhere/hil cannot be used" in answer.err.splitlines()[0]
    assert "Traceback" not in answer.err


def test_a_taken_port_exits_3(hil, running):
    answer = hil("virtual", "--port", running.port)
    assert answer.code == 3
    assert f"UDP port {running.port}" in answer.err


def test_a_fault_is_told_to_the_vehicle_at_that_port(hil, running):
    answer = hil("fault", "battery:volts=3.0", "reset:at_s=0.01", "--port", running.port)
    assert answer.code == 0, answer.err
    assert running.client.state().booted == 1
    running.client.advance(20)
    assert running.client.state().booted == 2
    assert running.client.state().battery_v == pytest.approx(3.0, abs=0.05)


def test_a_fault_of_a_phase_says_that_it_waits(hil, running):
    answer = hil("fault", "reset:in_phase=land", "reset", "--port", running.port)
    waiting, at_once = answer.out.splitlines()
    assert waiting.endswith("(waits until a bench that flies it announces its phase land)")
    assert "waits" not in at_once
    running.client.advance(5000)
    assert running.client.state().booted == 2
    running.client.phase("land")
    running.client.advance(5001)
    assert running.client.state().booted == 3


def test_a_fault_of_a_phase_given_at_the_start_says_that_it_waits():
    words = [sys.executable, "-m", "hil", "virtual", "--port", "0", "--fault", "reset:in_phase=land"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline().startswith("virtual Crazyflie")
    said = child.stdout.readline()
    child.terminate()
    child.communicate(timeout=WAIT_S)
    assert said == "reset:in_phase=land (waits until a bench that flies it announces its phase land)\n"


def test_a_fault_for_nobody_exits_3_and_a_wrong_one_2(hil):
    nobody = hil("fault", "reset", "--port", 1)
    assert (nobody.code, "hil virtual starts one" in nobody.err) == (3, True)
    assert hil("fault", "rest").code == 2


def test_it_dies_with_a_parent_that_is_killed(tmp_path):
    program = (
        "from hil.virtual_crazyflie.process import VirtualProcess\n"
        "import time\n"
        "process = VirtualProcess(vehicle='cf21-identified', lock_step=True)\n"
        "process.start()\n"
        "print(process.port, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    port = int(parent.stdout.readline())
    assert answers(port)
    parent.kill()
    parent.wait(WAIT_S)
    parent.stdout.close()
    assert comes_true(lambda: not answers(port))


def test_ctrl_c_at_the_terminal_does_not_reach_it(running):
    assert os.getpgid(running._child.pid) != os.getpgid(0)


def test_what_keeps_it_from_starting_is_told():
    with pytest.raises(TargetUnavailable, match="unknown vehicle 'cf22-identified'"):
        VirtualProcess(vehicle="cf22-identified", lock_step=True).start()


def test_one_that_says_nothing_and_does_not_end_is_told_in_a_line(monkeypatch):
    process = VirtualProcess(vehicle="cf21-identified", lock_step=True)
    process._command = [sys.executable, "-c", "import os, time; os.close(1); time.sleep(600)"]
    monkeypatch.setattr("hil.virtual_crazyflie.process.END_S", 0.3)
    with pytest.raises(TargetUnavailable, match="did not start: no word from it"):
        process.start()


def test_its_death_is_noticed_at_the_next_question(running):
    running.kill()
    with pytest.raises(TargetUnavailable, match="does not answer"):
        running.client.state()


def flown(**how):
    """Truth of a take-off in lock-step, every 50 ms."""
    with VirtualProcess(vehicle="cf21-identified", lock_step=True, **how) as process:
        client = process.client
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", process.port))
            rows = []
            for step in range(80):
                if step == 20:
                    udp.send(TAKE_OFF)
                client.advance(50 * (step + 1))
                rows += client.truth([50 * step])
        return rows


def test_a_flight_in_lock_step_is_the_same_flight_again():
    first = flown(seed=3)
    assert first[-1].state.position[2] > 0.4
    assert flown(seed=3) == first
    assert flown(seed=4) != first


def test_a_packet_that_the_air_swallows_starts_no_motor():
    rows = flown(faults=["link_blackout:at_s=0.5,direction=up"])
    assert not any(any(row.motors) for row in rows)
