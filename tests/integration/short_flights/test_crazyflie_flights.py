"""The target `crazyflie` with the unmodified cflib on a virtual vehicle, in lock-step: from connecting to the floor.

What the vehicle truly did is asked over its control socket; the log is what the bench makes of it.
"""

import socket
import sys
import threading
import time
from functools import partial

import numpy as np
import pytest

pytest.importorskip("cflib", reason="cflib is not installed: pip install 'hil-bench[crazyflie]'")

from hil.core.breach import Reaction
from hil.core.errors import BadInput, Refused, TargetUnavailable
from hil.core.vehicle_status import Info
from hil.log import LogWriter
from hil.runner import run
from hil.targets.crazyflie.emergency import emergency_stop
from hil.virtual_crazyflie.process import VirtualProcess

from .flying import fly, opened, prepared, short


@pytest.fixture
def scenario(tmp_path):
    return partial(short, tmp_path, height_m=0.4, hold_m=0.4)


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """A flight on which everything went well, looked at by many."""
    folder = tmp_path_factory.mktemp("flown")
    return fly(prepared(short(folder, height_m=0.4)), folder)


def test_it_goes_through_every_phase_and_tells_of_each(flown):
    phases = [text.partition(":")[0] for text in flown.texts("phase")]
    assert phases == ["preflight", "arm", "take-off", "go-to-start", "settle", "task", "land", "disarm"]
    assert flown.log.aborted is None


def test_it_ends_on_the_floor_with_its_motors_off_and_not_locked(flown):
    assert flown.end.motors_off
    assert flown.end.on_ground
    assert Info.LOCKED not in Info(flown.end.supervisor)


def test_every_tick_of_the_task_has_its_row_and_take_off_lies_before_it(flown):
    ticks = flown.log["tick"]
    assert set(range(100)) <= set(ticks.tolist())
    assert ticks[0] < -500
    assert np.array_equal(flown.log["t_s"], ticks / 100)
    assert (np.diff(ticks) > 0).all()


def test_rows_hold_the_truth_and_beside_it_what_the_vehicle_thought(flown):
    judged = flown.log.judged()
    thought = flown.log.stack(*(f"estimate_position_{axis}_m" for axis in "xyz"))[judged]
    apart_m = np.linalg.norm(thought - flown.log.position[judged], axis=1)
    assert 0.001 < apart_m.mean() < 0.08
    assert np.isfinite(flown.log.motors[judged]).all()


def test_a_row_pairs_the_state_with_the_set_point_of_its_own_tick(flown):
    t_s, told = flown.log["t_s"], flown.log.reference
    assert told[t_s >= 0][:100] == pytest.approx(np.tile((0.2, 0.0, 0.4), (100, 1)))
    climbing = (t_s > t_s[0] + 1) & (t_s < t_s[0] + 1.5)
    assert (np.diff(told[climbing, 2]) > 0).all()


def test_phases_before_the_task_have_times_before_it(flown):
    times = {event.text.partition(":")[0]: event.t_s for event in flown.log.events if event.kind == "phase"}
    assert times["preflight"] <= times["arm"] < times["take-off"] < times["go-to-start"] < times["settle"] < 0.0
    assert 0.9 < times["task"] <= 1.0 < times["land"] <= times["disarm"]


def test_what_is_kept_of_the_link_is_measured(flown):
    facts = flown.facts
    assert facts["platform"] == "Crazyflie 2.1"
    assert facts["loss_share"] == 0.0
    assert facts["rows_received"] == facts["rows_expected"] == len(flown.log)
    assert facts["battery_start_v"] == pytest.approx(4.15, abs=0.05)
    assert facts["supervisor_words"][0] == "0x20e"


@pytest.mark.parametrize("setpoints", ["stream", "onboard"])
def test_an_eight_is_flown_with_set_points_sent_or_uploaded(scenario, tmp_path, setpoints):
    eight = "{kind: figure_eight, scale_m: 0.5, period_s: 8, ramp_s: 1, center_m: [0.2, 0, 0.4]}"
    flown = fly(prepared(scenario(eight, duration_s=5.0), onboard="lee", setpoints=setpoints), tmp_path)
    assert flown.log.aborted is None
    judged = flown.log.judged()
    assert np.linalg.norm(flown.log.position - flown.log.reference, axis=1)[judged].mean() < 0.08
    assert np.ptp(flown.log.position[judged, 0]) > 0.7


