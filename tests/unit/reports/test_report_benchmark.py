"""`hil bench report` measures what `hil report` does, over flights of its own that are gone afterwards."""

import json
import tempfile
from functools import partial

import pytest
from typer.testing import CliRunner

from hil.cli.main import app
from hil.core.errors import BadInput
from hil_reports import render

JUDGE, HTML, TEXTS, ALL = "read and judge", "HTML page", "Markdown, JSON, JUnit", "hil report"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What `hil bench report --json` printed of ten short flights, and the folder of all that it left behind."""
    for name in ("matplotlib", "jinja2", "scipy"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    from hil import report_benchmark

    folder = tmp_path_factory.mktemp("left")
    with pytest.MonkeyPatch.context() as patch:
        short = partial(report_benchmark.measured_report, duration_s=0.5)
        patch.setattr(report_benchmark, "measured_report", short)
        patch.setattr(tempfile, "tempdir", str(folder))
        patch.chdir(folder)
        done = CliRunner().invoke(app, ["bench", "report", "--flights", "10", "--json"])
    assert done.exit_code == 0
    return json.loads(done.stdout), folder


@pytest.mark.slow
def test_the_json_has_two_sizes_ratios_and_the_machine(measured):
    result, _ = measured
    assert {"cpu", "vectors", "cores", "python", "load_1_min", "matplotlib"} <= result["environment"].keys()
    speeds = result["speeds"]
    assert [(s["what"], s["flights"]) for s in speeds] == [(w, n) for n in (1, 10) for w in (JUDGE, HTML, TEXTS, ALL)]
    for speed in speeds:
        assert speed["flight_ms"] == pytest.approx(1e3 * speed["seconds"] / speed["flights"])
        flying_s = result["flying_s"] * speed["flights"]
        assert speed["ratio_to_flying"] == pytest.approx(flying_s / speed["seconds"])


@pytest.mark.slow
def test_it_leaves_nothing_behind(measured):
    _, folder = measured
    assert list(folder.iterdir()) == []


def test_without_the_extra_it_says_what_to_install_before_anything_flies(monkeypatch):
    monkeypatch.setattr(render, "find_spec", lambda name: None)
    monkeypatch.setattr(tempfile, "tempdir", "no such folder")
    done = CliRunner().invoke(app, ["bench", "report"])
    assert isinstance(done.exception, BadInput)
    assert done.exception.exit_code == 2
    assert done.exception.message == "a report needs jinja2, matplotlib, scipy"
    assert "hil-bench[report]" in done.exception.hint
