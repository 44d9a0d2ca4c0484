"""What a report shows of a flight on a chip, beside its tracking error."""

import json

import pytest

from hil.core.errors import BadInput
from hil_reports.chip import read_chip
from hil_reports.gather import gather
from hil_reports.render import write_report

TOLD = {
    "uri": "qemu:",
    "network": "e7" * 32,
    "chip": {
        "cpu_id": "0x410fc240",
        "clock_source": "icount",
        "clock_hz": None,
        "flash_bytes": 166_176,
        "ram_bytes": 3680,
        "stack_bytes": 8192,
        "stack_used_bytes": 900,
        "state_bytes": 2412,
    },
    "cost": {
        "unit": "instructions",
        "golden_steps": 256,
        "observation": {"mean": 511.0, "most": 511},
        "network": {"mean": 40547.0055, "most": 45542},
        "worst": 46053,
    },
    "link": {},
    "steps": {},
}


@pytest.fixture
def on_chip(tmp_path, fly):
    """`on_chip(**cost)`: a run folder with a pil.json, some of its costs changed."""

    def made(**cost):
        run = fly(tmp_path / "runs", target="pil", controller="snn")
        (run / "pil.json").write_text(json.dumps(TOLD | {"cost": TOLD["cost"] | cost}))
        return run

    return made


def test_the_page_has_costs_and_memory_beside_the_tracking_error(tmp_path, on_chip):
    page = write_report([on_chip()], tmp_path / "out").html.read_text()
    for text in ("40,547 / 45,542", "46,053", "166.2 kB", "3.7 kB", "0.9 kB of 8.2 kB", "256 golden steps replayed"):
        assert text in page
    assert page.index("position error") < page.index("on the chip")


def test_instructions_are_labelled_and_never_called_time(tmp_path, on_chip):
    page = write_report([on_chip()], tmp_path / "out").html.read_text()
    assert "instructions a step" in page
    assert "They are not time" in page


def test_a_chip_on_which_nothing_counts_has_dashes_and_no_instructions(tmp_path, on_chip):
    run = on_chip(unit=None, observation=None, network=None, worst=None)
    page = write_report([run], tmp_path / "out").html.read_text()
    assert "nothing counts there" in page
    assert "They are not time" not in page


def test_json_has_them_too(tmp_path, on_chip):
    told = json.loads(write_report([on_chip()], tmp_path / "out").json.read_text())
    (run,) = told["groups"][0]["runs"]
    assert run["chip"]["network"] == {"mean": 40547.0055, "most": 45542.0}
    assert run["chip"]["stack_used_bytes"] == 900


def test_a_flight_without_a_chip_has_no_such_table(tmp_path, fly):
    run = fly(tmp_path / "runs")
    assert read_chip(run) is None
    assert "on the chip" not in write_report([run], tmp_path / "out").html.read_text()


@pytest.mark.parametrize("text", ["", "[]", '{"uri": "qemu:"}', '{"uri": 1, "chip": 2, "cost": 3}', "\xff"])
def test_a_damaged_file_is_a_damaged_folder_not_a_traceback(tmp_path, on_chip, text):
    run = on_chip()
    (run / "pil.json").write_text(text, encoding="latin-1")
    with pytest.raises(BadInput, match=r"pil\.json: damaged"):
        read_chip(run)
    assert [damaged.name for damaged in gather([run]).damaged] == [run.name]