def test_the_same_flight_twice_is_the_same(scenario, tmp_path):
    first, second = (fly(prepared(scenario()), tmp_path / name) for name in ("first", "second"))
    assert first.log == second.log


def test_a_controller_that_the_vehicle_does_not_have_is_refused(scenario, tmp_path):
    flown = fly(prepared(scenario(), onboard="mellinger"), tmp_path)
    assert "no controller mellinger: asked for slot 2, it keeps pid" in flown.log.aborted.text
    assert flown.end.motors_off
    assert flown.end.on_ground


def test_an_estimate_that_settles_in_time_is_waited_for(scenario, tmp_path):
    flown = fly(prepared(scenario(faults="{kind: pose_dropout, in_phase: preflight, for_s: 3}")), tmp_path)
    assert flown.log.aborted is None


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ("{kind: battery, volts: 3.5, in_phase: preflight}", "battery at 3.5"),
        ("{kind: link_loss, share: 0.4, in_phase: preflight}", "the link loses"),
        ("{kind: link_delay, added_s: 0.15, in_phase: preflight}", "latency is 300 ms"),
        ("{kind: pose_dropout, in_phase: preflight}", "own doubt"),
    ],
)
def test_what_is_wrong_on_the_floor_keeps_it_there(scenario, tmp_path, faults, words):
    flown = fly(prepared(scenario(faults=faults)), tmp_path)
    assert words in flown.log.aborted.text
    assert flown.end.motors_off
    assert flown.end.on_ground
    assert Info.LOCKED not in Info(flown.end.supervisor)


@pytest.mark.thorough  # the fault matrix breaks the same, and always runs a part of it
@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ("{kind: link_blackout, at_s: 0.3}", "nothing heard for 0.5"),
        ("{kind: link_refused, at_s: 0.3}", "the link broke: "),
        ("{kind: reset, at_s: 0.3}", "nothing heard for 0.5"),
        ("{kind: battery, volts: 3.3, at_s: 0.1}", "battery at 3."),
        ("{kind: tumble, at_s: 0.2}", "tilted"),
        ("{kind: link_blackout, in_phase: take-off, at_s: 0.5}", "nothing heard for 0.5"),
        ("{kind: link_blackout, in_phase: land, at_s: 0.5}", "nothing heard for 0.5"),
    ],
)
def test_what_breaks_in_the_air_ends_the_flight_on_the_floor_with_motors_off(scenario, tmp_path, faults, words):
    flown = fly(prepared(scenario(faults=faults, duration_s=3.0)), tmp_path)
    assert words in flown.log.aborted.text
    assert flown.end.motors_off
    assert flown.end.on_ground


def test_a_link_that_loses_one_packet_in_twenty_is_good_enough(scenario, tmp_path):
    flown = fly(prepared(scenario(faults="{kind: link_loss, share: 0.05, in_phase: preflight}")), tmp_path)
    assert flown.log.aborted is None
    assert flown.facts["loss_share"] > 0.0
    assert flown.facts["rows_received"] < flown.facts["rows_expected"]
    assert flown.end.motors_off


def test_a_vehicle_that_has_to_be_armed_is_armed_and_disarmed(scenario, tmp_path):
    process = VirtualProcess(vehicle="cf21-identified", arming="manual", lock_step=True)
    flown = fly(prepared(scenario(), process=process), tmp_path)
    assert flown.log.aborted is None
    assert any(text.startswith("arm: armed within") for text in flown.texts("phase"))
    assert "disarm: disarmed" in flown.texts("phase")
    assert Info.ARMED not in Info(flown.end.supervisor)


