"""`hil run`: what it writes, what it prints, the code it exits with, and that every gate can turn red."""

import json
from pathlib import Path

import numpy as np
import pytest

from hil.core.clock import SimulatedClock, WallClock
from hil.log import COLUMNS, TIMING_COLUMNS, Log, LogWriter
from hil.runner import run
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil.targets.closed_loop import build_sim
from hil.targets.order import Order
from hil_reports.criteria import judge


def test_a_good_flight_exits_0_and_leaves_a_complete_run_folder(hil, scenario_file):
    answer = hil("run", scenario_file(), "--json")
    assert answer.code == 0, answer.err
    (result,) = answer.results
    folder = Path(result["run_dir"])
    names = {path.name for path in folder.iterdir()}
    assert names >= {"scenario.yaml", "manifest.json", "samples.parquet", "events.jsonl", "result.json", "report.html"}
    assert len(Log.open(folder)) == 200
    assert folder.name.split("-", 1)[1].startswith("short-hover-sim-geometric-s")


def test_a_limit_nobody_can_meet_exits_1(hil, scenario_file):
    answer = hil("run", scenario_file(limit=0.0), "--no-report")
    assert answer.code == 1
    assert "position_error_xy_mean_m" in answer.out


def test_leaving_the_geofence_exits_4_with_the_reason(hil, scenario_file):
    path = scenario_file(
        "disturbances: [{kind: force, force_world_n: [0.2, 0, 0]}]\nsafety: {geofence_m: [0.3, 1, 2]}\n"
    )
    answer = hil("run", path, "--no-report", "--json")
    assert answer.code == 4
    (result,) = answer.results
    assert result["outcome"] == "ABORTED"
    assert "geofence" in result["reason"]
    assert len(Log.open(result["run_dir"])) < 200


def test_an_infeasible_task_exits_2_flies_nothing_and_names_what_is_missing(hil, tmp_path):
    answer = hil("run", "figure_eight_fast", "--vehicle", "cf21-identified")
    assert answer.code == 2
    assert "thrust-to-weight" in answer.err
    assert "missing" in answer.err
    assert "cf-l2f-original" in answer.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "nothing to fly"),
        (["run", "hovr"], "hover"),
        (["run", "hover", "--target", "simm"], "did you mean 'sim'"),
        (["run", "hover", "--controller", "geometrik"], "did you mean 'geometric'"),
        (["run", "hover", "--vehicle", "cf21"], "cf21-identified"),
        (["run", "hover", "--set", "task.positon_m=[0,0,1]"], "position_m"),
        (["run", "hover", "--set", "nonsense"], "key=value"),
        (["run", "figure_eight_fast", "--set", "battery_hover_v=3.5"], "cf-l2f-original has no battery"),
        (["run", "hover", "--target", "replay"], "HIL_FLIGHTS"),
        (["run", "hover", "--target", "replay", "--flight", "nowhere.csv"], "nowhere.csv"),
        (["report", "nowhere"], "nowhere"),
        (["compare", "nowhere", "nowhere"], "nowhere"),
        (["export", "nowhere", "--to", "csv"], "nowhere"),
    ],
)
def test_a_mistake_exits_2_with_one_clear_line_and_nothing_written(hil, tmp_path, words, said):
    answer = hil(*words)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert list(tmp_path.iterdir()) == []


def test_two_runs_are_byte_identical_timing_aside(hil, scenario_file):
    path = scenario_file("sensors: real-2026\ndisturbances: [{kind: residual}]\nrepeats: 3\n")
    first = hil("run", path, "--no-report", "--json", "--out", "one").results
    second = hil("run", path, "--no-report", "--json", "--out", "two", "-j", "2").results
    for a, b in zip(first, second, strict=True):
        assert _samples(Path(a["run_dir"])) == _samples(Path(b["run_dir"]))
        assert (Path(a["run_dir"]) / "result.json").read_bytes() == (Path(b["run_dir"]) / "result.json").read_bytes()


def test_another_seed_gives_another_flight(hil, scenario_file):
    path = scenario_file("sensors: real-2026\n")
    one, two = (hil("run", path, "--no-report", "--json", "--seed", seed).results[0] for seed in ("1", "2"))
    assert _samples(Path(one["run_dir"])) != _samples(Path(two["run_dir"]))


def test_a_mutated_log_fails_the_criteria_it_passed(hil, scenario_file):
    path = scenario_file()
    (result,) = hil("run", path, "--no-report", "--json").results
    criteria = Scenario.load(path).criteria
    log = Log.open(result["run_dir"])
    assert all(m.passed for m in judge(log, criteria))
    moved = log.with_columns(position_x_m=log["position_x_m"] + 0.6)
    assert not any(m.passed for m in judge(moved, criteria))


def test_starts_and_wind_are_the_same_for_every_controller(hil, scenario_file):
    path = scenario_file("disturbances: [{kind: residual}, {kind: force, std_n: 0.01}]\n", name="paired")
    spread = "start: {position_m: [0, 0, 1], spread: {position_m: [0.2, 0.2, 0.2]}}\n"
    path.write_text(path.read_text().replace("start: {position_m: [0, 0, 1]}\n", spread))
    scenario = Scenario.load(path, {"repeats": 2})
    met = {}
    for controller in ("geometric", "pid"):
        for repeat in (0, 1):
            wall = WallClock()
            order = Order(scenario=scenario, repeat=repeat, controller=controller, flight=None, clock=wall)
            target, plan, _, _ = build_sim(order)
            target.reset(plan.start, seed=plan.seed)
            loads = target.plant._loads
            met[controller, repeat] = (plan.start, [loads.at(ns) for ns in range(0, 2_000_000_000, 10_000_000)])
    assert met["geometric", 0] == met["pid", 0]
    assert met["geometric", 1] == met["pid", 1]
    assert met["geometric", 0] != met["geometric", 1]
    assert len(set(met["geometric", 0][1])) > 100  # it is wind, not a constant


