import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from hil.cli.show import run_table
from hil.core.errors import BadInput
from hil.core.outcome import Measurement, Outcome, RunResult
from hil.log import LogWriter
from hil.run_folder import (
    RunFolder,
    create,
    expand_runs,
    list_runs,
    read_result,
    run_folder_name,
    write_manifest,
    write_result,
)

UTC_NOW = datetime(2026, 5, 4, 12, 30, 15, tzinfo=UTC)


def name(scenario="hover", *, utc=UTC_NOW, repeat=0, repeats=1):
    return run_folder_name(utc, scenario, "sim", "pid", 7, repeat, repeats)


def a_result(**changed):
    measured = Measurement("position_error_xy_mean_m", 0.021, "m", 0.05, True, rationale="½ of the diagonal")
    values = {
        "scenario": "hover",
        "target": "sim",
        "controller": "pid",
        "seed": 7,
        "repeat": 0,
        "outcome": Outcome.PASS,
        "reason": "",
        "measurements": (measured,),
    }
    return RunResult(**(values | changed))


def a_run(root, info, sample, **changed):
    """A judged run folder."""
    result = a_result(**changed)
    folder = create(root, UTC_NOW, info, repeats=1)
    with LogWriter(info, folder) as writer:
        writer.append(sample(0))
    write_result(folder, result)
    return folder


def test_a_run_folder_is_named_after_what_was_flown():
    assert name() == "20260504T123015Z-hover-sim-pid-s7"


def test_repeats_are_told_apart_by_their_number():
    assert name(repeat=3, repeats=20) == "20260504T123015Z-hover-sim-pid-s7-3"


def test_the_time_in_the_name_is_utc_wherever_it_was_flown():
    assert name(utc=UTC_NOW.astimezone(timezone(timedelta(hours=9)))) == name()


def test_a_name_can_never_leave_its_folder():
    assert name("../up and\naway") == "20260504T123015Z-.._up_and_away-sim-pid-s7"


def test_a_run_folder_is_never_used_twice(tmp_path, info):
    folders = [create(tmp_path, UTC_NOW, info, repeats=1) for _ in range(3)]
    assert [folder.name.removeprefix(name()) for folder in folders] == ["", ".2", ".3"]


def test_a_root_that_is_a_file_is_bad_input(tmp_path, info):
    (tmp_path / "runs").write_text("")
    with pytest.raises(BadInput, match="cannot make a run folder"):
        create(tmp_path / "runs", UTC_NOW, info, repeats=1)


def test_a_verdict_reads_back_as_written(tmp_path):
    write_result(tmp_path, a_result())
    assert read_result(tmp_path) == a_result(run_dir=tmp_path)


def test_the_same_verdict_gives_the_same_bytes_with_a_final_newline(tmp_path):
    texts = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_result(tmp_path / name, a_result())
        texts.append((tmp_path / name / "result.json").read_bytes())
    assert texts[0] == texts[1]
    assert texts[0].endswith(b"}\n")
    assert list(json.loads(texts[0])) == sorted(json.loads(texts[0]))


def test_writing_leaves_no_other_file(tmp_path):
    write_manifest(tmp_path, {"seed": 7})
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"scenario": 1}'])
def test_a_damaged_verdict_is_bad_input(tmp_path, text):
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(BadInput, match=r"result\.json"):
        read_result(tmp_path)


def test_runs_are_listed_by_name_and_filtered(tmp_path, info, sample):
    a_run(tmp_path, info, sample)
    a_run(tmp_path, info, sample, outcome=Outcome.FAIL, reason="too far")
    a_run(tmp_path, info, sample, controller="geometric")
    assert [run.outcome for run in list_runs(tmp_path)] == ["PASS", "FAIL", "PASS"]
    assert [run.reason for run in list_runs(tmp_path, outcome="fail")] == ["too far"]
    assert len(list_runs(tmp_path, scenario="hover", target="sim", controller="pid")) == 2
    assert list_runs(tmp_path, scenario="circle") == []


