"""What every target owes the flight loop, whatever is behind it; and what those in simulated time owe besides.

A target in simulated time puts its vehicle at the start, gives a sample for each step, and repeats itself bit for bit.
One with a vehicle brings it there, and gives samples as they come.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from hil import registry
from hil.bench import Job, fly
from hil.core.clock import SimulatedClock, WallClock
from hil.core.errors import TargetUnavailable
from hil.core.interfaces import Target
from hil.flight_plan import FlightPlan
from hil.log import COLUMNS, TIMING_COLUMNS, LogWriter, row
from hil.run_files import RUN_FILES
from hil.runner import run
from hil.scenario.model import Scenario
from hil.targets.order import Hardware, Order, Prepared
from hil.targets.pil.lines import chip_line

TASK = """
version: 1
name: contract
duration_s: 1
settle_s: 0.5
sensors: real-2026
disturbances: [{kind: residual}]
task: {kind: hold, position_m: [0.2, 0, 1]}
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    path = tmp_path_factory.mktemp("contract") / "contract.yaml"
    path.write_text(TASK)
    return Scenario.load(path)


@pytest.fixture(scope="module")
def recording(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flight to replay: one that the bench made itself."""
    folder = fly(Job(scenario=scenario, target="sim", out=tmp_path_factory.mktemp("recording"))).run_dir
    assert folder is not None
    return folder


INSTANT = ("pil", "replay", "sil", "sim")


def _prepare(name: str, scenario: Scenario, recording: Path) -> Callable[[], Prepared]:
    if name == "pil":
        _needs_an_emulated_chip()
    if name == "crazyflie":
        pytest.importorskip("cflib", reason="cflib is not installed: pip install 'hil-bench[crazyflie]'")
    order = Order(
        scenario=scenario,
        repeat=0,
        controller=None,
        flight=recording,
        clock=WallClock(),
        hardware=Hardware(uri="virtual") if name == "crazyflie" else Hardware(),
    )
    return lambda: registry.load(registry.TARGETS, "target", name)(order)


@pytest.fixture(params=sorted(registry.TARGETS))
def prepare(
    request: pytest.FixtureRequest, scenario: Scenario, recording: Path, networks_ship: Path
) -> Callable[[], Prepared]:
    return _prepare(request.param, scenario, recording)


@pytest.fixture(params=INSTANT)
def prepare_instant(
    request: pytest.FixtureRequest, scenario: Scenario, recording: Path, networks_ship: Path
) -> Callable[[], Prepared]:
    return _prepare(request.param, scenario, recording)


def _needs_an_emulated_chip() -> None:
    try:
        chip_line("qemu:")
    except TargetUnavailable as error:
        pytest.skip(f"{error.message}: {error.hint}")


def _flown(prepared: Prepared) -> list[tuple[float, ...]]:
    target, plan, simulated, pace = prepared
    timing = [COLUMNS.index(name) for name in TIMING_COLUMNS]
    with LogWriter(plan.info(target, simulated=simulated)) as writer, target:
        log = run(plan, target, clock=pace or SimulatedClock(), writer=writer)
    assert log.aborted is None
    rows = zip(*(log[name] for i, name in enumerate(COLUMNS) if i not in timing), strict=True)
    return [tuple(float(value) for value in values) for values in rows]


def _at_the_start(target: Target, plan: FlightPlan) -> None:
    target.reset(plan.start, seed=plan.seed)
    for _ in target.approach():
        assert target.alarm() is None


def test_the_same_order_gives_the_same_rows(prepare_instant):
    first, second = _flown(prepare_instant()), _flown(prepare_instant())
    assert repr(first) == repr(second)  # repr: NaN equals itself
    assert len(first) == 100


def test_reset_makes_it_fly_the_same_again(prepare_instant):
    prepared = prepare_instant()
    assert repr(_flown(prepared)) == repr(_flown(prepared))


def test_opened_again_it_flies_again(prepare):
    prepared = prepare()
    for _ in range(2):
        ticks = [row[0] for row in _flown(prepared)]
        assert set(prepared.plan.ticks) <= set(ticks)
        assert ticks == sorted(set(ticks))


def test_samples_come_one_a_step_at_the_planned_ticks(prepare_instant):
    target, plan, _, _ = prepare_instant()
    with target:
        target.reset(plan.start, seed=plan.seed)
        for tick in plan.ticks:
            (sample,) = target.step(plan.reference.at(tick / plan.rate_hz))
            assert sample.tick == tick


def test_samples_have_planned_ticks_on_the_planned_clock_and_the_set_point_given(prepare):
    target, plan, _, pace = prepare()
    seen = []
    with target:
        _at_the_start(target, plan)
        begin_s = pace.now_s() if pace else 0.0
        for tick in plan.ticks:
            seen += target.step(plan.reference.at(tick / plan.rate_hz))
            if pace:
                pace.wait_until(begin_s + (tick + 1) / plan.rate_hz)
    assert len(seen) > 0.9 * len(plan.ticks)
    for sample in seen:
        assert sample.t_s == sample.tick / plan.rate_hz
        assert len(row(sample)) == len(COLUMNS)
        assert sample.tick < 0 or sample.setpoint.position == pytest.approx(plan.reference.at(sample.t_s).position)


def test_the_first_sample_is_the_start(prepare_instant):
    target, plan, _, _ = prepare_instant()
    with target:
        target.reset(plan.start, seed=plan.seed)
        assert target.step(plan.reference.at(0.0))[0].state == plan.start.state


def test_stop_and_close_may_come_at_any_time_any_number_of_times(prepare):
    target, plan, _, _ = prepare()
    target.stop()
    target.close()
    with target:
        target.stop()
        _at_the_start(target, plan)
        target.step(plan.reference.at(0.0))
        target.stop()
        target.stop()
    target.stop()
    target.close()


def test_with_stops_then_closes_on_every_path(prepare):
    target, _, _, _ = prepare()
    called: list[str] = []
    close = target.close
    target.stop = lambda: called.append("stop")
    target.close = lambda: called.append("close")
    try:
        with pytest.raises(RuntimeError, match="in flight"), target:
            raise RuntimeError("in flight")
    finally:
        close()
    assert called == ["stop", "close"]


def test_it_says_what_it_is(prepare):
    target, plan, simulated, _ = prepare()
    assert target.name in registry.TARGETS
    info = plan.info(target, simulated=simulated)
    assert info.controller
    assert info.controller_family
    assert info.state_source


def test_what_it_keeps_beside_the_log_are_files_of_a_run_folder(prepare, tmp_path):
    prepared = prepare()
    _flown(prepared)
    prepared.target.keep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {*RUN_FILES}
