import json
import shutil

import pytest

from hil.core.errors import BadInput
from hil_reports.gather import gather

EVENT = b'{"t_s": 1.0, "kind": "abort", "text": "left the geofence"}\n'


def edit(path, **changed):
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def measured(run, **changed):
    """One measurement of the verdict, changed."""
    first, *others = json.loads((run / "result.json").read_text())["measurements"]
    edit(run / "result.json", measurements=[first | changed, *others])


def test_repeats_of_one_setup_stand_together_in_order_of_repeat(tmp_path, fly):
    folders = [fly(tmp_path, repeat=repeat) for repeat in (2, 0, 1)]
    (group,) = gather(folders).groups
    assert [flight.result.repeat for flight in group.flights] == [0, 1, 2]


@pytest.mark.parametrize(
    "change", [{"controller": "snn"}, {"target": "pil"}, {"scenario": "step"}, {"simulated": False}]
)
def test_flights_that_differ_in_what_they_are_are_never_averaged(tmp_path, fly, change):
    assert len(gather([fly(tmp_path / "a"), fly(tmp_path / "b", **change)]).groups) == 2


def test_the_order_in_which_folders_are_named_changes_nothing(campaign):
    forward, backward = gather(campaign), gather(campaign[::-1])
    assert [flight.name for flight in forward.flights] == [flight.name for flight in backward.flights]


def test_a_folder_named_twice_counts_once(tmp_path, fly):
    run_dir = fly(tmp_path)
    assert len(gather([run_dir, tmp_path / "." / run_dir.name]).flights) == 1


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda run: (run / "samples.parquet").write_bytes(b"PAR1 no"), "not a log of hil"),
        (lambda run: (run / "samples.parquet").unlink(), "no samples.parquet"),
        (lambda run: (run / "result.json").unlink(), "stopped before it could judge"),
        (lambda run: (run / "result.json").write_text("{"), "result.json: damaged"),
        (lambda run: (run / "result.json").write_text("[]"), "not a JSON object"),
        (lambda run: (run / "result.json").write_text('{"scenario": "hover"}'), "not a verdict"),
        (lambda run: (run / "manifest.json").write_bytes(b"\xff\xfe"), "manifest.json: cannot be read"),
        (lambda run: edit(run / "result.json", measurements=[{"metric": 3}]), "metric must be str, got 3"),
        (lambda run: edit(run / "result.json", measurements=3), "not a verdict"),
        (lambda run: edit(run / "result.json", seed="7"), "seed must be int"),
        (lambda run: measured(run, value="0.02"), "value must be float or null, got '0.02'"),
        (lambda run: measured(run, limit=[0.05]), r"limit must be float or null"),
        (lambda run: measured(run, passed="yes"), "passed must be bool"),
        (lambda run: (run / "events.jsonl").write_bytes(b'{"t_s": "0", "kind": "gap", "text": ""}\n'), "t_s must be"),
        (lambda run: (run / "events.jsonl").write_bytes(b"\xff\xfe\n"), "events.jsonl:1: not an event"),
        (lambda run: (run / "events.jsonl").write_bytes(b"{\n" + EVENT), "events.jsonl:1: not an event"),
        (shutil.rmtree, "no such folder"),
    ],
)
def test_a_damaged_folder_is_listed_with_its_reason_and_the_others_are_read(tmp_path, fly, damage, why):
    good, bad = fly(tmp_path), fly(tmp_path, repeat=1)
    damage(bad)
    data = gather([good, bad])
    assert len(data.flights) == 1
    assert [damaged.name for damaged in data.damaged] == [bad.name]
    assert why in data.damaged[0].why
    assert str(tmp_path) not in data.damaged[0].why


def test_a_manifest_may_be_missing(tmp_path, fly):
    run_dir = fly(tmp_path)
    (run_dir / "manifest.json").unlink()
    assert gather([run_dir]).flights[0].manifest == {}


def test_different_scenario_files_under_one_name_are_noticed(tmp_path, fly):
    folders = [fly(tmp_path), fly(tmp_path, repeat=1)]
    (folders[1] / "scenario.yaml").write_text("version: 1\nname: hover\nduration_s: 9\n")
    assert gather(folders).groups[0].scenario_versions == 2


def test_the_same_simulated_flight_flown_twice_is_noticed(tmp_path, fly):
    twice = [fly(tmp_path), fly(tmp_path, utc="20260401T120500Z")]
    assert gather(twice).groups[0].repeated_seeds == 1


def test_other_seeds_and_real_flights_are_independent_repeats(tmp_path, fly):
    other = [fly(tmp_path), fly(tmp_path, repeat=1)]
    real = [fly(tmp_path, simulated=False, utc=utc) for utc in ("20260402T100000Z", "20260402T100500Z")]
    assert [group.repeated_seeds for group in gather(other + real).groups] == [0, 0]


def test_what_a_newer_verdict_adds_is_ignored(tmp_path, fly):
    run_dir = fly(tmp_path)
    result = json.loads((run_dir / "result.json").read_text())
    (run_dir / "result.json").write_text(json.dumps(result | {"added_later": 1}))
    assert gather([run_dir]).damaged == ()


def test_no_folders_at_all_is_bad_input():
    with pytest.raises(BadInput, match="no run folders"):
        gather([])
