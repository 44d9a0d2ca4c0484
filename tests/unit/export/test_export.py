import csv
import importlib.util
import json
import math
import sys
from dataclasses import replace

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil.core.frames import quat_from_euler
from hil.core.types import Command, Sample, Setpoint, State
from hil.export import to_csv, to_mcap, to_tum, write
from hil.log import COLUMNS, Event, Log, row


def _samples():
    for tick in range(-5, 20):
        t_s = tick / 100
        quat = quat_from_euler(0.1, 0.2, 0.3 + t_s)
        state = State((1 / 3, t_s, math.pi), (0.1, 0.2, 0.3), quat, (0.0, 0.1, 0.2))
        yield Sample(
            tick, t_s, Setpoint((0.0, t_s, 1.0), yaw=math.pi / 2), state, Command((0.1, 0.2, 0.3, 0.4)), None, 3.7
        )


@pytest.fixture
def log(info):
    info = replace(info, planned_duration_s=0.2, judge_from_s=0.0, judge_to_s=0.2)
    return Log.from_rows(info, [row(sample) for sample in _samples()], [Event(0.1, "gap", "3 rows missing")])


def test_csv_keeps_every_column_and_every_digit(log, tmp_path):
    to_csv(log, tmp_path / "flight.csv")
    with (tmp_path / "flight.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    for name in COLUMNS:
        read = np.array([float(r[name]) if r[name] else math.nan for r in rows])
        assert np.array_equal(read, log[name], equal_nan=True), name


def test_tum_truth_is_the_logged_pose_with_every_digit(log, tmp_path):
    to_tum(log, tmp_path / "truth.tum")
    read = np.loadtxt(tmp_path / "truth.tum")
    assert np.array_equal(read, np.column_stack([log["t_s"], log.position, log.attitude]))


def test_tum_reference_is_level_and_turned_by_its_yaw(log, tmp_path):
    to_tum(log, tmp_path / "reference.tum", "reference")
    read = np.loadtxt(tmp_path / "reference.tum")
    assert np.array_equal(read[:, 1:4], log.reference)
    assert read[0, 4:] == pytest.approx(quat_from_euler(0.0, 0.0, math.pi / 2))


def test_tum_leaves_out_rows_without_a_pose(log, tmp_path):
    x = log["position_x_m"].copy()
    x[3] = math.nan
    to_tum(log.with_columns(position_x_m=x), tmp_path / "truth.tum")
    assert len(np.loadtxt(tmp_path / "truth.tum")) == len(log) - 1


def test_tum_of_an_estimate_that_was_not_recorded_is_bad_input(log, tmp_path):
    with pytest.raises(BadInput, match="no estimate to export"):
        to_tum(log, tmp_path / "estimate.tum", "estimate")


def test_tum_is_read_by_evo(log, tmp_path):
    file_interface = pytest.importorskip("evo.tools.file_interface")
    to_tum(log, tmp_path / "truth.tum")
    trajectory = file_interface.read_tum_trajectory_file(tmp_path / "truth.tum")
    assert np.array_equal(trajectory.positions_xyz, log.position)
    assert trajectory.check()[0]


def messages(path):
    """(topic, log time in ns, message) of everything in an MCAP file."""
    reader = pytest.importorskip("mcap.reader")
    with path.open("rb") as file:
        return [
            (channel.topic, message.log_time, json.loads(message.data))
            for _, channel, message in reader.make_reader(file).iter_messages()
        ]


def test_mcap_gives_back_what_was_logged(log, tmp_path):
    to_mcap(log, tmp_path / "flight.mcap")
    poses = [m for topic, _, m in messages(tmp_path / "flight.mcap") if topic == "/pose"]
    assert [p["y"] for p in poses] == log["position_y_m"].tolist()
    assert [p["t_s"] for p in poses] == log["t_s"].tolist()


def test_mcap_times_follow_the_flight_from_its_first_row(log, tmp_path):
    to_mcap(log, tmp_path / "flight.mcap")
    times = [t for topic, t, _ in messages(tmp_path / "flight.mcap") if topic == "/motors"]
    assert times == [k * 10_000_000 for k in range(len(log))]


def test_mcap_has_the_events_and_nothing_that_was_not_recorded(log, tmp_path):
    to_mcap(log, tmp_path / "flight.mcap")
    found = messages(tmp_path / "flight.mcap")
    assert [m for topic, _, m in found if topic == "/events"] == [{"t_s": 0.1, "kind": "gap", "text": "3 rows missing"}]
    assert "/estimate" not in {topic for topic, _, _ in found}


def test_mcap_channels_describe_their_messages(log, tmp_path):
    reader = pytest.importorskip("mcap.reader")
    to_mcap(log, tmp_path / "flight.mcap")
    with (tmp_path / "flight.mcap").open("rb") as file:
        summary = reader.make_reader(file).get_summary()
    for channel in summary.channels.values():
        schema = json.loads(summary.schemas[channel.schema_id].data)
        assert channel.message_encoding == "json"
        assert schema["type"] == "object"


def test_the_same_log_gives_the_same_mcap_bytes(log, tmp_path):
    pytest.importorskip("mcap")
    for name in ("a", "b"):
        to_mcap(log, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_without_the_mcap_package_the_hint_says_how_to_get_it(log, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcap.writer", None)
    with pytest.raises(BadInput) as caught:
        to_mcap(log, tmp_path / "flight.mcap")
    assert caught.value.hint == "pip install 'hil-bench[mcap]'"
    assert not (tmp_path / "flight.mcap").exists()


@pytest.mark.parametrize(("to", "name"), [("csv", "flight.csv"), ("tum", "truth.tum"), ("mcap", "flight.mcap")])
def test_a_run_is_exported_into_its_own_folder(log, tmp_path, to, name):
    if to == "mcap" and importlib.util.find_spec("mcap") is None:
        pytest.skip("needs the package mcap")
    assert write(log, tmp_path, to) == tmp_path / name
    assert (tmp_path / name).stat().st_size > 0


def test_a_recording_is_exported_beside_itself_and_never_over_itself(log, tmp_path):
    recording = tmp_path / "circle.csv"
    recording.write_text("precious")
    assert write(log, recording, "csv") == tmp_path / "circle.flight.csv"
    with pytest.raises(BadInput, match="is the flight itself"):
        write(log, recording, "csv", recording)
    assert recording.read_text() == "precious"


def test_an_unknown_format_or_trajectory_is_bad_input(log, tmp_path):
    with pytest.raises(BadInput, match="did you mean 'csv'"):
        write(log, tmp_path, "cvs")
    with pytest.raises(BadInput, match="did you mean 'truth'"):
        write(log, tmp_path, "tum", which="trut")


RUN_FILES = ("samples.parquet", "samples.part", "events.jsonl", "scenario.yaml", "manifest.json", "result.json")


@pytest.mark.parametrize("name", RUN_FILES)
@pytest.mark.parametrize("there", [True, False])
def test_no_file_of_a_run_folder_is_written_over(log, tmp_path, name, there):
    for run in ("flown", "another"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "manifest.json").write_text("{}")
    for run in ("flown", "another"):
        path = tmp_path / run / name
        if there:
            path.write_text("precious")
        with pytest.raises(BadInput, match=r"is the flight itself|is part of a run folder"):
            write(log, tmp_path / "flown", "csv", path)
        assert not there or path.read_text() == "precious"


def test_nor_is_it_through_a_link(log, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "samples.parquet").write_text("precious")
    (tmp_path / "link.csv").symlink_to(tmp_path / "run" / "samples.parquet")
    with pytest.raises(BadInput, match="is the flight itself"):
        write(log, tmp_path / "run", "csv", tmp_path / "link.csv")
    assert (tmp_path / "run" / "samples.parquet").read_text() == "precious"


def test_an_earlier_export_is_written_over(log, tmp_path):
    (tmp_path / "samples.parquet").write_text("precious")
    (tmp_path / "flight.csv").write_text("old")
    write(log, tmp_path, "csv")
    assert (tmp_path / "flight.csv").read_text() != "old"


@pytest.mark.parametrize("name", ["x" * 300, "file/below"])
def test_a_name_no_file_can_have_is_bad_input(log, tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        write(log, tmp_path, "csv", tmp_path / name)


def test_a_folder_that_is_not_there_is_bad_input(log, tmp_path):
    with pytest.raises(BadInput, match="cannot be written"):
        write(log, tmp_path, "csv", tmp_path / "nowhere" / "flight.csv")