def test_the_seed_a_flight_shows_flies_it_again_alone(hil, scenario_file):
    path = scenario_file("sensors: real-2026\n")
    last = hil("run", path, "--repeats", "3", "--no-report", "--json").results[-1]
    (alone,) = hil("run", path, "--seed", last["seed"], "--no-report", "--json").results
    assert _samples(Path(alone["run_dir"])) == _samples(Path(last["run_dir"]))
    assert f"-s{last['seed']}" in alone["run_dir"]


def test_a_vehicle_that_never_takes_off_is_aborted_however_little_was_asked(hil, scenario_file):
    path = scenario_file("faults: [{kind: motor_efficiency, motor: 1, factor: 0}]\n")
    ground = "start: {position_m: [0, 0, 0], motors: stopped}\n"
    path.write_text(path.read_text().replace("start: {position_m: [0, 0, 1]}\n", ground))
    answer = hil("run", path, "--no-report", "--json")
    assert answer.code == 4
    assert answer.results[0]["reason"] == "never took off"


def test_a_vehicle_may_start_on_the_ground_and_take_off(hil, scenario_file):
    path = scenario_file(limit=0.5, duration_s=6)
    ground = "start: {position_m: [0, 0, 0], motors: stopped}\n"
    path.write_text(path.read_text().replace("start: {position_m: [0, 0, 1]}\n", ground))
    answer = hil("run", path, "--no-report", "--json")
    assert answer.code == 0, answer.results[0]["reason"]
    log = Log.open(answer.results[0]["run_dir"])
    assert log.position[0, 2] == 0.0
    assert abs(log.position[-1, 2] - 1.0) < 0.1


def test_a_recording_of_another_task_is_refused(hil, scenario_file):
    (recorded,) = hil("run", scenario_file(), "--no-report", "--json").results
    other = scenario_file(name="elsewhere")
    other.write_text(
        other.read_text()
        .replace("duration_s: 2", "duration_s: 5")
        .replace("task: {kind: hold, position_m: [0, 0, 1]}", "task: {kind: circle, radius_m: 0.5, period_s: 5}")
    )
    answer = hil("run", other, "-t", "replay", "--flight", recorded["run_dir"])
    assert answer.code == 2
    assert "not flown on the task of elsewhere" in answer.err


def test_a_batch_goes_on_when_the_bench_fails_at_one_flight(hil, scenario_file, monkeypatch):
    good, bad = scenario_file(), scenario_file(name="unlucky")

    def fails(plan, *words, **more):
        if plan.scenario.name == "unlucky":
            raise ZeroDivisionError("no luck")
        return run(plan, *words, **more)

    monkeypatch.setattr("hil.bench.run", fails)
    answer = hil("run", good, bad, good, "--no-report", "--json")
    assert answer.code == 70
    assert [r["outcome"] for r in answer.results] == ["PASS", "ERROR", "PASS"]
    assert "ZeroDivisionError: no luck" in answer.results[1]["reason"]
    (folder,) = Path("runs").glob("*unlucky*")
    assert json.loads((folder / "result.json").read_text())["outcome"] == "ERROR"
    assert "Traceback" in Log.open(folder).events[0].text


def test_a_log_that_cannot_be_written_is_said_so_and_stops_the_flight(hil, scenario_file, monkeypatch):
    class Full:
        def write(self, rows):
            raise OSError(28, "No space left on device")

    flush = LogWriter._flush

    def full(self):
        self._part = Full()
        flush(self)

    monkeypatch.setattr(LogWriter, "_flush", full)
    answer = hil("run", scenario_file(), "--no-report")
    assert answer.code == 2
    assert "No space left on device" in answer.err


@pytest.mark.parametrize("rate_hz", [8, 40, 1000])
@pytest.mark.parametrize("controller", ["geometric", "pid-firmware"])
def test_a_log_may_have_any_rate_whatever_the_controllers(hil, scenario_file, rate_hz, controller):
    path = scenario_file(f"rate_hz: {rate_hz}\n")
    (result,) = hil("run", path, "-c", controller, "--no-report", "--json").results
    assert result["outcome"] == "PASS"
    log, usual = (
        Log.open(result["run_dir"]),
        hil("run", path, "-c", controller, "--set", "rate_hz=100", "--no-report", "--json"),
    )
    assert len(log) == 2 * rate_hz
    at_1_s = Log.open(usual.results[0]["run_dir"]).position[100]
    np.testing.assert_allclose(log.position[rate_hz], at_1_s, atol=1e-5)  # RK4 at 1 ms and 10 ms


def test_in_real_time_a_flight_takes_as_long_as_it_lasts():
    clock = WallClock()
    begin_s = clock.now_s()
    clock.wait_until(begin_s + 0.05)
    assert clock.now_s() >= begin_s + 0.05
    simulated = SimulatedClock()
    simulated.wait_until(1e9)
    assert simulated.now_s() == 1e9


def test_every_shipped_scenario_validates(hil):
    answer = hil("validate", shipped_dir())
    assert answer.code == 0, answer.err
    assert answer.out.count("ok ") >= 11


def _samples(folder: Path) -> bytes:
    log = Log.open(folder)
    return b"".join(log[name].tobytes() for name in COLUMNS if name not in TIMING_COLUMNS)
