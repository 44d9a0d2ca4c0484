"""Every scenario that ships, 20 flights each, in the simulator: all green, and the same bytes a second time."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from hil.bench import Job, fly, fly_all
from hil.core.outcome import Outcome, RunResult
from hil.log import COLUMNS, TIMING_COLUMNS, Log
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir

REPEATS = 20
WORKERS = min(2, os.cpu_count() or 1)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("shipped")]


def _jobs(out: Path) -> list[Job]:
    scenarios = [Scenario.load(path, {"repeats": REPEATS}) for path in sorted(shipped_dir().glob("*.yaml"))]
    return [Job(scenario=s, target="sim", repeat=k, out=out) for s in scenarios for k in range(REPEATS)]


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> list[RunResult]:
    return fly_all(_jobs(tmp_path_factory.mktemp("first")), workers=WORKERS)


def test_every_flight_of_every_shipped_scenario_passes(flown: Sequence[RunResult]) -> None:
    assert len(flown) >= 11 * REPEATS
    bad = [f"{r.scenario} repeat {r.repeat}: {r.outcome} {r.reason}" for r in flown if r.outcome is not Outcome.PASS]
    assert not bad


def test_flying_them_all_again_gives_the_same_bytes(flown: Sequence[RunResult], tmp_path: Path) -> None:
    again = fly_all(_jobs(tmp_path), workers=WORKERS)
    assert [_difference(a, b) for a, b in zip(flown, again, strict=True)] == [""] * len(flown)


def test_a_broken_seed_is_seen_as_different_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scenario = Scenario.load(shipped_dir() / "hover.yaml", {"duration_s": 6})
    first = fly(Job(scenario=scenario, target="sim", out=tmp_path / "first"))
    monkeypatch.setattr("hil_sim.sensing.rng", lambda seed, purpose: np.random.default_rng())
    second = fly(Job(scenario=scenario, target="sim", out=tmp_path / "second"))
    assert _difference(first, second) != ""


def _difference(a: RunResult, b: RunResult) -> str:
    """What differs between two runs, timing, utc and paths aside; empty when nothing does."""
    assert a.run_dir is not None
    assert b.run_dir is not None
    for name in ("result.json", "scenario.yaml", "events.jsonl"):
        if (a.run_dir / name).read_bytes() != (b.run_dir / name).read_bytes():
            return name
    one, two = Log.open(a.run_dir), Log.open(b.run_dir)
    differing = (c for c in COLUMNS if c not in TIMING_COLUMNS and one[c].tobytes() != two[c].tobytes())
    return next(differing, "")
