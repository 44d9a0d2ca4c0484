"""Run folders for tests of the report, written as the bench writes them but from formulas: no simulator needed."""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from hil.core.chance import repeat_seed, rng
from hil.core.frames import quat_from_euler
from hil.core.outcome import Measurement, Outcome, RunResult
from hil.core.types import TRUTH, Command, Sample, Setpoint, State
from hil.log import Event, LogInfo, LogWriter

RATE_HZ = 50.0


@dataclass(frozen=True)
class Recipe:
    """What one synthetic flight is like."""

    scenario: str = "hover"
    task: str = "hold"
    target: str = "sim"
    controller: str = "pid"
    simulated: bool = True
    repeat: int = 0
    duration_s: float = 8.0
    wander_m: float = 0.02  # amplitude of the position error
    limit_m: float = 0.05
    abort_at_s: float | None = None
    source: str = ""
    record_motors: bool = True
    record_position: bool = True
    utc: str = "20260401T120000Z"
    state_source: str = TRUTH
    battery_v: float | None = None  # at the start, of a vehicle behind a link
    refused: bool = False

    @property
    def seed(self) -> int:
        return repeat_seed(7, self.repeat)

    @property
    def folder(self) -> str:
        return f"{self.utc}-{self.scenario}-{self.target}-{self.controller}-s{self.seed}"


def write_run(root: Path, recipe: Recipe) -> Path:
    """A run folder under `root`: samples, events, verdict, manifest, scenario."""
    run_dir = root / "".join(c if c.isalnum() or c in "-_." else "_" for c in recipe.folder)
    info = LogInfo(
        scenario=recipe.scenario,
        task=recipe.task,
        target=recipe.target,
        controller=recipe.controller,
        controller_family="position-only",
        vehicle="cf21-identified",
        simulated=recipe.simulated,
        seed=recipe.seed,
        repeat=recipe.repeat,
        rate_hz=RATE_HZ,
        planned_duration_s=recipe.duration_s,
        judge_from_s=1.0,
        judge_to_s=recipe.duration_s - 0.5,
        source=recipe.source,
        state_source=recipe.state_source,
    )
    with LogWriter(info, run_dir) as writer:
        for sample in _samples(recipe) if not recipe.refused else ():
            writer.append(sample)
        if recipe.battery_v is not None:
            _vehicle(recipe, writer, run_dir)
        if recipe.abort_at_s is not None:
            writer.event(Event(recipe.abort_at_s, "abort", "left the geofence: z = 2.31 m > 2.00 m"))
        if not recipe.simulated:
            writer.event(Event(3.2, "gap", "no sample for 0.12 s"))
        log = writer.log()
    error = np.linalg.norm((log.position - log.reference)[log.judged()][:, :2], axis=1)
    result = _verdict(recipe, float(np.mean(error)), float(np.max(error))) if not recipe.refused else _refusal(recipe)
    (run_dir / "result.json").write_text(json.dumps(result.as_json(), indent=2, sort_keys=True))
    (run_dir / "manifest.json").write_text(json.dumps(_manifest(recipe), indent=2, sort_keys=True))
    (run_dir / "scenario.yaml").write_text(f"version: 1\nname: {recipe.scenario}\nduration_s: {recipe.duration_s}\n")
    return run_dir


def write_campaign(root: Path, repeats: int = 3) -> list[Path]:
    """Everything a report must show: two tasks, three controllers, a failing, an aborted and a real flight."""
    hover, eight = Recipe(), Recipe(scenario="figure-eight", task="figure_eight", duration_s=12.0, limit_m=0.08)
    recipes = []
    for repeat in range(repeats):
        recipes += [
            replace(hover, repeat=repeat),
            replace(hover, repeat=repeat, target="sil", controller="snn-hover", wander_m=0.035),
            replace(eight, repeat=repeat, controller="geometric", wander_m=0.03),
            replace(eight, repeat=repeat, target="sil", controller="snn-hover", wander_m=0.07 + 0.02 * repeat),
        ]
    recipes[-1] = replace(recipes[-1], abort_at_s=7.4)
    recipes.append(
        replace(
            eight,
            target="replay",
            controller="on-board",
            simulated=False,
            wander_m=0.05,
            source="flight_2026-03-02_eight.csv",
        )
    )
    return [write_run(root, recipe) for recipe in recipes]


def _samples(recipe: Recipe) -> list[Sample]:
    chance = rng(recipe.seed, recipe.controller)
    phase = chance.uniform(0, 2 * math.pi, 4)
    size = recipe.wander_m * chance.uniform(0.85, 1.15, 3)
    end_s = recipe.abort_at_s or recipe.duration_s
    samples = []
    for tick in range(int(end_s * RATE_HZ) + 1):
        t_s = tick / RATE_HZ
        reference = _reference(recipe, t_s)
        runaway = max(0.0, t_s - (recipe.abort_at_s or math.inf) + 1.0) ** 2
        ex, ey, ez = (float(size[i] * math.sin(1.3 * (i + 1) * t_s + phase[i])) for i in range(3))
        x, y, z = reference.position if recipe.record_position else (math.nan,) * 3
        roll, pitch = 0.06 * math.sin(2 * t_s + phase[3]), 0.06 * math.cos(2 * t_s) + 0.4 * runaway
        motors = [0.62 + 0.05 * math.sin(3 * t_s + i) + float(chance.normal(0, 0.01)) + 0.3 * runaway for i in range(4)]
        state = State(
            (x + ex, y + ey, z + 0.5 * ez + runaway),
            reference.velocity or (0.0, 0.0, 0.0),
            quat_from_euler(roll, pitch, 0.0),
            (0.0, 0.0, 0.0),
        )
        m1, m2, m3, m4 = (min(1.0, m) for m in motors)
        command = Command((m1, m2, m3, m4)) if recipe.record_motors else None
        samples.append(Sample(tick, t_s, reference, state, command, battery_v=4.0 - 0.01 * t_s))
    return samples


