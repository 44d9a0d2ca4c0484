"""Flights with a vehicle on a page: what the error is against, the link, the phases, the battery, the refusals."""

import json

import pytest

from hil.core.errors import BadInput
from hil.core.types import ON_BOARD_ESTIMATE
from hil_reports.gather import gather, read_flight
from hil_reports.link import batteries_apart
from hil_reports.render import write_comparison, write_report

REAL = {
    "target": "crazyflie",
    "controller": "onboard-pid",
    "simulated": False,
    "state_source": ON_BOARD_ESTIMATE,
    "battery_v": 4.12,
}
WARNING = "Error against the on-board estimate: no outside measurement"


def pages(runs, out):
    files = write_report(runs, out)
    return {path.suffix: path.read_text() for path in (files.html, files.markdown, files.json, files.junit)}


def test_a_flight_nobody_measured_says_in_every_format_what_its_error_is_against(tmp_path, fly):
    said = pages([fly(tmp_path, **REAL)], tmp_path / "out")
    assert WARNING in said[".html"]
    assert "error against the on-board estimate" in said[".html"].split("<section")[1]  # in the summary, too
    assert WARNING in said[".md"]
    assert json.loads(said[".json"])["groups"][0]["state_source"] == ON_BOARD_ESTIMATE
    assert '<property name="error_against" value="on-board estimate"' in said[".xml"]


def test_a_flight_with_the_truth_says_nothing_of_the_kind(tmp_path, fly):
    said = pages([fly(tmp_path)], tmp_path / "out")
    assert WARNING not in said[".html"] + said[".md"]
    assert "error_against" not in said[".xml"]


def test_flights_are_not_averaged_over_different_things_that_the_error_is_against(tmp_path, fly):
    runs = [fly(tmp_path, **REAL), fly(tmp_path, **REAL | {"state_source": "truth", "repeat": 1})]
    assert len(gather(runs).groups) == 2


def test_the_link_stands_beside_the_flight(tmp_path, fly):
    page = pages([fly(tmp_path, **REAL)], tmp_path / "out")[".html"]
    table = page.split('<table class="link">')[1].split("</table>")[0]
    for shown in (
        "radio://0/80/2M/E7E7E7E7E7 · cf21 · firmware 2026.08 · lighthouse",
        "7.1 / 12.3 / 41.8 ms",
        "1.3 ms",
        "2 %",
        "12 / 24 / 61 ms",
        "793 of 800",
        "4.12 V → 3.72 V",
    ):
        assert shown in table


def test_what_a_link_did_not_measure_is_a_dash(tmp_path, fly):
    run = fly(tmp_path, **REAL)
    (run / "link.json").write_text('{"uri": "udp://127.0.0.1:19850", "latency_s": null}')
    page = pages([run], tmp_path / "out")[".html"]
    table = page.split('<table class="link">')[1].split("</table>")[0]
    assert "– / – / – ms" in table
    assert "– of –" in table
    assert "– → –" in table


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"latency_s": 3}', '{"jitter_s": "7"}', '{"rows_received": true}', '{"rows_expected": 1e999}']
)
def test_a_damaged_link_file_is_told(tmp_path, fly, text):
    run = fly(tmp_path, **REAL)
    (run / "link.json").write_text(text)
    with pytest.raises(BadInput, match=r"link\.json: damaged"):
        read_flight(run)


def test_phases_stand_in_their_order_with_their_outcomes(tmp_path, fly):
    page = pages([fly(tmp_path, **REAL)], tmp_path / "out")[".html"]
    table = page.split('<table class="phases">')[1].split("</table>")[0]
    assert table.index("<th>preflight</th>") < table.index("<th>take-off</th>") < table.index("<th>land</th>")
    assert "1.00 m after 2.1 s<small>at -5.20 s</small>" in table
    assert "<td>phase</td>" not in page


def test_a_flight_that_was_refused_is_on_the_page_without_figures(tmp_path, fly):
    said = pages([fly(tmp_path, **REAL, refused=True)], tmp_path / "out")
    for text in said.values():
        assert "refused: the vehicle lies on its side (put it upright)" in text
    assert "<figure>" not in said[".html"]
    assert "unreadable" not in said[".html"]


def test_a_refused_flight_leaves_the_figures_of_the_others_alone(tmp_path, fly):
    runs = [fly(tmp_path, **REAL), fly(tmp_path, **REAL, refused=True, repeat=1), fly(tmp_path)]
    assert pages(runs, tmp_path / "out")[".html"].count("<figure>") >= 7


@pytest.mark.parametrize(
    ("volts", "warned"),
    [([], False), ([4.1], False), ([4.1, None], False), ([4.05, 4.15], False), ([4.04, 4.15], True)],
)
def test_batteries_more_than_a_tenth_of_a_volt_apart_are_warned_of(volts, warned):
    assert bool(batteries_apart(volts)) is warned


def test_flights_on_different_batteries_are_warned_of_in_report_and_comparison(tmp_path, fly):
    full, used = fly(tmp_path, **REAL), fly(tmp_path, **REAL | {"battery_v": 3.9, "controller": "onboard-lee"})
    said = pages([full, used], tmp_path / "out")
    assert "3.90 V to 4.12 V" in said[".html"]
    assert "3.90 V to 4.12 V" in said[".md"]
    compared = write_comparison([full], [used], tmp_path / "c")
    for path in (compared.html, compared.markdown, compared.json):
        assert "3.90 V to 4.12 V" in path.read_text()


def test_a_comparison_says_which_side_nobody_measured(tmp_path, fly):
    compared = write_comparison([fly(tmp_path)], [fly(tmp_path, **REAL)], tmp_path / "c")
    assert compared.comparison.mind == ("B is flown as its on-board estimate has it: nobody measured it from outside.",)
