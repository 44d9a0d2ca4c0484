from dataclasses import replace

import numpy as np
import pytest

from hil.core.errors import BadInput, FlightDataError
from hil.core.types import LEVEL, ZERO3, Sample, Setpoint, Start, State
from hil.flights.reader import read_flight
from hil.log import LogWriter
from hil.references.recorded import Recorded
from hil.targets.replay import Replay

NOWHERE = Start(State((9.0, 9.0, 9.0), ZERO3, LEVEL, ZERO3))


def replayed(flight, run_dir=None):
    """The log of one pass through a recording, told to go somewhere else all the time."""
    with LogWriter(flight.log.info, run_dir) as writer, Replay(flight) as target:
        for event in flight.findings:
            writer.event(event)
        target.reset(NOWHERE, seed=3)
        for _ in target.ticks:
            writer.append(*target.step(Setpoint((9.0, 9.0, 9.0))))
        return writer.log()


@pytest.fixture
def flight(recorded_file):
    return read_flight(recorded_file)


def test_a_replay_is_the_recording_row_by_row(flight):
    assert replayed(flight) == flight.log


def test_two_replays_write_the_same_bytes(flight, tmp_path):
    for name in ("a", "b"):
        replayed(flight, tmp_path / name)
    for file in ("samples.parquet", "events.jsonl"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_run_folder_can_be_replayed_like_its_recording(flight, tmp_path):
    replayed(flight, tmp_path / "run")
    for path in (tmp_path / "run", tmp_path / "run" / "samples.parquet"):
        again = read_flight(path)
        assert again.start == flight.start
        assert again.findings == flight.findings
        assert np.array_equal(again.log.position, flight.log.position)
        assert (again.judge_from_s, again.judge_to_s) == (flight.judge_from_s, flight.judge_to_s)


def test_a_simulated_run_stays_simulated_when_replayed(flight, tmp_path):
    with LogWriter(replace(flight.log.info, simulated=True), tmp_path / "run") as writer:
        for tick in (0, 1):
            writer.append(Sample(tick, tick / 100, Setpoint(ZERO3), NOWHERE.state, None))
    assert read_flight(tmp_path / "run").log.info.simulated


def test_a_run_without_a_row_is_no_flight(flight, tmp_path):
    with LogWriter(flight.log.info, tmp_path / "run"):
        pass
    with pytest.raises(FlightDataError, match="no row"):
        read_flight(tmp_path / "run")


def test_a_folder_that_is_no_run_is_no_flight(tmp_path):
    with pytest.raises(FlightDataError, match="no samples"):
        read_flight(tmp_path)


def test_remaining_counts_down_to_a_clean_end(flight):
    target = Replay(flight)
    assert target.remaining == len(flight.log) == len(target.ticks)
    for _ in target.ticks:
        target.step(Setpoint(ZERO3))
    assert target.remaining == 0
    with pytest.raises(FlightDataError, match="over after 1900 rows"):
        target.step(Setpoint(ZERO3))


def test_reset_goes_back_to_the_first_row(flight):
    target = Replay(flight)
    first = target.step(Setpoint(ZERO3))
    target.reset(NOWHERE, seed=0)
    assert str(target.step(Setpoint(ZERO3))) == str(first)  # text, because nan != nan


def test_a_replayed_set_point_is_position_only(flight):
    (sample,) = Replay(flight).step(Setpoint(ZERO3, ZERO3))
    assert sample.setpoint.velocity is None
    assert sample.setpoint.acceleration is None


def test_the_recorded_reference_holds_each_set_point_until_the_next(flight, recorded_file):
    reference = Recorded(kind="recorded", flight=str(recorded_file)).reference(NOWHERE)
    task = (flight.log["tick"] >= 0) & (flight.log["t_s"] <= flight.task_duration_s)
    for tick, wanted in zip(flight.log["tick"][task], flight.log.reference[task], strict=True):
        assert reference.at(tick / 100).position == tuple(wanted)
        assert reference.at(tick / 100 + 0.0099).position == tuple(wanted)


def test_the_recorded_reference_gives_nothing_to_feed_forward(recorded_file):
    setpoint = Recorded(kind="recorded", flight=str(recorded_file)).reference(NOWHERE).at(1.0)
    assert (setpoint.velocity, setpoint.acceleration, setpoint.yaw_rate) == (None, None, 0.0)
    assert setpoint.yaw == pytest.approx(np.pi / 2)


def test_the_recorded_reference_ends_before_the_landing(flight, recorded_file):
    reference = Recorded(kind="recorded", flight=str(recorded_file)).reference(NOWHERE)
    assert reference.at(1e6) == reference.at(flight.task_duration_s)
    assert reference.at(1e6).position[2] == 1.0


def test_the_recorded_reference_brings_its_judged_window(flight, recorded_file):
    reference = Recorded(kind="recorded", flight=str(recorded_file)).reference(NOWHERE)
    assert (reference.judge_from_s, reference.judge_to_s) == (flight.judge_from_s, flight.judge_to_s)
    assert not reference.must_be_feasible


def test_a_hole_in_the_recording_holds_the_set_point_before_it(made_up, tmp_path):
    recording = made_up()
    recording.drop = list(range(900, 910))
    path = recording.write(tmp_path / "hole.csv")
    flight = read_flight(path)
    reference = Recorded(kind="recorded", flight=str(path)).reference(NOWHERE)
    before = int(np.argmax(np.diff(flight.log["tick"]) > 1))
    assert reference.at(flight.log["t_s"][before] + 0.08).position == tuple(flight.log.reference[before])


def test_a_recorded_task_without_a_recording_says_how_to_give_one():
    with pytest.raises(BadInput, match="needs a recorded flight") as caught:
        Recorded(kind="recorded").reference(NOWHERE)
    assert "--flight" in caught.value.hint


def test_a_recording_is_found_beside_the_scenario(recorded_file):
    task = Recorded.model_validate(
        {"kind": "recorded", "flight": recorded_file.name}, context={"folder": recorded_file.parent}
    )
    assert task.recording().name == recorded_file.name


def test_a_recording_that_is_not_there_is_refused_when_the_scenario_is_read(tmp_path):
    with pytest.raises(ValueError, match="no such recording"):
        Recorded.model_validate({"kind": "recorded", "flight": "nowhere.csv"}, context={"folder": tmp_path})
