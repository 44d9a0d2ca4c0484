"""Studies: the published cosines come out, what was measured is kept, and pages say what did not hold."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hil.core.errors import BadInput
from hil_controllers.training.rollouts import Rollouts
from hil_controllers.training.sequence_policy import actions_over
from hil_controllers.training.studies import guides, returns, trials
from hil_controllers.training.studies.claims import FAILS, HOLDS, OPEN, Claim, alike, fewer, judged, more
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
    [("{", "damaged"), ('{"hil": "0.0.0", "result": {}}', "measured by hil 0.0.0"), ("{}", "damaged")],
)
def test_a_cell_that_cannot_be_used_is_one_line(tmp_path, content, words):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(BadInput, match=words):
        measured(Counting(), "quick", tmp_path, listen=heard)


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
    monkeypatch.setattr(returns, "GUIDE_TESTS", 3)


@pytest.mark.parametrize(("study", "variants"), [(Methods(), 10), (Ablation(), 8), (Slopes(), 10)])
def test_a_study_trains_every_variant_from_one_guide_and_tests_it_alone(tiny, tmp_path, monkeypatch, study, variants):
    flown = []
    fly = Rollouts.fly
    monkeypatch.setattr(Rollouts, "fly", lambda *given, **how: (flown.append(how), fly(*given, **how))[1])
    found = measured(study, "quick", tmp_path, listen=heard)
    trained = [f"{name}-s0" for name in study.variants]
    assert list(found) == [*study.guides, *trained]
    assert len(study.variants) == variants
    assert all(len(found[cell]["return"]) == len(found[cell]["updates"]) == 2 for cell in trained)
    tests = 2 * len(trained) + returns.GUIDE_TESTS * len(study.guides)
    assert sum(how == {} for how in flown) == tests, "no guide, no noise"
    behind = [how for how in flown if "led" in how and np.array_equal(how["led"], np.full(32, 50)) and len(how) == 2]
    assert len(behind) == tests, "and the same starts behind the guide"
    page = study.page(found, "quick")
    assert all(f"\n| `{name}` | " in page for name in [*study.guides, *study.variants])
    assert sum(word in line for line in page.splitlines() for word in (HOLDS, OPEN, FAILS)) == len(study.claims)
    pictures = study.pictures(found)
    assert all(f"({file})" in page for file in pictures)
    assert sum(one.count("<polyline") for one in pictures.values()) == sum(map(len, study.charts.values()))


def test_a_weak_guide_is_stopped_at_the_first_test_it_flies_for_half_the_time(tmp_path, monkeypatch):
    lengths = iter([100.0, 249.0, 250.0, 400.0])
    monkeypatch.setattr(guides, "UPDATES", {guides.WEAK: 30})
    monkeypatch.setattr(guides, "_LOOK", 3)
    monkeypatch.setattr(guides, "_TD3", guides._TD3 | {"vehicles": 16, "batch": 8})
    monkeypatch.setattr(trials, "tested", lambda *given, **how: (0.0, next(lengths) if not how else 0.0))
    made = []
    network_of = guides.network_of
    monkeypatch.setattr(guides, "network_of", lambda *given: (made.append(given), network_of(*given))[1])
    guides.train_guide(guides.WEAK, tmp_path)
    assert next(lengths) == 400.0, "the third test was the last"
    assert len(made) == 1
    assert (tmp_path / "guide-weak.safetensors").exists()
    guides.train_guide(guides.WEAK, tmp_path)
    assert len(made) == 1, "what is there is not trained again"


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
    ("judge", "word"),
    [
        (more("high", ["low"]), HOLDS),
        (more("low", ["high"]), FAILS),
        (more("high", ["low", "wide"]), OPEN),
        (more("wide", ["low", "high"]), FAILS),
        (more("high", ["high"]), FAILS),
        (fewer("low", ["high"]), HOLDS),
        (fewer("high", ["low"]), FAILS),
        (fewer("low", ["wide"]), OPEN),
        (fewer("low", ["never"]), HOLDS),
        (fewer("never", ["never"]), FAILS),
        (fewer("once", ["never"]), FAILS),
        (alike(["high", "high"], 0.05), HOLDS),
        (alike(["high", "low"], 0.05), FAILS),
        (alike(["never", "never"], 0.05), FAILS),
    ],
)
def test_a_claim_holds_only_where_the_seeds_say_so(judge, word):
    assert judge(SEEDS)[0] == word


def test_losses_are_not_alike_however_near():
    assert alike(["a", "b"], 0.05)({"a": np.array([-50.0]), "b": np.array([-50.0])})[0] == FAILS


def test_a_judged_claim_shows_its_figures():
    row = judged([Claim("high wins", "return", more("high", ["never"]))], {"return": SEEDS}).splitlines()[-1]
    assert row == f"| high wins | {FAILS} | `high` 310 (300 to 320); `never` never (never to never) | return |"


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
        if cell.endswith("-s0"):
            training = study.training(cell, budget, tmp_path)
            assert training.updates % returns.SIZES[budget]["tests"] == 0


def test_a_return_is_the_sum_of_strict_rewards_until_the_end(tmp_path):
    steps = np.array([3, 1])
    flown = SimpleNamespace(costs=np.zeros((2, 5, 4), np.float32), steps=steps)
    total, length = trials.tested(SimpleNamespace(fly=lambda pilot, **how: flown), None)
    assert (total, length) == (2.0, 2.0)
    flown.costs[0, 0, 0] = 1.0  # a metre off, once, costs 3.5
    assert trials.tested(SimpleNamespace(fly=lambda pilot, **how: flown), None)[0] == pytest.approx(2.0 - 3.5 / 2)
