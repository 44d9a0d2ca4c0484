"""`hil run` with a vehicle: what comes before take-off, and how its operator ends a flight. The vehicle is made up."""

import fcntl
import importlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from hil import registry
from hil.log import Log

HERE = Path(__file__).parent


@pytest.fixture
def happened(monkeypatch, tmp_path_factory):
    """What the vehicle did, in order; it is there as target `crazyflie`."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("x")))  # where no other bench flies it
    monkeypatch.setitem(registry.TARGETS, "crazyflie", "fake_vehicle:build")
    monkeypatch.setattr("hil.operator.TAKES_OFF_S", 0.1)
    monkeypatch.delenv("FAKE_VEHICLE", raising=False)
    monkeypatch.syspath_prepend(HERE)
    fake_vehicle = importlib.import_module("fake_vehicle")
    fake_vehicle.HAPPENED.clear()
    return fake_vehicle.HAPPENED


def manifest_of(result):
    return json.loads((Path(result["run_dir"]) / "manifest.json").read_text())


def test_a_vehicle_takes_off_flies_and_lands_once_the_simulator_has_flown_the_same(hil, scenario_file, happened):
    answer = hil("run", scenario_file(), "-t", "crazyflie", "--uri", "virtual", "--json")
    assert answer.code == 0, answer.err
    assert happened == ["open", "take-off", "leave HOLD", "landed", "stop", "stop", "close"]
    (result,) = answer.results
    assert manifest_of(result)["rehearsal"] == {"target": "sim", "controller": "pid-firmware"}
    assert "rehearsal: sim under pid-firmware: PASS" in [event.text for event in Log.open(result["run_dir"]).events]


def test_what_fails_in_the_simulator_is_refused_and_nothing_moves(hil, scenario_file, happened):
    answer = hil("run", scenario_file(limit=0.0), "-t", "crazyflie", "--json")
    assert answer.code == 4
    assert happened == []
    (result,) = answer.results
    assert result["outcome"] == "ABORTED"
    assert "not green in the simulator first" in result["reason"]
    assert "position_error_xy_mean_m" in result["reason"]


def test_the_reason_for_not_asking_the_simulator_is_kept(hil, scenario_file, happened):
    words = ("run", scenario_file(limit=0.0), "-t", "crazyflie", "--json", "--skip-sim-first", "a known fault of it")
    answer = hil(*words)
    assert answer.code == 1
    assert "landed" in happened
    assert manifest_of(answer.results[0])["rehearsal"] == {"skipped": "a known fault of it"}


@pytest.mark.parametrize(
    ("onboard", "expected"),
    [("lee", "sim under geometric"), ("app", "sil under snn")],
)
def test_the_stand_in_is_of_the_family_of_the_controller_on_board(
    hil, scenario_file, happened, networks_ship, onboard, expected
):
    answer = hil("run", scenario_file(limit=0.0), "-t", "crazyflie", "--onboard", onboard, "--json")
    assert expected in answer.results[0]["reason"]


def test_a_refusal_is_an_aborted_flight_with_a_readable_log_and_a_report(hil, scenario_file, happened, monkeypatch):
    monkeypatch.setenv("FAKE_VEHICLE", "refuse")
    answer = hil("run", scenario_file(), "-t", "crazyflie")
    assert answer.code == 4
    assert "no row in the window" not in answer.out
    assert "take-off" not in happened
    (folder,) = Path("runs").iterdir()
    assert len(Log.open(folder)) == 0
    said = "refused: the battery is empty (charge it)"
    for name in ("report.html", "report.md", "report.json", "report.junit.xml"):
        assert said in (folder / name).read_text(), name
    listed = hil("runs", "--json")
    assert [(run["outcome"], run["reason"]) for run in listed.results] == [("ABORTED", said)]


def test_a_vehicle_that_gives_up_is_stopped_at_once(hil, scenario_file, happened, monkeypatch):
    monkeypatch.setenv("FAKE_VEHICLE", "locked")
    answer = hil("run", scenario_file(), "-t", "crazyflie", "--no-report", "--json")
    assert answer.code == 4
    assert happened == ["open", "take-off", "stop", "stop", "close"]
    assert answer.results[0]["reason"] == "the vehicle locked itself"


def test_a_real_vehicle_does_not_fly_unless_somebody_says_so(hil, scenario_file, happened, monkeypatch):
    monkeypatch.setenv("FAKE_VEHICLE", "real")
    answer = hil("run", scenario_file(), "-t", "crazyflie")
    assert answer.code == 4
    assert "--yes" in answer.err
    assert happened == []
    assert not Path("runs").exists()


def test_yes_says_so(hil, scenario_file, happened, monkeypatch):
    monkeypatch.setenv("FAKE_VEHICLE", "real")
    answer = hil("run", scenario_file(), "-t", "crazyflie", "--yes", "--json", "--no-report")
    assert answer.code == 0, answer.err
    assert Log.open(answer.results[0]["run_dir"]).info.state_source == "on-board estimate"


def test_the_verdict_says_what_the_error_of_a_real_flight_is_against(hil, scenario_file, happened, monkeypatch):
    path, said = scenario_file(), "error against the on-board estimate: no outside measurement"
    assert said not in hil("run", path, "-t", "crazyflie", "--no-report").out
    monkeypatch.setenv("FAKE_VEHICLE", "real")
    assert said in hil("run", path, "-t", "crazyflie", "--yes", "--no-report").out


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("typed", "code", "flown"), [("fly\n", 0, True), ("yes\n", 4, False), ("", 4, False)])
def test_on_a_terminal_the_operator_is_shown_what_will_fly_and_types_the_word(
    hil, scenario_file, happened, monkeypatch, typed, code, flown
):
    monkeypatch.setenv("FAKE_VEHICLE", "real")
    shown = _Terminal()
    monkeypatch.setattr("sys.stdin", _Terminal(typed))
    monkeypatch.setattr("sys.stderr", shown)
    path = scenario_file("safety: {geofence_m: [1, 1.5, 2]}\n")
    assert hil("run", path, "-t", "crazyflie", "-n", "2", "--no-report").code == code
    assert ("take-off" in happened) is flown
    said = shown.getvalue()
    assert "cf1 at radio://0/80/2M" in said
    assert "short-hover, 2 times; geofence x ±1 m, y ±1.5 m, z up to 2 m" in said


def test_a_vehicle_of_the_environment_that_the_inventory_does_not_know_is_warned_of(
    hil, scenario_file, happened, monkeypatch, tmp_path
):
    (tmp_path / "lab.toml").write_text('version = 1\n[device.one]\nuri = "usb://0"\n')
    monkeypatch.setenv("HIL_SITES", str(tmp_path / "lab.toml"))
    monkeypatch.setenv("CFLIB_URI", "usb://1")
    answer = hil("run", scenario_file(), "-t", "crazyflie", "--no-report")
    assert answer.code == 0, answer.err
    assert "CFLIB_URI names usb://1, which is no device in the inventory" in answer.err


def test_a_vehicle_that_nobody_can_restart_is_not_to_fly_twice(hil, scenario_file, happened, monkeypatch):
    monkeypatch.setenv("FAKE_VEHICLE", "real cable")
    answer = hil("run", scenario_file(), "-t", "crazyflie", "-n", "2", "--yes")
    assert answer.code == 2
    assert "only over a radio can the bench restart it" in answer.err
    assert happened == []


def test_beside_a_simulator_the_controller_named_is_the_simulators(hil, scenario_file, happened):
    answer = hil("run", scenario_file(), "-t", "sim,crazyflie", "-c", "pid-firmware", "--json", "--no-report")
    assert answer.code == 0, answer.err
    assert [(r["target"], r["controller"]) for r in answer.results] == [
        ("sim", "pid-firmware"),
        ("crazyflie", "onboard-pid"),
    ]


def test_vehicles_fly_one_at_a_time_after_the_simulated_flights(hil, scenario_file, happened):
    answer = hil("run", scenario_file(), "-t", "crazyflie,sim", "-n", "2", "-j", "2", "--json", "--no-report")
    assert answer.code == 0, answer.err
    one = ["open", "take-off", "leave HOLD", "landed", "stop", "stop", "close"]
    assert happened == one + one
    assert [r["target"] for r in answer.results] == ["crazyflie", "crazyflie", "sim", "sim"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-t", "sim", "--uri", "virtual"], "--uri is about a vehicle"),
        (["--yes"], "--yes is about a vehicle"),
        (["--skip-sim-first", "because"], "--skip-sim-first is about a vehicle"),
        (["-t", "crazyflie", "-c", "pid"], "a vehicle flies the controller it has on board, not pid"),
        (["-t", "crazyflie,replay", "-c", "pid"], "a vehicle flies the controller it has on board, not pid"),
        (["-t", "crazyflie", "--onboard", "app", "-c", "pid"], "a vehicle flies the controller it has on board"),
        (["-t", "sim", "--fault", "motor_eficiency:motor=1,factor=0.5"], "did you mean 'motor_efficiency'"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_flies(hil, scenario_file, happened, words, said):
    answer = hil("run", scenario_file(), *words)
    assert answer.code == 2
    assert said in answer.err
    assert not Path("runs").exists()


def test_a_fault_of_the_command_line_is_added_to_the_scenarios(hil, scenario_file):
    answer = hil("run", scenario_file(), "--fault", "motor_efficiency:motor=1,factor=0,at_s=0.5", "--no-report")
    assert answer.code == 4
    (folder,) = Path("runs").iterdir()
    assert "motor_efficiency" in (folder / "scenario.yaml").read_text()


@pytest.fixture
def flying(scenario_file, tmp_path, monkeypatch):
    """`hil run` with the made-up vehicle in a process of its own: `flying("hang", until="take-off")`."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = scenario_file(duration_s=60)
    started = []

    def start(*words, until, terminal=None):
        process = subprocess.Popen(
            [sys.executable, HERE / "fake_vehicle.py", "run", path, "-t", "crazyflie", "-n", "2", "--no-report"],
            cwd=tmp_path,
            env=os.environ | {"FAKE_VEHICLE": " ".join(words)},
            stdin=terminal,
            stdout=subprocess.PIPE if terminal is None else terminal,
            stderr=subprocess.PIPE if terminal is None else terminal,
            text=True,
            start_new_session=True,
            preexec_fn=None if terminal is None else lambda: fcntl.ioctl(terminal, termios.TIOCSCTTY, 0),
        )
        started.append(process)
        deadline_s = time.monotonic() + 60.0
        while not until(tmp_path):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline_s, "it never came that far"
            time.sleep(0.02)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def in_the_air(folder):
    return any(path.stat().st_size > 20_000 for path in folder.glob("runs/*/samples.part"))


