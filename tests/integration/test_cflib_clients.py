"""Other people's programs, written for a real Crazyflie: the unmodified cflib connects to a virtual one and flies it.

In real time, as those programs are. What the vehicle truly did is asked over its control socket.
"""

import functools
import socket
import threading
import time
from contextlib import contextmanager
from itertools import islice, pairwise

import pytest

pytest.importorskip("cflib", reason="cflib is not installed: pip install 'hil-bench[crazyflie]'")

import cflib.crtp
from cflib.crazyflie import Crazyflie
from cflib.crazyflie.log import LogConfig
from cflib.crazyflie.mem import MemoryElement, Poly4D
from cflib.crazyflie.syncCrazyflie import SyncCrazyflie
from cflib.crazyflie.syncLogger import SyncLogger
from cflib.crtp.crtpstack import CRTPPort
from cflib.positioning.motion_commander import MotionCommander
from cflib.positioning.position_hl_commander import PositionHlCommander

from hil.virtual_crazyflie.process import VirtualProcess
from hil.virtual_crazyflie.variables import log_table, parameter_table

WAIT_S = 20.0  # for what takes a fraction of it on an idle machine
SCANNED = range(19850, 19860)
NOT_NOW = 0x10  # EBUSY


def within(seconds):
    """cflib waits for ever for what never comes: a test that does not end by then fails."""

    def deadline(test):
        @functools.wraps(test)
        def run(*args, **kwargs):
            failed = []

            def body():
                try:
                    test(*args, **kwargs)
                except BaseException as error:
                    failed.append(error)

            thread = threading.Thread(target=body, daemon=True)
            thread.start()
            thread.join(seconds)
            if thread.is_alive():
                pytest.fail(f"not done within {seconds} s")
            if failed:
                raise failed[0]

        return run

    return deadline


def comes_true(condition, wait_s=WAIT_S):
    """Whether it does before the time is up."""
    deadline = time.monotonic() + wait_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module", autouse=True)
