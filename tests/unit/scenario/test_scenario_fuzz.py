"""A thousand broken scenarios: each is refused with a ScenarioError, or is a scenario after all."""

import copy
import random
from dataclasses import replace

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hil.core.clock import SimulatedClock
from hil.core.errors import HilError, ScenarioError
from hil.log import LogWriter
from hil.preflight import check
from hil.registry import CONTROLLERS
from hil.runner import run
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_names
from hil.targets.closed_loop import build_sim
from hil.targets.order import Order

TEXTS = [path.read_text() for path in shipped_names().values()]
VALUES = [
    None, True, False, 0, 1, -1, 100, -100, 600, 1e5, 1e308, -1e308, 1e-308, [100, 100, 100], [200, -200, 1e300],
    float("inf"), float("nan"), 10**30, 10**400, "", "x", "on",
    "1e-3", "~nobody/x", "a\0b", "\ud7ff", [], [0], [1, 2, 3], [1, 2, 3, 4], [[]], {}, {"kind": "gust"},
    {"kind": "hold", "hold": 1}, {"kind": ["hold"]}, {"kind": {}}, {"preset": "none"}, {"preset": []}, {"": 1},
    "position_error_mean_m", "hold", "circle", "polynomial", "gone.csv", ".", "/", "gone.toml", [{}], [None],
]  # fmt: skip


def places(node, path=()):
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield from places(child, (*path, key))


def mutate_tree(tree, chance):
    path = chance.choice([p for p in places(tree) if p])
    node = tree
    for part in path[:-1]:
        node = node[part]
    action = chance.choice(["replace", "delete", "rename", "graft"])
    if action == "delete":
        del node[path[-1]]
    elif action == "rename" and isinstance(node, dict):
        node[chance.choice(["kind", "at_s", "limits", "Name", "period_s", "spread"])] = node.pop(path[-1])
    elif action == "graft":
        node[path[-1]] = copy.deepcopy(chance.choice([tree.get("task"), tree.get("criteria"), tree.get("start"), tree]))
    else:
        node[path[-1]] = copy.deepcopy(chance.choice(VALUES))


NOISE = [
    "", ":", "- ", "{", "}", "[", "]", '"', "'", "\t", "\n", "\0", "&a ", "*a", "!!int ", "|", "\\x", "#", "? ", "<<: ",
    "%", "@", "`", "9" * 5000, "2026-13-45", "0x1F", "é", "\u2028",
]  # fmt: skip


def mutate_text(text, chance):
    start = chance.randrange(len(text))
    end = min(len(text), start + chance.randrange(12))
    return text[:start] + chance.choice(NOISE) + text[end:]


def check_and_fly(scenario, controller, ticks=5):
    """Check it, and fly a few ticks where a controller is given; anything but a HilError propagates."""
    try:
        check(scenario)
        if controller:
            fly(scenario, controller, ticks)
    except HilError:
        pass


def fly(scenario, controller, ticks):
    order = Order(scenario=scenario, repeat=0, controller=controller, flight=None, clock=SimulatedClock())
    target, plan, simulated, _ = build_sim(order)
    plan = replace(plan, ticks=plan.ticks[:ticks])
    with LogWriter(plan.info(target, simulated=simulated), None) as writer, target:
        return run(plan, target, clock=SimulatedClock(), writer=writer)


def load_or_refuse(path):
    """The scenario, or None where it is refused properly; anything else propagates."""
    try:
        return Scenario.load(path)
    except ScenarioError:
        return None


@settings(max_examples=1000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 3), as_text=st.booleans())
def test_a_mutated_scenario_is_a_scenario_or_a_scenario_error(tmp_path_factory, seed, changes, as_text):
    chance = random.Random(seed)
    text = chance.choice(TEXTS)
    if as_text:
        for _ in range(changes):
            text = mutate_text(text, chance)
    else:
        tree = yaml.safe_load(text)
        for _ in range(changes):
            mutate_tree(tree, chance) if tree else None
        text = yaml.safe_dump(tree, allow_unicode=True)
    path = tmp_path_factory.getbasetemp() / "mutated.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    scenario = load_or_refuse(path)
    if scenario is not None:
        path.write_text(scenario.resolved_yaml())
        assert Scenario.load(path) == scenario
        check_and_fly(scenario, sorted(CONTROLLERS)[seed % len(CONTROLLERS)] if seed % 4 == 0 else None)