def _reference(recipe: Recipe, t_s: float) -> Setpoint:
    if recipe.task == "hold":
        return Setpoint((0.0, 0.0, 1.0), (0.0, 0.0, 0.0))
    rate = 2 * math.pi / 6.0
    position = (math.sin(rate * t_s), 0.5 * math.sin(2 * rate * t_s), 1.0)
    return Setpoint(position, (rate * math.cos(rate * t_s), rate * math.cos(2 * rate * t_s), 0.0))


def _verdict(recipe: Recipe, mean_m: float, worst_m: float) -> RunResult:
    limit = recipe.limit_m
    whole = f"1.0–{recipe.duration_s - 0.5:.1f} s"
    measurements = (
        Measurement(
            "position_error_xy_mean_m",
            mean_m,
            "m",
            limit,
            mean_m <= limit,
            rationale="half the motor diagonal",
            limit_applied="sim, position-only" if recipe.simulated else "default",
            window=whole,
        ),
        Measurement("position_error_xy_max_m", worst_m, "m", None, True, window=whole),
        Measurement("battery_drop_v", None, "V", None, True, why="the flight recorded no battery voltage"),
    )
    outcome, reason = Outcome.PASS, ""
    if recipe.abort_at_s is not None:
        outcome, reason = Outcome.ABORTED, "left the geofence: z = 2.31 m > 2.00 m"
    elif mean_m > limit:
        outcome, reason = Outcome.FAIL, f"position_error_xy_mean_m is {mean_m:.4f} m, limit {limit:.4f} m"
    return RunResult(
        recipe.scenario, recipe.target, recipe.controller, recipe.seed, recipe.repeat, outcome, reason, measurements
    )


def _vehicle(recipe: Recipe, writer: LogWriter, run_dir: Path) -> None:
    """What a vehicle behind a link adds to a log."""
    assert recipe.battery_v is not None
    phases = {"preflight": (-6.0, "passed"), "take-off": (-5.2, "1.00 m after 2.1 s"), "land": (8.1, "in 1.9 s")}
    for name, (t_s, text) in phases.items() if not recipe.refused else ():
        writer.event(Event(t_s, "phase", f"{name}: {text}"))
    if recipe.refused:
        writer.event(Event(-6.0, "abort", "refused: the vehicle lies on its side (put it upright)"))
    link = {
        "uri": "radio://0/80/2M/E7E7E7E7E7",
        "platform": "cf21",
        "firmware": "2026.08",
        "latency_s": {"p50": 0.0071, "p95": 0.0123, "max": 0.0418},
        "jitter_s": 0.0013,
        "loss_share": 0.021,
        "log_age_s": {"p50": 0.012, "p95": 0.024, "max": 0.061},
        "rows_expected": 800,
        "rows_received": 793,
        "battery_start_v": recipe.battery_v,
        "battery_end_v": recipe.battery_v - 0.4,
        "supervisor_words": ["0x20e"],
        "positioning": "lighthouse",
    }
    (run_dir / "link.json").write_text(json.dumps(link))


def _refusal(recipe: Recipe) -> RunResult:
    who = (recipe.scenario, recipe.target, recipe.controller, recipe.seed, recipe.repeat)
    return RunResult(*who, Outcome.ABORTED, "refused: the vehicle lies on its side (put it upright)", ())


def _manifest(recipe: Recipe) -> dict[str, object]:
    return {
        "command": f"hil run scenario.yaml --target {recipe.target} --controller {recipe.controller} --seed 7",
        "versions": {"hil-bench": "0.1.0", "numpy": "2.0.0", "python": "3.11.4"},
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "dirty": False,
        "seed": recipe.seed,
        "vehicle": "cf21-identified",
        "target": recipe.target,
        "platform": "linux-x86_64",
        "hashes": {"scenario.yaml": "sha256:6d7f"},
        "utc": recipe.utc,
        "simulated": recipe.simulated,
    }


@pytest.fixture(scope="session")
def fly():
    """Writes one synthetic run folder: `fly(root, repeat=1, wander_m=0.1)`."""
    return lambda root, **recipe: write_run(root, Recipe(**recipe))


@pytest.fixture(scope="session")
def campaign(tmp_path_factory):
    """Run folders of two repeats of everything a report must show, once per session: read, do not change."""
    return write_campaign(tmp_path_factory.mktemp("campaign"), repeats=2)
