"""A thousand broken scenarios: each is refused with a ScenarioError, or is a scenario after all."""

import copy
import random

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hil.core.errors import ScenarioError
from hil.scenario.model import Scenario
from hil.scenario.shipped import shipped_names

TEXTS = [path.read_text() for path in shipped_names().values()]
VALUES = [
    None, True, False, 0, 1, -1, 1e308, -1e308, 1e-308, float("inf"), float("nan"), 10**30, 10**400, "", "x", "on",
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


def test_random_bytes_are_refused(tmp_path):
    path = tmp_path / "noise.yaml"
    for seed in range(300):
        path.write_bytes(random.Random(seed).randbytes(200))
        assert load_or_refuse(path) is None