def test_random_bytes_are_refused(tmp_path):
    path = tmp_path / "noise.yaml"
    for seed in range(300):
        path.write_bytes(random.Random(seed).randbytes(200))
        assert load_or_refuse(path) is None


# As hard as a scenario can be: every number at its bound, nothing in the way of flying on.
EXTREME = """\
version: 1
name: extreme
duration_s: 6
start:
  position_m: [0, 0, 50]
  velocity_m_s: [100, -100, 100]
  spread: {velocity_m_s: [100, 100, 100], rates_rad_s: [200, 200, 200], tilt_deg: 180, motors: random}
task: {kind: hold, position_m: [0, 0, 50]}
settle_s: 0
safety: {geofence_m: [1000, 1000, 1000], tilt_deg: 180}
"""
HARD = {
    "start": {},
    "kick": {"disturbances": [{"kind": "kick", "at_s": 0.01, "rates_body_rad_s": [200, -200, 200]}] * 3},
    "force": {"disturbances": [{"kind": "force", "force_world_n": [100, 100, 100], "std_n": 100}]},
    "torque": {"disturbances": [{"kind": "torque", "torque_body_n_m": [1, -1, 1], "std_n_m": 1}]},
    "residual": {"disturbances": [{"kind": "residual", "scale": 100}] * 3},
    "gust": {"disturbances": [{"kind": "gust", "at_s": 0, "for_s": 600, "force_world_n": [100, 0, -100]}]},
    "noise": {
        "sensors": {
            "position_noise_m": [1000] * 3, "velocity_noise_m_s": [100] * 3, "attitude_noise_rad": [1] * 3,
            "rates_noise_rad_s": [200] * 3, "attitude_bias_rad": [1] * 3, "rates_bias_rad_s": [200] * 3,
            "estimator_lag_s": 600, "gyro_cutoff_hz": 0.1, "action_delay_s": 600, "noise_correlation_s": 600,
        }
    },
    "fast gyro": {"sensors": {"gyro_cutoff_hz": 10_000, "noise_correlation_s": 1e-308}},
    "light": {"randomise": {"mass": 0.9, "inertia": 0.9, "thrust": 0.9, "motor_lag": 0.9, "drag": 0.9}},
    "faults": {
        "faults": [
            {"kind": "delay", "added_s": 600}, {"kind": "gyro_bias", "bias_rad_s": [200] * 3},
            {"kind": "motor_efficiency", "motor": 1, "factor": 0},
        ]
    },
}  # fmt: skip

DIVERGING = {
    "light and twisted": HARD["torque"] | HARD["light"],
    "kicked": {"disturbances": HARD["kick"]["disturbances"] * 30},
    "twisted by hundreds": {"disturbances": HARD["torque"]["disturbances"] * 100},
}


@pytest.mark.parametrize("controller", sorted(CONTROLLERS))
@pytest.mark.parametrize("hard", DIVERGING)
@pytest.mark.parametrize("vehicle", ["cf21-identified", "cf-l2f-2"])
def test_a_plant_beyond_floats_ends_the_flight_as_aborted(tmp_path, hard, controller, vehicle):
    path = tmp_path / "extreme.yaml"
    path.write_text(EXTREME)
    log = fly(Scenario.load(path, {"vehicle": vehicle, **DIVERGING[hard]}), controller, 600)
    (abort,) = [event for event in log.events if event.kind == "abort"]
    assert "not finite" in abort.text or "geofence" in abort.text


@pytest.mark.parametrize("controller", sorted(CONTROLLERS))
@pytest.mark.parametrize("hard", HARD)
@pytest.mark.parametrize("vehicle", ["cf21-identified", "cf-l2f-2"])
def test_the_most_extreme_flight_ends_like_any_other(tmp_path, hard, controller, vehicle):
    path = tmp_path / "extreme.yaml"
    path.write_text(EXTREME)
    scenario = Scenario.load(path, {"vehicle": vehicle, **HARD[hard]})
    check(scenario)
    assert fly(scenario, controller, 600)["t_s"].size
