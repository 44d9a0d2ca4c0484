"""What a plant cannot have changes nothing on sim, sil and in batches, and the log says so."""

import pytest

from hil.batch_runner import run_batch
from hil.core.clock import SimulatedClock
from hil.flight_plan import plan_flight
from hil.log import LogWriter
from hil.runner import run
from hil.scenario.fault_words import fault_of, with_faults
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_dir
from hil.targets.batch_loop import build_sim_batch
from hil.targets.closed_loop import build_sim
from hil.targets.order import Order

NEW = [
    "link_loss:share=0.5", "link_duplication:share=0.5", "link_delay:added_s=1", "link_blackout", "link_refused",
    "reset", "battery:volts=3", "pose_dropout", "tumble", "log_overrun",
    "motor_efficiency:motor=1,factor=0.1,in_phase=take-off",
]  # fmt: skip


def scenario_with(*words):
    hover = Scenario.load(shipped_dir() / "hover.yaml", {"duration_s": 0.5, "settle_s": 0})
    return with_faults(hover, [fault_of(word) for word in words])


def flown(scenario):
    order = Order(scenario=scenario, repeat=0, controller="geometric", flight=None, clock=SimulatedClock())
    target, plan, simulated, _ = build_sim(order)
    with LogWriter(plan.info(target, simulated=simulated)) as writer, target:
        return run(plan, target, clock=SimulatedClock(), writer=writer)


@pytest.mark.parametrize("word", NEW)
def test_a_fault_that_a_plant_cannot_have_leaves_the_flight_and_warns(word):
    log, healthy = flown(scenario_with(word)), flown(scenario_with())
    assert log["position_x_m"].tolist() == healthy["position_x_m"].tolist()
    (event,) = [event for event in log.events if event.kind in ("fault", "warning")]
    assert event.kind == "warning"
    assert f"{word.partition(':')[0]} changes nothing: sim" in event.text


def test_a_fault_of_the_plant_beside_one_of_the_link_still_acts_and_is_news():
    log = flown(scenario_with("motor_efficiency:motor=1,factor=0.5,at_s=0.1", "link_blackout:at_s=0.1"))
    healthy = flown(scenario_with())
    assert log["position_x_m"].tolist() != healthy["position_x_m"].tolist()
    told = [(event.t_s, event.kind) for event in log.events if event.kind in ("fault", "warning")]
    assert told == [(0.1, "fault"), (0.0, "warning")]


def test_a_batch_says_and_flies_the_same():
    scenario = scenario_with("motor_efficiency:motor=1,factor=0.5,at_s=0.1", *NEW)
    target, plans = build_sim_batch(scenario, "geometric", backend="numpy")
    (log,) = run_batch(plans, target)
    assert log == flown(scenario)


def test_a_fault_of_another_phase_is_no_news_of_the_task():
    plan = plan_flight(scenario_with("reset:at_s=0.1,in_phase=land", "reset:at_s=0.2"), 0)
    assert [event.t_s for event in plan.events] == [0.2]
