"""Studies: the published cosines come out, what was measured is kept, and pages say what did not hold."""

import json

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil_controllers.training.studies.frame import Study, measured
from hil_controllers.training.studies.gradients import PUBLISHED, DeepNet, Gradients, cosine


@pytest.fixture(scope="module")
def blocks():
    """What four blocks of networks give."""
    study = Gradients()
    return {cell: study.measure(cell, "quick") for cell in study.cells("quick")[:4]}


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

    title = "counting"

    def __init__(self, interrupted=False):
        self.asked, self.interrupted = [], interrupted

    def cells(self, budget):
        return ["a", "b", "c"]

    def measure(self, cell, budget):
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
