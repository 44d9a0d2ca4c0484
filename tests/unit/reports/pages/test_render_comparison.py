import json

import pytest

from hil.core.errors import BadInput
from hil_reports.render import write_comparison


@pytest.fixture
def parted(tmp_path, fly):
    calm = fly(tmp_path / "a", wander_m=0.001)
    gone = fly(tmp_path / "b", wander_m=0.001, abort_at_s=6.0)
    return write_comparison([calm], [gone], tmp_path / "out")


def test_the_page_leads_with_when_and_in_what_they_part_first(parted):
    first = parted.comparison.divergences[0]
    page = parted.html.read_text()
    headline = page.split("<h1>")[1].split("</h1>")[0]
    assert headline.startswith(f"They part first in {first.signal} at {first.t_s:.2f} s")
    assert 5.0 <= first.t_s <= 6.0


def test_every_format_gives_the_same_answer(parted):
    answer = json.loads(parted.json.read_text())["answer"]
    assert answer in parted.markdown.read_text()
    assert answer in parted.html.read_text()


def test_the_reason_for_a_shortened_comparison_is_given(parted):
    assert "only up to" in parted.html.read_text()


def test_a_flight_compared_with_itself_does_not_part(tmp_path, fly):
    run = fly(tmp_path)
    assert "the same to the bit" in write_comparison([run], [run], tmp_path / "out").html.read_text()


@pytest.mark.parametrize("out", ["file", "/dev/null/x", "/proc/x"])
def test_a_comparison_into_a_folder_that_cannot_be_is_bad_input(tmp_path, fly, out):
    run = fly(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be a folder"):
        write_comparison([run], [run], tmp_path / out)


def test_damaged_events_are_bad_input_of_a_comparison(tmp_path, fly):
    run = fly(tmp_path)
    (run / "events.jsonl").write_bytes(b"\xff\n")
    with pytest.raises(BadInput, match=r"events\.jsonl:1"):
        write_comparison([run], [run], tmp_path / "out")


def test_metrics_over_different_spans_are_named_in_every_format(parted):
    for path in (parted.html, parted.markdown):
        assert "Not compared, because A and B give them over different spans of time: " in path.read_text()
    (tilt,) = (m for m in json.loads(parted.json.read_text())["not_compared"] if m["metric"] == "tilt_max_rad")
    assert tilt["b_span_s"] == [0.0, 6.0]


def test_flights_of_two_scenarios_cannot_be_compared(tmp_path, fly):
    with pytest.raises(BadInput, match="scenario"):
        write_comparison([fly(tmp_path)], [fly(tmp_path, scenario="step")], tmp_path / "out")


def test_hostile_names_cannot_become_markup_in_a_comparison(tmp_path, fly):
    a, b = fly(tmp_path, scenario="<script>x</script>"), fly(tmp_path, scenario="<script>x</script>", repeat=1)
    files = write_comparison([a], [b], tmp_path / "out")
    assert files.html.read_text().count("<script") == 1
    assert "<script" not in files.markdown.read_text()