def _drivers(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        cflib.crtp.init_drivers()
        yield


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return str(tmp_path_factory.mktemp("tables"))


def virtual(**how):
    return VirtualProcess(vehicle="cf21-identified", lock_step=False, **how)


@pytest.fixture(scope="module")
def standing():
    """A vehicle for everything that does not move it."""
    with virtual() as process:
        yield process


@pytest.fixture
def vehicle():
    """A vehicle of one's own, on the floor."""
    with virtual() as process:
        yield process


@pytest.fixture
def connected(cache):
    @contextmanager
    def to(process):
        with SyncCrazyflie(process.uri, cf=Crazyflie(rw_cache=cache)) as crazyflie:
            crazyflie.wait_for_params()
            yield crazyflie.cf

    return to


def replies(cf, port):
    """The replies on a port from now on, as they come."""
    found = []
    cf.add_port_callback(port, lambda packet: found.append(bytes(packet.data)))
    return found


def value_of(cf, name):
    """A parameter as the vehicle says it is now."""
    answered = threading.Event()

    def told(*_):
        answered.set()

    group, variable = name.split(".")
    cf.param.add_update_callback(group=group, name=variable, cb=told)
    answered.clear()
    cf.param.request_param_update(name)
    assert answered.wait(WAIT_S)
    return float(cf.param.get_value(name))


def at(process):
    return process.client.state().position_m


def comes_to(process, position_m, abs_m):
    """Whether it does, before the time is up."""
    return comes_true(lambda: at(process) == pytest.approx(position_m, abs=abs_m))


def has_landed(process):
    return comes_true(lambda: process.client.state().motors_off and process.client.state().on_ground)


@within(30)
def test_a_scan_finds_it():
    for port in SCANNED:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        break
    with virtual(port=port) as process:
        assert process.uri in [uri for uri, _ in cflib.crtp.scan_interfaces()]


@within(40)
def test_a_client_reads_the_whole_tables(standing, tmp_path):
    with SyncCrazyflie(standing.uri, cf=Crazyflie(rw_cache=str(tmp_path))) as crazyflie:
        crazyflie.wait_for_params()
        logs, params = crazyflie.cf.log.toc.toc, crazyflie.cf.param.toc.toc
        for found, table, count in ((logs, log_table(), 404), (params, parameter_table(), 267)):
            names = {
                f"{group}.{name}": element.ident for group, inner in found.items() for name, element in inner.items()
            }
            assert len(names) == count
            assert all(table.get(ident).name == name for name, ident in names.items())
        assert all(len(crazyflie.cf.param.values[group]) == len(names) for group, names in params.items())


@within(40)
def test_two_connections_one_after_the_other(standing, connected):
    for _ in range(2):
        with connected(standing) as cf:
            assert cf.is_connected()
            assert cf.platform.get_protocol_version() == 12


@within(40)
def test_log_rows_come_at_their_rate_with_the_firmwares_stamps(standing, connected):
    block = LogConfig("rows", period_in_ms=10)
    for name in ("stateEstimate.x", "stateEstimate.z", "pm.vbat", "supervisor.info"):
        block.add_variable(name)
    with connected(standing) as cf, SyncLogger(cf, block) as logger:
        rows = list(islice(logger, 50))
    stamps = [stamp for stamp, _, _ in rows]
    assert [late - early for early, late in pairwise(stamps)] == [10] * 49
    assert all(row["supervisor.info"] == 0x20E and 3.9 < row["pm.vbat"] < 4.4 for _, row, _ in rows)


@within(40)
def test_a_parameter_is_set_and_read_back(standing, connected):
    with connected(standing) as cf:
        cf.param.set_value("posCtlPid.zKp", 1.75)
        assert comes_true(lambda: value_of(cf, "posCtlPid.zKp") == 1.75)
    with connected(standing) as cf:
        assert float(cf.param.get_value("posCtlPid.zKp")) == 1.75


@within(40)
def test_a_controller_that_it_has_not_is_refused_in_silence(standing, connected):
    with connected(standing) as cf:
        cf.param.set_value("stabilizer.controller", 2)
        assert comes_true(lambda: value_of(cf, "stabilizer.controller") == 1)
        cf.param.set_value("stabilizer.controller", 5)
        time.sleep(0.2)
        assert value_of(cf, "stabilizer.controller") == 5
        cf.param.set_value("stabilizer.controller", 1)


@within(40)
def test_memories_are_listed_written_and_read_back(standing, connected):
    piece = Poly4D(1.5, x=Poly4D.Poly([0.1 * k for k in range(8)]))
    read = []
    with connected(standing) as cf:
        assert cf.mem.get_mems(MemoryElement.TYPE_MEMORY_TESTER)
        (memory,) = cf.mem.get_mems(MemoryElement.TYPE_TRAJ)
        memory.trajectory = [piece]
        assert (memory.size, memory.write_data_sync(start_addr=132)) == (4096, True)
        cf.mem.mem_read_cb.add_callback(lambda _, address, data: read.append((address, bytes(data))))
        cf.mem.read(memory, 132, 132)
        assert comes_true(lambda: bool(read))
    assert read == [(132, bytes(piece.pack()))]


@within(60)
def test_motion_commander_takes_off_flies_forward_and_lands(vehicle, connected):
    with connected(vehicle) as cf:
        with MotionCommander(cf, default_height=0.4) as motion:
            assert comes_true(lambda: at(vehicle)[2] == pytest.approx(0.4, abs=0.1))
            up = at(vehicle)
            motion.forward(0.5, velocity=0.4)
            assert comes_to(vehicle, (up[0] + 0.5, up[1], 0.4), 0.15)
        assert has_landed(vehicle)


@within(60)
def test_position_hl_commander_goes_where_it_is_told_and_lands(vehicle, connected):
    with connected(vehicle) as cf:
        with PositionHlCommander(cf, default_height=0.4, default_velocity=0.5) as pilot:
            pilot.go_to(0.3, -0.2, 0.5)
            assert comes_to(vehicle, (0.3, -0.2, 0.5), 0.15)
        assert has_landed(vehicle)


@within(60)
def test_the_high_level_commander_takes_off_goes_and_lands(vehicle, connected):
    with connected(vehicle) as cf:
        answers = replies(cf, CRTPPort.SETPOINT_HL)
        cf.high_level_commander.takeoff(0.5, 1.0)
        assert comes_to(vehicle, (0.0, 0.0, 0.5), 0.12)
        cf.high_level_commander.go_to(0.3, 0.3, 0.6, 0.0, 1.5)
        assert comes_to(vehicle, (0.3, 0.3, 0.6), 0.12)
        assert cf.supervisor.is_flying
        cf.high_level_commander.land(0.0, 1.5)
        assert has_landed(vehicle)
        assert [answer[-1] for answer in answers] == [0, 0, 0]


@within(60)
def test_a_trajectory_is_uploaded_and_flown(vehicle, connected):
    """Two metres a second squared at first and last: x = 0.4 (10 s³ − 15 s⁴ + 6 s⁵) over 2 s, relative to the start."""
    t = 2.0
    x = [0.0, 0.0, 0.0, 4.0 / t**3, -6.0 / t**4, 2.4 / t**5, 0.0, 0.0]
    with connected(vehicle) as cf:
        (memory,) = cf.mem.get_mems(MemoryElement.TYPE_TRAJ)
        memory.trajectory = [Poly4D(t, x=Poly4D.Poly(x))]
        assert memory.write_data_sync()
        pilot = cf.high_level_commander
        pilot.takeoff(0.5, 1.0)
        assert comes_to(vehicle, (0.0, 0.0, 0.5), 0.12)
        pilot.define_trajectory(1, 0, 1)
        pilot.start_trajectory(1, 1.0, relative_position=True)
        assert comes_to(vehicle, (0.4, 0.0, 0.5), 0.12)
        pilot.land(0.0, 1.0)
        assert has_landed(vehicle)


@within(60)
def test_an_estimate_follows_the_positions_that_a_client_sends(connected):
    block = LogConfig("estimate", period_in_ms=50)
    for name in ("stateEstimate.x", "stateEstimate.y"):
        block.add_variable(name)
    process = virtual(positioning="external", start=(0.6, -0.4, 0.0))
    with process, connected(process) as cf, SyncLogger(cf, block) as logger:
        for _, row, _ in logger:
            cf.extpos.send_extpos(0.6, -0.4, 0.0)
            if abs(row["stateEstimate.x"] - 0.6) < 0.03 and abs(row["stateEstimate.y"] + 0.4) < 0.03:
                break


@within(60)
def test_unarmed_it_refuses_to_take_off_and_armed_it_does(connected):
    with virtual(arming="manual") as process, connected(process) as cf:
        answers = replies(cf, CRTPPort.SETPOINT_HL)
        cf.high_level_commander.takeoff(0.4, 1.0)
        assert comes_true(lambda: bool(answers))
        assert (answers[0][-1], process.client.state().motors_off) == (NOT_NOW, True)
        cf.supervisor.send_arming_request(True)
        assert comes_true(lambda: cf.supervisor.can_fly)
        cf.high_level_commander.takeoff(0.4, 1.0)
        assert comes_true(lambda: at(process)[2] > 0.3)
        cf.high_level_commander.land(0.0, 1.0)
        assert has_landed(process)


@within(60)
def test_an_emergency_stop_stops_the_motors_and_locks(vehicle, connected):
    with connected(vehicle) as cf:
        cf.high_level_commander.takeoff(0.5, 1.0)
        assert comes_true(lambda: at(vehicle)[2] > 0.3)
        cf.supervisor.send_emergency_stop()
        assert comes_true(lambda: vehicle.client.state().motors_off)
        assert comes_true(lambda: cf.supervisor.is_locked)


@within(60)
def test_a_vehicle_whose_process_dies_is_missed(connected, cache):
    process = virtual()
    process.start()
    lost = threading.Event()
    cf = Crazyflie(rw_cache=cache)
    cf.connection_lost.add_callback(lambda *_: lost.set())
    with SyncCrazyflie(process.uri, cf=cf):
        process.kill()
        assert lost.wait(WAIT_S)
    process.close()