def hanging(folder):
    return (folder / "hanging").exists()


def landing(folder):
    return (folder / "landing").exists()


def ended(process, tmp_path):
    """(what it printed, what the vehicle did) of a process that has ended by itself, with exit code 4."""
    _, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    (folder,) = tmp_path.glob("runs/*")
    assert Log.open(folder).aborted
    return err, (folder / "happened").read_text().split("\n")


def test_ctrl_c_lands_the_vehicle_and_nothing_more_takes_off(flying, tmp_path):
    process = flying(until=in_the_air)
    process.send_signal(signal.SIGINT)
    err, happened = ended(process, tmp_path)
    assert "landing; Ctrl-C again stops the motors" in err
    assert happened == ["open", "take-off", "leave LAND", "landed", "stop", "stop", "close"]
    assert "1 of 2 flights begun" in err


def test_a_second_ctrl_c_stops_the_motors(flying, tmp_path):
    process = flying("slow-landing", until=in_the_air)
    process.send_signal(signal.SIGINT)
    deadline_s = time.monotonic() + 60
    while not landing(tmp_path):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    err, happened = ended(process, tmp_path)
    assert "motors stopped" in err
    assert "landed" not in happened
    assert happened[:4] == ["open", "take-off", "leave LAND", "stop"]


def test_ctrl_c_on_the_way_to_the_start_lands_it(flying, tmp_path):
    process = flying("slow-approach", until=in_the_air)
    process.send_signal(signal.SIGINT)
    _, happened = ended(process, tmp_path)
    assert happened[:3] == ["open", "take-off", "leave LAND"]
    assert "landed" in happened


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGQUIT])
def test_whatever_ends_or_suspends_a_program_lands_the_vehicle(flying, tmp_path, number):
    process = flying(until=in_the_air)
    process.send_signal(number)
    _, happened = ended(process, tmp_path)
    assert "landed" in happened