def test_a_damaged_run_is_listed_as_damaged(tmp_path, info, sample):
    folder = a_run(tmp_path, info, sample)
    (folder / "result.json").write_text("{")
    (run,) = list_runs(tmp_path)
    assert run.outcome == "DAMAGED"
    assert run.reason.startswith("result.json: damaged")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda run: (run / "samples.parquet").unlink(), "no samples.parquet and no samples.part"),
        (lambda run: cut(run / "samples.parquet"), "samples.parquet: not a log of hil"),
        (lambda run: (run / "events.jsonl").write_bytes(b"\xff\n"), "events.jsonl:1: not an event"),
    ],
)
def test_a_verdict_without_its_flight_is_listed_as_damaged(tmp_path, info, sample, damage, reason):
    folder = a_run(tmp_path, info, sample)
    assert [run.outcome for run in list_runs(tmp_path)] == ["PASS"]
    damage(folder)
    (run,) = list_runs(tmp_path)
    assert run.outcome == "DAMAGED"
    assert run.reason.startswith(reason)


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def test_a_flight_without_rows_is_listed_as_damaged(tmp_path, info):
    folder = create(tmp_path, UTC_NOW, info, repeats=1)
    with LogWriter(info, folder):
        pass
    write_result(folder, a_result())
    (run,) = list_runs(tmp_path)
    assert (run.outcome, run.reason) == ("DAMAGED", "the log has no samples")


def test_an_unknown_outcome_is_bad_input_that_names_the_nearest(tmp_path):
    with pytest.raises(BadInput, match=r"unknown outcome 'ABORT'; did you mean 'ABORTED'\?"):
        list_runs(tmp_path, outcome="abort")
    with pytest.raises(BadInput, match=r"unknown outcome 'BOGUS' \(known: ABORTED, DAMAGED"):
        list_runs(tmp_path, outcome="bogus")


def test_into_a_pipe_every_run_is_one_line(tmp_path, info, sample, capsys):
    folder = a_run(tmp_path, info, sample, outcome=Outcome.FAIL, reason=f"too far [/x]\n{'x' * 200}")
    run_table(list_runs(tmp_path))
    (line,) = capsys.readouterr().out.splitlines()
    assert line == f"{folder.name}  FAIL      too far [/x] {'x' * 200}"


@pytest.mark.parametrize("name", ["x" * 300, "file", "nowhere"])
def test_a_path_that_is_no_folder_is_bad_input(tmp_path, name):
    (tmp_path / "file").write_text("")
    for read in (list_runs, lambda path: expand_runs([path])):
        with pytest.raises(BadInput, match="no such folder"):
            read(tmp_path / name)


def test_a_run_that_was_never_judged_is_listed_as_unjudged(tmp_path, info, sample):
    folder = a_run(tmp_path, info, sample)
    (folder / "result.json").unlink()
    (run,) = list_runs(tmp_path)
    assert (run.outcome, run.scenario) == ("UNJUDGED", "hover")


def test_other_folders_and_files_are_not_runs(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes.txt").write_text("")
    assert list_runs(tmp_path) == []


def test_a_run_folder_gives_its_parts_and_says_what_is_missing(tmp_path, info, sample):
    run = RunFolder(a_run(tmp_path, info, sample))
    assert len(run.log()) == 1
    assert run.result().outcome is Outcome.PASS
    with pytest.raises(BadInput, match=r"manifest\.json: missing"):
        run.manifest()


def test_a_folder_of_runs_stands_for_its_runs_each_once(tmp_path, info, sample):
    runs = [a_run(tmp_path, info, sample) for _ in range(2)]
    assert expand_runs([runs[1], tmp_path]) == [runs[1], runs[0]]


def test_a_folder_without_runs_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="neither a run folder"):
        expand_runs([tmp_path])