def test_a_take_off_that_the_vehicle_refuses_is_told_and_leaves_it_ready(scenario, tmp_path, monkeypatch):
    monkeypatch.setattr("hil.targets.crazyflie.ascent.arm", lambda session: None)
    process = VirtualProcess(vehicle="cf21-identified", arming="manual", lock_step=True)
    flown = fly(prepared(scenario(), process=process), tmp_path)
    assert "take-off refused: the vehicle is not armed" in flown.log.aborted.text
    assert flown.end.on_ground
    assert flown.end.motors_off
    assert Info.LOCKED not in Info(flown.end.supervisor)


def test_a_task_that_begins_on_the_floor_begins_there(scenario, tmp_path):
    up = "{kind: waypoints, points_m: [[0.2, 0, 0.5]], leg_s: 2.5}"
    flown = fly(prepared(scenario(up, duration_s=4.0, height_m=0.0)), tmp_path)
    assert flown.log.aborted is None
    t_s, height_m = flown.log["t_s"], flown.log.position[:, 2]
    assert height_m[t_s < 0].max() < 0.02
    assert height_m[(t_s > 3.5) & (t_s < 4)].mean() == pytest.approx(0.5, abs=0.15)


def test_stop_in_the_air_stops_the_motors_and_may_be_repeated(scenario, tmp_path):
    made = prepared(scenario())
    with opened(made, tmp_path):
        made.target.reset(made.plan.start, seed=1)
        for _ in made.target.approach():
            pass
        client = made.target._rig.client
        assert not client.state().motors_off
        made.target.stop()
        made.target.stop()
        client.advance(client.state().now_ms + 20)
        assert client.state().motors_off
        assert made.target.alarm().reaction is Reaction.STOP


def test_stop_gets_through_where_the_connection_broke(scenario, tmp_path):
    made = prepared(scenario(faults="{kind: link_refused, at_s: 0.02, for_s: 0.3}"))
    with opened(made, tmp_path):
        made.target.reset(made.plan.start, seed=1)
        for _ in made.target.approach():
            pass
        client, step_s = made.target._rig.client, 0.01
        for _ in range(20):
            made.target.step(made.plan.reference.at(0.0))
            made.target.wait_until(made.target.now_s() + step_s)
        assert made.target.alarm().reason.startswith("the link broke")
        client.advance(client.state().now_ms + 300)  # the port is open again
        assert not client.state().motors_off
        made.target.stop()
        client.advance(client.state().now_ms + 20)
        assert client.state().motors_off


def test_stop_on_the_floor_leaves_the_vehicle_ready(scenario, tmp_path):
    made = prepared(scenario())
    with opened(made, tmp_path):
        made.target.reset(made.plan.start, seed=1)
        made.target.stop()
        client = made.target._rig.client
        client.advance(client.state().now_ms + 20)
        assert Info.LOCKED not in Info(client.state().supervisor)


def test_no_thread_is_left_behind(scenario, tmp_path):
    before = set(threading.enumerate())
    made = prepared(scenario())
    with made.target:
        pass
    made.target.close()
    left = {thread for thread in threading.enumerate() if thread not in before}
    for thread in left:
        thread.join(5.0)
    assert not [thread for thread in left if thread.is_alive()]


def test_a_trajectory_that_does_not_fit_is_told_before_anything_is_touched(scenario):
    jump = "{kind: step, offset_m: [0.5, 0, 0], at_s: 0.7}"
    with pytest.raises(BadInput, match="1 cm allowed") as caught:
        prepared(scenario(jump, duration_s=3.0), setpoints="onboard")
    assert caught.value.hint == "--setpoints stream"


def test_a_real_vehicle_is_not_opened_until_somebody_confirmed_it(scenario):
    made = prepared(scenario(), uri="udp://127.0.0.1:9")
    assert not made.simulated
    with pytest.raises(Refused, match="propellers would turn"):
        made.target.open()


def test_a_real_vehicle_does_not_break_on_command(scenario):
    with pytest.raises(BadInput, match="does not break on command"):
        prepared(scenario(faults="{kind: reset}"), uri="udp://127.0.0.1:9")


