"""`hil study`: a page with its command, going on, and what is told of mistakes."""

import pytest

pytest.importorskip("torch", reason="studies need torch: pip install 'hil-bench[train]'")
pytest.importorskip("numba", reason="studies need numba: pip install 'hil-bench[train]'")

from hil.cli.study import STUDIES
from hil_controllers.training.studies import gradients
from hil_controllers.training.studies.frame import Study


@pytest.fixture
def few_seeds(monkeypatch):
    monkeypatch.setattr(gradients, "SEEDS", {"quick": 100})


def test_a_study_writes_its_page_with_the_command_that_made_it(hil, few_seeds, tmp_path):
    answer = hil("study", "gradients", "--out", "pages", "--work", "cells")
    assert answer.code == 0, answer.err
    page = (tmp_path / "pages" / "gradients.md").read_text()
    assert "hil study gradients --budget quick" in page
    assert "100 networks" in page
    assert sorted(path.name for path in (tmp_path / "cells").iterdir()) == ["seeds-00000.json", "seeds-00050.json"]


def test_a_study_that_is_there_is_not_measured_again(hil, few_seeds, monkeypatch):
    first = hil("study", "gradients", "--out", "pages", "--work", "cells")
    monkeypatch.setattr(gradients.Gradients, "measure", lambda *given: pytest.fail("measured again"))
    again = hil("study", "gradients", "--out", "pages", "--work", "cells")
    assert (first.code, again.code) == (0, 0)
    assert again.out.splitlines() == first.out.splitlines()[-1:]


def test_an_unknown_study_is_one_line_that_names_the_nearest(hil):
    answer = hil("study", "gradient")
    assert answer.code == 2
    assert "gradients" in answer.err.splitlines()[0]


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_can_be_made_and_has_cells_for_both_budgets(name):
    from importlib import import_module

    module, _, kind = STUDIES[name].partition(":")
    study = getattr(import_module(module), kind)()
    assert isinstance(study, Study)
    quick, paper = study.cells("quick"), study.cells("paper")
    assert len(set(quick)) == len(quick) < len(set(paper))
