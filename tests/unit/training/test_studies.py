"""Studies: the published cosines come out, what was measured is kept, and pages say what did not hold."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hil import __version__
from hil.core.errors import BadInput
from hil_controllers.training.rollouts import Rollouts
from hil_controllers.training.sequence_policy import actions_over
from hil_controllers.training.studies import guides, returns, trials
from hil_controllers.training.studies.claims import FAILS, HOLDS, OPEN, UNTESTED, alike, fewer, judged, more
from hil_controllers.training.studies.drawing import curves
from hil_controllers.training.studies.frame import Study, measured
from hil_controllers.training.studies.gradients import PUBLISHED, DeepNet, Gradients, cosine
from hil_controllers.training.studies.methods import Ablation, Methods
from hil_controllers.training.studies.slopes import Slopes


@pytest.fixture(scope="module")
def blocks():
    """What four blocks of networks give."""
    study = Gradients()
    return {cell: study.measure(cell, "quick", Path()) for cell in study.cells("quick")[:4]}


def means(blocks):
    return np.nanmean(np.concatenate([np.array(one["cosines"]) for one in blocks.values()]), axis=0)


def test_the_published_cosines_of_the_gradient_come_out(blocks):
    found = means(blocks)
    for layer, published in PUBLISHED.items():
        assert found[:4, layer] == pytest.approx(published, abs=0.08)


def test_the_page_says_that_the_claim_holds(blocks):
    assert "the claim holds" in Gradients().page(blocks, "quick")


def test_the_page_says_so_when_cosines_are_not_the_published_ones(blocks):
    wrong = {"cosines": (np.array(next(iter(blocks.values()))["cosines"]) * 0.2).tolist()}
    mutated = {cell: one | wrong for cell, one in blocks.items()}
    page = Gradients().page(mutated, "quick")
    assert "the claim holds" not in page
    assert "of 12 published cosines" in page


def test_a_gradient_has_a_cosine_of_1_to_itself_and_none_to_zero():
    gradient = DeepNet(0).gradients(10.0)[0]
    assert cosine(gradient, gradient) == pytest.approx(1.0)
    assert np.isnan(cosine(gradient, 0.0 * gradient))


def test_a_steep_surrogate_starves_the_first_layer():
    net = DeepNet(1)
    ratios = [float(one[0].abs().mean() / one[-1].abs().mean()) for one in map(net.gradients, (1.0, 100.0))]
    assert ratios[1] < 1e-3 * ratios[0]


class Counting(Study):
    """Measures how often it was asked."""

    title = kept_in = "counting"

    def __init__(self, interrupted=False):
        self.asked, self.interrupted = [], interrupted

    def cells(self, budget):
        return ["a", "b", "c"]

    def prepare(self, budget, folder):
        pass

    def measure(self, cell, budget, folder):
        self.asked.append(cell)
        if cell == "c" and self.interrupted:
            self.interrupted = False
            raise KeyboardInterrupt
        return {"cell": cell}

    def page(self, found, budget):
        return ""


def heard(*words):
    pass


def test_a_study_that_was_stopped_goes_on_with_what_is_missing(tmp_path):
    study = Counting(interrupted=True)
    with pytest.raises(KeyboardInterrupt):
        measured(study, "quick", tmp_path, listen=heard)
    found = measured(study, "quick", tmp_path, listen=heard)
    assert study.asked == ["a", "b", "c", "c"]
    assert list(found) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "damaged"),
        ("{}", "damaged"),
        ('{"hil": "0.0.0", "told": "", "result": {}}', "measured by hil 0.0.0"),
        (json.dumps({"hil": __version__, "told": "otherwise", "result": {}}), "another plan or budget"),
    ],
)
def test_a_cell_that_cannot_be_used_is_one_line(tmp_path, content, words):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(BadInput, match=words):
        measured(Counting(), "quick", tmp_path, listen=heard)


def test_cells_of_one_budget_are_not_taken_for_another_s(tmp_path):
    study, told = Counting(), {"quick": "a few", "paper": "many"}
    study.told = lambda cell, budget: told[budget]
    measured(study, "quick", tmp_path, listen=heard)
    with pytest.raises(BadInput, match="another plan or budget"):
        measured(study, "paper", tmp_path, listen=heard)


@pytest.mark.parametrize("study", [Methods(), Slopes()])
def test_what_a_cell_is_told_goes_with_its_budget_and_its_guide(study, monkeypatch):
    cell = next(cell for cell in study.cells("quick") if cell.startswith("bc"))
    before = study.told(cell, "quick")
    assert study.told(cell, "paper") != before
    monkeypatch.setattr(guides, "UPDATES", {guides.GOOD: 7, guides.WEAK: 7})
    assert study.told(cell, "quick") != before


def test_on_a_gpu_all_learn_there_but_those_that_cannot_and_a_cell_is_the_same():
    study = Methods()
    assert "device: cuda" in study._config("td3-s0", "paper", on_gpu=True)
    assert "device" not in study._config("apg-s0", "paper", on_gpu=True)
    assert "device" not in study.told("td3-s0", "paper")


def test_what_is_kept_is_what_was_measured(tmp_path):
    measured(Counting(), "quick", tmp_path, listen=heard)
    assert json.loads((tmp_path / "b.json").read_text())["result"] == {"cell": "b"}


TINY = {"hidden": [16, 8], "seeds": 1, "updates": 4, "tests": 2, "critics": {}}
TINY["replaying"] = {"vehicles": 16, "batch": 4}


@pytest.fixture
def tiny(monkeypatch):
    """As if the budget were a few updates."""
    monkeypatch.setitem(returns.SIZES, "quick", TINY)
    monkeypatch.setattr(guides, "UPDATES", {guides.GOOD: 2, guides.WEAK: 2})
    monkeypatch.setattr(guides, "_LOOK", 1)
    monkeypatch.setattr(guides, "_ENOUGH", 0.0)
    monkeypatch.setattr(returns, "GUIDE_TESTS", 3)


@pytest.mark.parametrize(("study", "variants"), [(Methods(), 13), (Ablation(), 8), (Slopes(), 10)])
def test_every_variant_is_trained_and_tested_alone_and_behind_its_guide(tiny, tmp_path, monkeypatch, study, variants):
    flown = []
    fly = Rollouts.fly
    monkeypatch.setattr(Rollouts, "fly", lambda *given, **how: (flown.append(how), fly(*given, **how))[1])
    found = measured(study, "quick", tmp_path, listen=heard)
    trained = [f"{name}-s0" for name in study.variants]
    assert list(found) == [*study.guides, *trained]
    assert len(study.variants) == variants
    assert all(len(found[cell]["return"]) == len(found[cell]["updates"]) == 2 for cell in trained)
    tests = 2 * len(trained) + returns.GUIDE_TESTS * len(study.guides)
    stopped = study.guides.count(guides.WEAK)  # one test, which stops it
    assert sum(how == {} for how in flown) == tests + stopped, "no guide, no noise"
    behind = [how for how in flown if "led" in how and np.array_equal(how["led"], np.full(32, 50)) and len(how) == 2]
    assert len(behind) == tests, "and the same starts behind the guide"
    page = study.page(found, "quick")
    assert all(f"\n| `{name}` | " in page for name in [*study.guides, *study.variants])
    verdicts = [line.count("**") // 2 for line in page.splitlines() if line.startswith("| ") and "**" in line]
    assert verdicts == [1 if claim.figure == returns.LENGTH else 2 for claim in (*study.claims, *study.further[1])]
    pictures = study.pictures(found)
    assert all(f"({file})" in page for file in pictures)
    assert sum(one.count("<polyline") for one in pictures.values()) == sum(map(len, study.charts.values()))


def test_a_weak_guide_is_stopped_at_the_first_test_it_flies_for_half_the_time(tmp_path, monkeypatch):
    lengths = iter([100.0, 249.0, 250.0, 400.0])
    monkeypatch.setattr(guides, "UPDATES", {guides.WEAK: 30})
    monkeypatch.setattr(guides, "_LOOK", 3)
    monkeypatch.setattr(guides, "_TD3", guides._TD3 | {"vehicles": 16, "batch": 8})
    monkeypatch.setattr(guides, "tested", lambda tests, pilot: (0.0, next(lengths)))
    guides.train_guide(guides.WEAK, tmp_path)
    assert next(lengths) == 400.0, "the third test was the last"
    made = (tmp_path / "guide-weak.safetensors").read_bytes()
    guides.train_guide(guides.WEAK, tmp_path)
    assert (tmp_path / "guide-weak.safetensors").read_bytes() == made, "what is there is not trained again"
    monkeypatch.setattr(guides, "UPDATES", {guides.WEAK: 4})
    monkeypatch.setattr(guides, "tested", lambda tests, pilot: (0.0, 249.0))
    with pytest.raises(BadInput, match="did not learn to stay in the air in 4 updates"):
        guides.train_guide(guides.WEAK, tmp_path)
    assert not (tmp_path / "guide-weak.safetensors").exists(), "and one of another config is none"


def test_studies_that_share_a_folder_mean_the_same_by_the_same_name():
    shared = Methods.variants.keys() & Ablation.variants.keys()
    assert Methods.kept_in == Ablation.kept_in
    assert {"td3bc_jsrl", "td3bc", "td3"} <= shared
    assert all(Methods.variants[name] == Ablation.variants[name] for name in shared)


SEEDS = {
    "high": np.array([300.0, 310.0, 320.0]),
    "low": np.array([10.0, 20.0, 30.0]),
    "wide": np.array([15.0, 250.0, 315.0]),
    "once": np.array([np.inf, 40.0, np.inf]),
    "never": np.full(3, np.inf),
}


@pytest.mark.parametrize(
    ("claimed", "word"),
    [
        ((more, "high", ["low"]), HOLDS),
        ((more, "low", ["high"]), FAILS),
        ((more, "high", ["low", "wide"]), OPEN),
        ((more, "wide", ["low", "high"]), FAILS),
        ((more, "high", ["high"]), OPEN),
        ((fewer, "low", ["high"]), HOLDS),
        ((fewer, "high", ["low"]), FAILS),
        ((fewer, "low", ["wide"]), OPEN),
        ((fewer, "low", ["never"]), HOLDS),
        ((fewer, "never", ["low"]), FAILS),
        ((fewer, "never", ["never"]), UNTESTED),
        ((fewer, "once", ["never"]), UNTESTED),
    ],
)
def test_an_order_holds_only_where_every_seed_says_so(claimed, word):
    order, one, others = claimed
    assert order("", "return", one, others).judge(SEEDS) == word


@pytest.mark.parametrize(
    ("variants", "word"),
    [
        ({"a": [300.0, 310.0], "b": [305.0, 306.0]}, HOLDS),
        ({"a": [300.0, 310.0, 320.0], "b": [100.0, 310.0, 420.0]}, OPEN),
        ({"a": [300.0, 310.0], "b": [100.0, 110.0]}, FAILS),
        ({"a": [12.0, 12.0], "b": [12.0, 12.0]}, UNTESTED),
        ({"a": [-50.0], "b": [-50.0]}, UNTESTED),
    ],
)
def test_variants_are_alike_only_where_they_got_somewhere(variants, word):
    claim = alike("", "return", ["a", "b"], within=0.05, least=100.0)
    assert claim.judge({name: np.array(seeds) for name, seeds in variants.items()}) == word


def test_a_judged_claim_shows_its_figures_in_every_view_that_has_them():
    claim = more("high wins", "return", "high", ["low"])
    table = judged([claim], {"alone": {"return": SEEDS}, "behind": {}}).splitlines()
    assert table[0] == "| claimed | alone | behind |"
    assert table[-1] == f"| high wins | {HOLDS}: `high` 310 (300 to 320); `low` 20 (10 to 30) |  |"


def test_passes_hold_an_observation_and_leave_no_memory(learner):
    one = learner("td3")
    one.policy.passes = 4
    shown = torch.randn(3, 5, 18)
    together = actions_over(one.policy, shown, shown[..., :0])
    for t in range(3):
        assert together[t].equal(actions_over(one.policy, shown[t : t + 1], shown[:1, :, :0])[0])
    pilot = one.pilot(5)
    first, again = pilot.act(shown[0].numpy()), pilot.act(shown[0].numpy())
    assert np.array_equal(first, again)
    one.policy.passes = 0
    other = one.pilot(5)
    other.begin()
    assert not np.array_equal(other.act(shown[0].numpy()), other.act(shown[0].numpy())), "with memory it is another"


@pytest.mark.parametrize("budget", ["quick", "paper"])
@pytest.mark.parametrize("study", [Methods(), Ablation(), Slopes()])
def test_every_cell_is_a_training_that_can_be_read(study, budget, tmp_path):
    for cell in study.cells(budget):
        if cell.endswith("-s0"):  # their guides need not be there
            training, _ = trials.training_in(tmp_path, cell, study._config(cell, budget))
            assert training.updates % returns.SIZES[budget]["tests"] == 0


def test_a_return_is_the_sum_of_strict_rewards_until_the_end(tmp_path):
    steps = np.array([3, 1])
    flown = SimpleNamespace(costs=np.zeros((2, 5, 4), np.float32), steps=steps)
    total, length = trials.tested(SimpleNamespace(fly=lambda pilot, **how: flown), None)
    assert (total, length) == (2.0, 2.0)
    flown.costs[0, 0, 0] = 1.0  # a metre off, once, costs 3.5
    assert trials.tested(SimpleNamespace(fly=lambda pilot, **how: flown), None)[0] == pytest.approx(2.0 - 3.5 / 2)


def test_a_chart_has_round_numbers_at_its_axes_and_every_name_beside_it():
    x = np.array([200.0, 2400.0, 4800.0])
    series = {f"variant-{k}": (x, np.array([[-82.0, 100.0, 300.0 + k], [-70.0, 90.0, 357.0]])) for k in range(8)}
    chart = curves(series, x_name="updates", y_name="return")
    numbers = [float(text) for text in re.findall(r">(-?[0-9.]+)</text>", chart)]
    assert numbers == [0, 100, 200, 300, 0, 1000, 2000, 3000, 4000]
    assert all(f">{name}</text>" in chart for name in series)
    assert chart.count("stroke-dasharray") == 2, "the eighth is told from the first, in curve and legend"