def test_where_nobody_is_it_is_told_at_once(scenario):
    made = prepared(scenario(), uri="udp://127.0.0.1:9", confirmed=True)
    with pytest.raises(TargetUnavailable, match="Connection refused") as caught:
        made.target.open()
    assert "--uri virtual" in caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("share", [pytest.param(0.01, marks=pytest.mark.thorough), 0.05])
def test_a_link_that_loses_packets_connects_all_the_same(scenario, share):
    process = VirtualProcess(vehicle="cf21-identified", lock_step=True, faults=[f"link_loss:share={share}"])
    made = prepared(scenario(), process=process)
    with made.target:
        assert made.target._session.link.cf.is_connected()
        assert made.target._session.link.facts()["packets_sent_again_to_connect"] > 0


def test_a_link_that_loses_one_packet_in_five_connects_or_is_given_up_in_time(scenario):
    process = VirtualProcess(vehicle="cf21-identified", lock_step=True, faults=["link_loss:share=0.2"])
    made = prepared(scenario(), process=process)
    told = None
    try:
        made.target.open()
    except TargetUnavailable as problem:
        told = problem.message
    finally:
        made.target.close()
    assert told is None or "within 30 s" in told


def test_a_link_on_which_nobody_answers_is_given_up_in_time(scenario):
    process = VirtualProcess(vehicle="cf21-identified", lock_step=True, faults=["link_blackout"])
    made = prepared(scenario(), process=process)
    with pytest.raises(TargetUnavailable, match="no answer within 10 s"):
        made.target.open()


@pytest.mark.thorough  # test_vehicle_by_hand flies one twice
def test_a_virtual_vehicle_that_somebody_runs_is_flown_by_the_wall_clock_and_its_truth_is_known(scenario, tmp_path):
    with VirtualProcess(vehicle="cf21-identified", lock_step=False, speed=1.0) as process:
        made = prepared(scenario(safety="{log_age_s: 5}"), uri=process.uri)  # of a machine that may stall
        assert made.simulated
        with LogWriter(made.plan.info(made.target, simulated=True)) as writer, made.target:
            log = run(made.plan, made.target, clock=made.pace, writer=writer)
        assert log.aborted is None
        assert process.client.state().motors_off
        assert process.client.state().booted == 2  # or it would lock itself, now that nobody is there any more
        judged = log.judged()
        assert not np.array_equal(log.position[judged, 0], log["estimate_position_x_m"][judged])


def _comes_true(what, within_s=20.0):
    deadline_s = time.monotonic() + within_s
    while not what():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.05)
    return True


def test_emergency_stop_stops_a_vehicle_that_no_bench_flies():
    with VirtualProcess(vehicle="cf21-identified", lock_step=False) as process:
        told = emergency_stop(process.uri)
        assert told.startswith(process.uri)
        assert Info.LOCKED in Info(process.client.state().supervisor)


def test_emergency_stop_that_nobody_confirms_says_so():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(TargetUnavailable, match="sent the emergency stop, and nothing answers"):
            emergency_stop(f"udp://127.0.0.1:{deaf.getsockname()[1]}", within_s=0.3)


def test_without_cflib_it_is_told_how_to_install_it(scenario, monkeypatch):
    monkeypatch.setitem(sys.modules, "cflib", None)
    made = prepared(scenario(), uri="udp://127.0.0.1:9", confirmed=True)
    with pytest.raises(TargetUnavailable, match="cflib is not installed") as caught:
        made.target.open()
    assert caught.value.hint == "pip install 'hil-bench[crazyflie]'"
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("variable", [pytest.param("stateEstimateZ.quat", marks=pytest.mark.thorough), "motor.m1"])
def test_firmware_that_does_not_log_what_is_needed_is_told_by_name(scenario, tmp_path, variable):
    made = prepared(scenario())
    with made.target:
        table = made.target._session.link.cf.log.toc.toc
        group, name = variable.split(".")
        del table[group][name]
        with pytest.raises(TargetUnavailable, match=variable) as caught:
            made.target.reset(made.plan.start, seed=1)
    assert "firmware" in caught.value.hint
