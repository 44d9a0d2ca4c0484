"""What the report of a suite says, and that it says it of these results and no others."""

import json
import re

import pytest

from hil.core.errors import BadInput
from hil.suite.results import PointResult
from hil_reports.formats.findings import findings
from hil_reports.neurons import energy
from hil_reports.published import PUBLISHED
from hil_reports.render import write_suite


@pytest.fixture
def written(made, tmp_path):
    made.write_neurons(tmp_path / "flights/one/run")
    return write_suite(made.suite(made.usual(), recorded=("flights/one/run", "")), tmp_path)


def test_where_the_ann_is_better_than_the_snn_the_report_says_so(made):
    (sentence,) = findings(made.suite(made.usual())).sentences
    assert sentence.startswith("snn against ann-history, 4 conditions: snn is better in 1 (eight: 0.05")
    assert "ann-history in 2 (hover: 0.00" in sentence
    assert sentence.endswith("no clear difference in 1.")


def test_swapped_results_change_the_words_and_the_tables(made, tmp_path):
    rows = made.usual()
    straight, crossed = (write_suite(made.suite(r), tmp_path / n) for n, r in (("a", rows), ("b", made.swapped(rows))))
    (before,), (after,) = straight.sentences, crossed.sentences
    assert "snn is better in 2 (hover" in after
    assert "ann-history in 1 (eight" in after
    assert before != after
    assert straight.headline != crossed.headline
    tables = [file.markdown.read_text().split("### Every condition")[1] for file in (straight, crossed)]
    hover = [re.search(r"\| hover \|.*", table)[0].split(" | ") for table in tables]
    assert hover[0][2:] != hover[1][2:]
    assert [name.startswith("**") for name in hover[0][2:]] == [False, True]
    assert [name.startswith("**") for name in hover[1][2:]] == [True, False]


def test_the_published_figures_stand_beside_ours(written):
    table = written.markdown.read_text().split("### Beside the paper")[1].split("###")[0]
    snn, ann = (line.split(" | ") for line in table.strip().splitlines()[2:4])
    assert (snn[2], snn[4].rstrip(" |")) == ("0.04 m", "0.24 m")
    assert (ann[2], ann[4].rstrip(" |")) == ("0.1 m", "0.21 m")
    assert snn[1].startswith("0.0")
    assert "Ours is simulated, the published figures are of real flights" in table


def test_the_network_without_history_was_not_flyable(made, tmp_path):
    results = made.suite(made.usual(), controllers=("snn", "ann"))
    assert "| not flyable |" in write_suite(results, tmp_path).markdown.read_text()


def test_costs_are_told_with_what_limits_them(written):
    text = written.markdown.read_text()
    # 250 × 0.2 + 126 × 0.3 + 2 × 1.0 spikes of 384 neurons; 250 × 0.2 × 128 + (126 × 0.3 + 2) × 4 accumulations
    assert "| snn (18-256-128-4) | 39,556 | 158.2 kB | 0 | 0.766 | 37.9k | 4.6k | 6.6k | 33.4 nJ | 186 nJ |" in text
    assert "| ann-history (146-64-64-4) | 13,828 | 55.3 kB | 0 | 0 | 13.7k | 13.7k | 0 | – | – |" in text
    assert "| snn, published | – | 158.3 kB | – | 0.79 | 37.9k | 4.6k | 12.2k | 97 nJ | – |" in text
    assert "Energy is estimated, not measured" in text


def test_dead_and_saturated_neurons_are_told_with_their_window(written):
    text = written.markdown.read_text()
    assert "| snn | hover | 1 (256) | 0.195 | 2 % | 0 % | 1,000 |" in text
    assert "| snn | hover | 2 (128) | 0.311 | 0 % | 2 % | 1,000 |" in text
    assert "Window: every step of all flights of the condition" in text


def test_the_page_shows_spikes_and_membranes_of_one_flight(written):
    page = written.html.read_text()
    assert 'class="plot raster"' in page
    assert "Membrane potentials" in page
    assert page.count("<svg") == 4  # conditions, raster, membranes, activity


def test_a_record_that_is_missing_is_bad_input(made, tmp_path):
    with pytest.raises(BadInput, match="missing"):
        write_suite(made.suite(made.usual(), recorded=("flights/none", "")), tmp_path)


def test_the_same_results_give_the_same_bytes(made, tmp_path):
    for name in "ab":
        made.write_neurons(tmp_path / name / "flights/one/run")
        write_suite(made.suite(made.usual(), recorded=("flights/one/run", "")), tmp_path / name)
    for file in ("suite.html", "suite.md", "suite.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_names_cannot_become_markup(made, tmp_path):
    name = "<script>alert(1)</script>"
    files = write_suite(made.suite(made.usual(), controllers=(name, "ann|b")), tmp_path)
    assert "<script>alert" not in files.html.read_text() + files.markdown.read_text()
    assert "ann\\|b" in files.markdown.read_text()


def test_what_broke_is_listed_and_judged_by_nobody(made, tmp_path):
    rows = made.usual()
    rows[0] = (rows[0][0], (PointResult(flights=(), error="it diverged"), rows[0][1][1]))
    files = write_suite(made.suite(rows), tmp_path)
    assert "snn, hover: it diverged" in files.html.read_text()
    assert "- snn, hover: it diverged" in files.markdown.read_text()
    assert "snn against ann-history, 4 conditions: snn is better in 1" in files.sentences[0]
    assert files.sentences[0].endswith("no clear difference in 1; not flown by both in 1 (hover).")
    assert "not flown</td>" in files.html.read_text()
    hover = json.loads(files.json.read_text())["conditions"][0]
    assert hover["pairs"][0]["winner"] == ""


def test_a_sweep_is_drawn_over_its_values(made, tmp_path):
    rows = [
        (made.condition("latency", value=v, axis="latency, s"), (made.flights(0.01 + v, lost=k), made.flights(0.02)))
        for k, v in ((0, 0.0), (0, 0.01), (6, 0.02))
    ]
    page = write_suite(made.suite(rows, networks=(None, None)), tmp_path).html.read_text()
    assert "latency 0.02" in page
    assert "latency, s" in page
    assert "lost 6 of 20" in page


def test_the_json_has_every_number_of_the_page(written):
    data = json.loads(written.json.read_text())
    assert [one["label"] for one in data["conditions"]] == ["hover", "eight", "square", "gust"]
    assert data["networks"][0]["operations"]["dense"] == 37_888
    assert data["sentences"] == list(written.sentences)


def test_too_few_flights_are_told_as_such_and_not_as_alike(made):
    rows = [(c, tuple(PointResult(flights=r.flights[:5], spikes=r.spikes) for r in rs)) for c, rs in made.usual()]
    (sentence,) = findings(made.suite(rows)).sentences
    assert sentence.endswith("no clear difference in none; too few flights to tell in 4.")


def test_the_published_energy_does_not_follow_from_the_formula():
    sparsity = PUBLISHED["snn"].activation_sparsity
    assert energy([1.0 - sparsity] * (256 + 128), 0.0).without_fan_out_j == pytest.approx(33e-9, rel=0.01)
    assert "gives 33 nJ without fan-out" in PUBLISHED["snn"].note