def test_a_window_that_is_closed_lands_the_vehicle_and_the_exit_code_still_says_what_came_of_it(flying, tmp_path):
    window, terminal = pty.openpty()
    process = flying(until=in_the_air, terminal=terminal)
    os.close(terminal)
    os.close(window)
    _, happened = ended(process, tmp_path)
    assert "landed" in happened


def test_a_second_bench_leaves_a_vehicle_alone_that_one_flies(flying, tmp_path, scenario_file):
    process = flying(until=in_the_air)
    second = subprocess.run(
        [sys.executable, HERE / "fake_vehicle.py", "run", scenario_file(), "-t", "crazyflie", "--out", "second"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert second.returncode == 3
    assert f"bench {process.pid} flies it already" in second.stderr
    assert process.poll() is None


def test_hil_stop_stops_the_motors_even_while_the_bench_hangs(flying, tmp_path, hil):
    process = flying("hang", until=hanging)
    answer = hil("stop")
    assert answer.code == 0, answer.err
    assert "udp://127.0.0.1:1" in answer.out
    err, happened = ended(process, tmp_path)
    assert happened[:4] == ["open", "take-off", "hanging", "stop"]
    assert "landed" not in happened
    assert "told by hil stop" in err


def test_hil_stop_land_lands_the_vehicle(flying, tmp_path, hil):
    process = flying(until=in_the_air)
    answer = hil("stop", "--land", "--uri", "udp://localhost:1/")  # 127.0.0.1 in other words
    assert answer.code == 0, answer.err
    _, happened = ended(process, tmp_path)
    assert "landed" in happened


@pytest.mark.parametrize("how", ["Ctrl-C", "hil stop"])
def test_the_operators_word_during_a_safety_landing_ends_the_batch_too(flying, tmp_path, hil, how):
    process = flying("astray", "slow-landing", until=landing)
    if how == "Ctrl-C":
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
    assert how == "Ctrl-C" or hil("stop").code == 0
    err, happened = ended(process, tmp_path)
    assert "interrupted by the operator: 1 of 2 flights begun" in err
    assert happened.count("take-off") == 1


@pytest.mark.parametrize(("words", "took_off"), [("astray", 1), ("locked", 1), ("refuse", 0)])
def test_after_a_flight_that_was_cut_short_the_vehicle_does_not_take_off_again(
    hil, scenario_file, happened, monkeypatch, words, took_off
):
    monkeypatch.setenv("FAKE_VEHICLE", words)
    answer = hil("run", scenario_file(), "-t", "crazyflie,sim", "-n", "3", "--no-report")
    assert answer.code == 4
    assert happened.count("open") == 1
    assert happened.count("take-off") == took_off
    assert "cut short" in answer.err
    assert "4 of 6 flights begun" in answer.err


def test_hil_stop_leaves_a_bench_alone_that_flies_another_vehicle(flying, tmp_path, hil):
    process = flying(until=in_the_air)
    answer = hil("stop", "--land", "--uri", "udp://127.0.0.1:2")
    assert answer.code == 3
    assert process.poll() is None


def test_hil_stop_says_when_there_is_nothing_to_land(hil, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    answer = hil("stop", "--land")
    assert answer.code == 3
    assert "no bench" in answer.err
