import json
import math
import signal
import subprocess
import sys

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil.core.types import Sample, Setpoint
from hil.log import COLUMNS, Event, Log, LogWriter, row, to_sample

FLY_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from hil.core.types import LEVEL, ZERO3, Sample, Setpoint, State
from hil.log import Event, LogInfo, LogWriter

info = LogInfo(scenario="s", task="hold", target="sim", controller="c", controller_family="f", vehicle="v",
    simulated=True, seed=0, repeat=0, rate_hz=100.0, planned_duration_s=60.0, judge_from_s=0.0, judge_to_s=60.0)
with LogWriter(info, Path(sys.argv[1])) as writer:
    writer.event(Event(0.0, "fault", "told before the end"))
    for tick in range(6000):
        writer.append(Sample(tick, tick / 100, Setpoint(ZERO3), State(ZERO3, ZERO3, LEVEL, ZERO3), None))
        print(tick, flush=True)
        time.sleep(0.01)
"""


def test_a_killed_flight_loses_at_most_a_tenth_of_a_second(tmp_path):
    flying = subprocess.Popen(
        [sys.executable, "-c", FLY_UNTIL_KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert flying.stdout is not None
    last = next(int(line) for line in flying.stdout if int(line) >= 57)
    flying.send_signal(signal.SIGKILL)
    flying.wait()
    log = Log.open(tmp_path)
    assert len(log) >= last + 1 - 10
    assert np.array_equal(log["tick"], np.arange(len(log)))
    assert [event.kind for event in log.events] == ["fault"]


@pytest.fixture
def write(info, sample, tmp_path):
    """Write a run folder of 30 rows and an event; its path."""

    def write(name="run"):
        with LogWriter(info, tmp_path / name) as writer:
            for tick in range(30):
                writer.append(sample(tick))
            writer.event(Event(0.1, "fault", "µ, “quotes” and\nlines"))
        return tmp_path / name

    return write


@pytest.fixture
def unfinished(info, sample, tmp_path):
    """A run folder whose bench died: samples.part only."""
    writer = LogWriter(info, tmp_path / "dead")
    writer.__enter__()
    for tick in range(30):
        writer.append(sample(tick))
    return tmp_path / "dead"


def test_a_log_read_back_is_the_log_written(write, info, sample):
    log = Log.open(write())
    assert log == Log.from_rows(info, [row(sample(tick)) for tick in range(30)], log.events)
    assert log.events == (Event(0.1, "fault", "µ, “quotes” and\nlines"),)


def test_the_same_flight_gives_the_same_bytes(write):
    a, b = write("a"), write("b")
    assert (a / "samples.parquet").read_bytes() == (b / "samples.parquet").read_bytes()


def test_a_finished_flight_leaves_no_partial_file(write):
    assert sorted(path.name for path in write().iterdir()) == ["events.jsonl", "samples.parquet"]


def test_a_change_of_one_bit_makes_a_log_different(write):
    log = Log.open(write())
    nudged = log["position_x_m"].copy()
    nudged[3] = np.nextafter(nudged[3], 1)
    assert log.with_columns(position_x_m=nudged) != log


def test_timing_does_not_make_a_log_different(write):
    log = Log.open(write())
    assert log.with_columns(compute_s=log["compute_s"] + 1) == log


def test_not_a_number_survives_the_disk(info, sample, tmp_path):
    with LogWriter(info, tmp_path) as writer:
        writer.append(sample(0)._replace(command=None, estimate=None, battery_v=None))
    log = Log.open(tmp_path)
    for name in ("motor_1_fraction", "estimate_quat_w", "battery_v", "setpoint_velocity_x_m_s"):
        assert np.isnan(log[name][0]), name


def test_an_unfinished_log_can_be_read(unfinished):
    assert np.array_equal(Log.open(unfinished)["tick"], np.arange(30))


def test_a_row_cut_in_the_middle_is_left_out(unfinished):
    part = unfinished / "samples.part"
    part.write_bytes(part.read_bytes()[:-5])
    assert len(Log.open(unfinished)) == 29


@pytest.mark.parametrize(
    "header",
    [b"", b"\xff\xfe", b"{", b"[]", b"{}", b'{"columns": 3, "info": {}}', b'{"columns": ["tick"], "info": {}}'],
)
def test_a_damaged_header_is_bad_input(unfinished, header):
    part = unfinished / "samples.part"
    part.write_bytes(header + b"\n" + part.read_bytes().partition(b"\n")[2])
    with pytest.raises(BadInput, match=r"samples\.part"):
        Log.open(unfinished)


def test_info_of_another_version_is_bad_input(unfinished):
    part = unfinished / "samples.part"
    head, _, body = part.read_bytes().partition(b"\n")
    header = json.loads(head)
    header["info"]["colour"] = "red"
    part.write_bytes(json.dumps(header).encode() + b"\n" + body)
    with pytest.raises(BadInput, match="not a log of this version"):
        Log.open(unfinished)


def test_a_damaged_parquet_is_bad_input(write):
    run = write()
    (run / "samples.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(BadInput, match="not a log of hil"):
        Log.open(run)


def test_a_parquet_of_somebody_else_is_bad_input(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"x": [1.0]}), tmp_path / "samples.parquet")
    with pytest.raises(BadInput, match="not a log of hil"):
        Log.open(tmp_path)


def test_an_empty_folder_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match=r"no samples\.parquet"):
        Log.open(tmp_path)


def test_an_event_cut_in_the_middle_is_left_out(write):
    run = write()
    with (run / "events.jsonl").open("a") as file:
        file.write('{"t_s": 0.2, "ki')
    assert len(Log.open(run).events) == 1


EVENT = b'{"t_s": 0.2, "kind": "abort", "text": "left the geofence"}\n'


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b"",
        b"\xff\xfe",
        b"[]",
        b"3",
        b'{"t_s": "soon", "kind": "gap", "text": ""}',
        b'{"t_s": 1, "kind": 3, "text": ""}',
        b'{"t_s": 1, "kind": "gap"}',
        b'{"t_s": 1, "kind": "gap", "text": "", "more": 1}',
        b"[" * 100_000,
    ],
)
def test_a_bad_line_before_the_last_never_hides_an_abort_behind_it(write, bad):
    run = write()
    (run / "events.jsonl").write_bytes(EVENT + bad + b"\n" + EVENT)
    with pytest.raises(BadInput, match=r"events\.jsonl:2: not an event"):
        Log.open(run)


def test_an_event_that_lacks_only_its_newline_counts(write):
    run = write()
    (run / "events.jsonl").write_bytes(EVENT + EVENT.rstrip())
    assert [event.kind for event in Log.open(run).events] == ["abort", "abort"]


def test_an_event_cut_inside_a_character_is_left_out(write):
    run = write()
    (run / "events.jsonl").write_bytes(EVENT + b'{"t_s": 0.2, "kind": "\xc3')
    assert len(Log.open(run).events) == 1


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"seed": "7"}, "seed must be int"),
        ({"rate_hz": None}, "rate_hz must be float"),
        ({"rate_hz": 0}, "rate_hz must be above 0"),
        ({"simulated": 1}, "simulated must be bool"),
        ({"judge_to_s": 10**400}, "judge_to_s is out of range"),
    ],
)
def test_info_of_the_wrong_type_is_bad_input(unfinished, wrong, what):
    part = unfinished / "samples.part"
    head, _, body = part.read_bytes().partition(b"\n")
    header = json.loads(head)
    part.write_bytes(json.dumps(header | {"info": header["info"] | wrong}).encode() + b"\n" + body)
    with pytest.raises(BadInput, match=what):
        Log.open(unfinished)


def test_a_row_becomes_the_sample_it_came_from(sample):
    assert to_sample(row(sample(12))) == sample(12)


def test_what_a_sample_does_not_have_it_does_not_get_back(sample):
    bare = Sample(3, 0.03, Setpoint((1.0, 2.0, 3.0)), sample(3).state, None)
    assert to_sample(row(bare)) == bare


def test_a_rows_unknown_values_stay_unknown(sample):
    values = list(row(sample(0)))
    values[COLUMNS.index("position_y_m")] = math.nan
    assert math.isnan(to_sample(values).state.position[1])


def test_columns_cannot_be_changed_in_place(write):
    with pytest.raises(ValueError, match="read-only"):
        Log.open(write())["t_s"][0] = 1.0


def test_the_judged_window_includes_both_ends(write):
    log = Log.open(write()).with_info(judge_from_s=0.1, judge_to_s=0.2)
    assert log["tick"][log.judged()].tolist() == list(range(10, 21))
