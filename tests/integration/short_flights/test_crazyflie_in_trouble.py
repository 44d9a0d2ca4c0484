"""The target `crazyflie` with the unmodified cflib on a virtual vehicle, where a packet, a link or the bench fails it.

In lock-step unless it says otherwise; what the vehicle truly did is asked over its control socket.
"""

import errno
import json
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cflib", reason="cflib is not installed: pip install 'hil-bench[crazyflie]'")

from hil.bench import Job
from hil.bench import fly as fly_job
from hil.core.breach import Reaction
from hil.core.errors import BadInput
from hil.core.vehicle_status import Info
from hil.log import LogWriter
from hil.runner import run
from hil.targets.crazyflie import high_level, setpoint_packets, target
from hil.targets.crazyflie.link import Link
from hil.targets.crazyflie.target import CrazyflieTarget
from hil.targets.order import Hardware
from hil.virtual_crazyflie.process import VirtualProcess

from .flying import fly, prepared, short

EIGHT = "{kind: figure_eight, scale_m: 0.5, period_s: 6, ramp_s: 1, center_m: [0.2, 0, 0.8]}"


@pytest.fixture
def scenario(tmp_path):
    return partial(short, tmp_path, height_m=0.8, hold_m=0.8, seed=1)


def is_down_unlocked(end):
    return end.motors_off and end.on_ground and Info.LOCKED not in Info(end.supervisor)


@pytest.fixture
def losing(monkeypatch):
    """Lets packets be lost on their way up: those for which `is_lost(port, channel, data)`."""

    def lose(is_lost):
        send = Link.send

        def sometimes(self, port, channel, data):
            if not is_lost(port, channel, data):
                send(self, port, channel, data)

        monkeypatch.setattr(Link, "send", sometimes)

    return lose


@pytest.mark.parametrize("seed", [2, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (1, 3))])
def test_a_link_that_loses_as_much_as_preflight_allows_does_not_lock_the_vehicle(scenario, tmp_path, seed):
    lossy = "{kind: link_loss, share: 0.2, in_phase: take-off}"
    flown = fly(prepared(scenario(faults=lossy, duration_s=12.0, seed=seed)), tmp_path)
    assert "task: flown to its end" in flown.texts("phase")
    assert is_down_unlocked(flown.end)


def first(n, of):
    """The first n packets that are `of`."""
    seen = []

    def is_lost(*packet):
        if of(*packet):
            seen.append(packet)
            return len(seen) <= n
        return False

    return is_lost


def is_notify_stop(port, channel, data):
    return (port, channel) == (setpoint_packets.PORT, setpoint_packets.META_CHANNEL)


def is_landing(port, channel, data):
    return port == high_level.PORT and data[:1] == high_level.land(0.0, 1.0)[:1]


@pytest.mark.parametrize(("n", "of"), [(1, is_notify_stop), (3, is_notify_stop), (3, is_landing)])
def test_a_landing_whose_first_packets_are_lost_is_a_landing(scenario, tmp_path, losing, n, of):
    losing(first(n, of))
    flown = fly(prepared(scenario()), tmp_path)
    assert flown.log.aborted is None
    assert is_down_unlocked(flown.end)


def test_a_set_point_that_comes_late_does_not_end_a_landing(scenario, tmp_path, monkeypatch):
    made, late = prepared(scenario()), []
    leave = CrazyflieTarget.leave

    def with_one_late(self, reaction):
        for samples in leave(self, reaction):
            if not late and self._session.now_s > 3.0:
                late.append(setpoint_packets.position(self.plan.reference.at(1.0)))
                self._session.link.send(setpoint_packets.PORT, setpoint_packets.CHANNEL, late[0])
            yield samples

    monkeypatch.setattr(CrazyflieTarget, "leave", with_one_late)
    flown = fly(made, tmp_path)
    assert late
    assert "a set-point that came late ended the landing: told to land again" in flown.texts("warning")
    assert is_down_unlocked(flown.end)


def test_a_full_disk_lands_the_vehicle_and_is_told_as_such(scenario, tmp_path, monkeypatch):
    heights_m = []
    stop = CrazyflieTarget.stop

    def watched(self):
        if self._session is not None:
            heights_m.append(self._rig.client.state().position_m[2])
        stop(self)

    monkeypatch.setattr(CrazyflieTarget, "stop", watched)
    append = LogWriter.append

    def full(self, sample):
        if sample.t_s >= 0.5:
            raise BadInput(f"{self.run_dir}: cannot be written: No space left", hint="is the disk full?")
        append(self, sample)

    monkeypatch.setattr(LogWriter, "append", full)
    job = Job(
        scenario=scenario(), target="crazyflie", out=tmp_path / "out", hardware=Hardware(uri="virtual"),
        unrehearsed="a test",
    )  # fmt: skip
    with pytest.raises(BadInput, match="No space left"):
        fly_job(job)
    assert heights_m[0] < 0.05


def test_an_os_error_of_the_link_is_not_told_as_a_full_disk(scenario, tmp_path, monkeypatch):
    def broken(self, setpoint):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(CrazyflieTarget, "step", broken)
    job = Job(
        scenario=scenario(), target="crazyflie", out=tmp_path / "out", hardware=Hardware(uri="virtual"),
        unrehearsed="a test",
    )  # fmt: skip
    with pytest.raises(BrokenPipeError):
        fly_job(job)
    (folder,) = Path(tmp_path / "out").iterdir()
    assert json.loads((folder / "result.json").read_text())["outcome"] == "ERROR"


