"""What every target owes the flight loop, whatever is behind it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hil import registry
from hil.bench import Job, fly
from hil.core.clock import SimulatedClock, WallClock
from hil.core.errors import TargetUnavailable
from hil.log import COLUMNS, TIMING_COLUMNS, LogWriter, row
from hil.run_files import RUN_FILES
from hil.runner import run
from hil.scenario.model import Scenario
from hil.targets.order import Order, Prepared
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


@pytest.fixture(params=sorted(registry.TARGETS))
def prepare(
    request: pytest.FixtureRequest, scenario: Scenario, recording: Path, networks_ship: Path
) -> Callable[[], Prepared]:
    if request.param == "pil":
        _needs_an_emulated_chip()
    order = Order(scenario=scenario, repeat=0, controller=None, flight=recording, clock=WallClock())
    return lambda: registry.load(registry.TARGETS, "target", request.param)(order)


def _needs_an_emulated_chip() -> None:
    try:
        chip_line("qemu:")
    except TargetUnavailable as error:
        pytest.skip(f"{error.message}: {error.hint}")


def _flown(prepared: Prepared) -> list[tuple[float, ...]]:
    target, plan, simulated, _ = prepared
    timing = [COLUMNS.index(name) for name in TIMING_COLUMNS]
    with LogWriter(plan.info(target, simulated=simulated)) as writer, target:
        log = run(plan, target, clock=SimulatedClock(), writer=writer)
    rows = zip(*(log[name] for i, name in enumerate(COLUMNS) if i not in timing), strict=True)
    return [tuple(float(value) for value in values) for values in rows]


def test_the_same_order_gives_the_same_rows(prepare):
    first, second = _flown(prepare()), _flown(prepare())
    assert repr(first) == repr(second)  # repr: NaN equals itself
    assert len(first) == 100


def test_reset_makes_it_fly_the_same_again(prepare):
    prepared = prepare()
    assert repr(_flown(prepared)) == repr(_flown(prepared))


def test_samples_come_at_the_planned_ticks_on_the_planned_clock(prepare):
    target, plan, _, _ = prepare()
    with target:
        target.reset(plan.start, seed=plan.seed)
        for tick in plan.ticks:
            (sample,) = target.step(plan.reference.at(tick / plan.rate_hz))
            assert sample.tick == tick
            assert sample.t_s == tick / plan.rate_hz
            assert len(row(sample)) == len(COLUMNS)


def test_the_first_sample_is_the_start(prepare):
    target, plan, _, _ = prepare()
    with target:
        target.reset(plan.start, seed=plan.seed)
        assert target.step(plan.reference.at(0.0))[0].state == plan.start.state


def test_stop_and_close_may_come_at_any_time_any_number_of_times(prepare):
    target, plan, _, _ = prepare()
    target.stop()
    target.close()
    with target:
        target.stop()
        target.reset(plan.start, seed=plan.seed)
        target.step(plan.reference.at(0.0))
        target.stop()
        target.stop()
    target.stop()
    target.close()


def test_with_stops_then_closes_on_every_path(prepare):
    target, _, _, _ = prepare()
    called: list[str] = []
    target.stop = lambda: called.append("stop")
    target.close = lambda: called.append("close")
    with pytest.raises(RuntimeError, match="in flight"), target:
        raise RuntimeError("in flight")
    assert called == ["stop", "close"]


def test_it_says_what_it_is(prepare):
    target, plan, simulated, _ = prepare()
    assert target.name in registry.TARGETS
    info = plan.info(target, simulated=simulated)
    assert info.controller
    assert info.controller_family


def test_what_it_keeps_beside_the_log_are_files_of_a_run_folder(prepare, tmp_path):
    prepared = prepare()
    _flown(prepared)
    prepared.target.keep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {*RUN_FILES}