def test_a_driver_that_raises_in_the_air_is_a_link_that_broke_and_the_bench_lets_go(scenario, tmp_path, monkeypatch):
    from cflib.crtp.udpdriver import UdpDriver

    send, is_dead = UdpDriver.send_packet, threading.Event()

    def dead(self, packet):
        if is_dead.is_set():
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        send(self, packet)

    monkeypatch.setattr(UdpDriver, "send_packet", dead)
    step = CrazyflieTarget.step

    def stepped(self, setpoint):
        if self._session.next_tick == 50:
            is_dead.set()
        return step(self, setpoint)

    monkeypatch.setattr(CrazyflieTarget, "step", stepped)
    made, logs = prepared(scenario()), []

    def flight():
        with LogWriter(made.plan.info(made.target, simulated=True)) as writer, made.target:
            logs.append(run(made.plan, made.target, clock=made.pace, writer=writer))

    flying = threading.Thread(target=flight, daemon=True)
    flying.start()
    flying.join(120.0)
    assert not flying.is_alive()
    assert logs[0].aborted.text == "the link broke: sending failed: [Errno 32] Broken pipe"


def test_a_gap_in_the_log_before_the_task_does_not_make_the_task_late(scenario, tmp_path, monkeypatch):
    given_s = []
    step = CrazyflieTarget.step

    def noted(self, setpoint):
        given_s.append(self._session.now_s - self._session.next_tick / 100)
        return step(self, setpoint)

    monkeypatch.setattr(CrazyflieTarget, "step", noted)
    gap = "{kind: link_blackout, in_phase: settle, at_s: 2.6, for_s: 0.45}"
    flown = fly(prepared(scenario(EIGHT, faults=gap, duration_s=3.0), onboard="lee"), tmp_path)
    assert flown.log.aborted is None
    assert np.abs(given_s).max() < 0.011


def test_a_trajectory_uploaded_over_a_slow_link_is_flown_on_time(scenario, tmp_path):
    with VirtualProcess(vehicle="cf21-identified", lock_step=False, faults=["link_delay:added_s=0.02"]) as process:
        made = prepared(scenario(duration_s=1.0), uri=process.uri, setpoints="onboard")
        with LogWriter(made.plan.info(made.target, simulated=True)) as writer, made.target:
            log = run(made.plan, made.target, clock=made.pace, writer=writer)
    assert log.aborted is None


def test_a_vehicle_that_went_silent_while_it_was_got_ready_is_refused(scenario, tmp_path, monkeypatch):
    made = prepared(scenario(faults="{kind: link_blackout, direction: down, in_phase: arm}"))
    arm = target.ascent.arm

    def long(session):
        arm(session)
        session.link.pace.wait_until(session.link.pace.now_s() + 1.0)

    monkeypatch.setattr(target.ascent, "arm", long)
    flown = fly(made, tmp_path)
    assert "before take-off" in flown.log.aborted.text
    assert flown.end.on_ground


def test_a_ground_start_ended_before_its_task_leaves_the_vehicle_ready(scenario, tmp_path):
    up = "{kind: waypoints, points_m: [[0.2, 0, 0.5]], leg_s: 2.5}"
    made = prepared(scenario(up, duration_s=3.0, height_m=0.0))
    with made.target:
        made.target.reset(made.plan.start, seed=1)
        for _, _samples in zip(range(20), made.target.approach(), strict=False):
            pass
        for _ in made.target.leave(Reaction.LAND):
            pass
        made.target.stop()
        client = made.target._rig.client
        client.advance(client.state().now_ms + 1500)
        assert is_down_unlocked(client.state())


def test_closing_that_is_interrupted_lets_go_of_the_link_and_the_vehicle(scenario, monkeypatch):
    made = prepared(scenario())
    made.target.open()
    session, rig = made.target._session, made.target._rig

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(session.telemetry, "stop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.target.close()
    assert session.link.cf is None
    assert rig._process._child is None or rig._process._child.poll() is not None


def test_stop_comes_back_where_another_link_cannot_be_opened(scenario, monkeypatch):
    made, forever = prepared(scenario()), threading.Event()
    monkeypatch.setattr(target, "emergency_stop", lambda uri, within_s: forever.wait(60.0))
    with made.target:
        session = made.target._session
        session.turning = True
        session.link.lose("unplugged")
        begin_s = time.monotonic()
        made.target.stop()
        assert time.monotonic() - begin_s < 30.0
        session.turning = False
    forever.set()


def test_a_virtual_vehicle_that_is_gone_in_the_air_is_a_link_that_broke(scenario):
    with VirtualProcess(vehicle="cf21-identified", lock_step=False) as process:
        made = prepared(scenario(duration_s=3.0), uri=process.uri)
        step = made.target.step

        def stepped(setpoint):
            if made.target._session.next_tick == 50:
                process.kill()
            return step(setpoint)

        made.target.step = stepped
        with LogWriter(made.plan.info(made.target, simulated=True)) as writer, made.target:
            log = run(made.plan, made.target, clock=made.pace, writer=writer)
    assert log.aborted.text.startswith("the link broke: ")
