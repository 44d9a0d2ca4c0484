"""When the network flies and when the firmware's PID does: set-points, guard, golden replay; and what is told of it."""

import math
from pathlib import Path

import numpy as np
import pytest

from hil.core.frames import quat_from_euler
from hil_controllers.network import Dense, Network

pytestmark = pytest.mark.usefixtures("needs_cffi")

NOT_FOR_NETWORKS = (
    "nothing",
    "hover",
    "velocity",
    "level out",
    "attitude",
    "yaw rate",
    "yaw rate and a quaternion",
    "no yaw",
)


class TestSetpoints:
    @pytest.mark.parametrize("fly", NOT_FOR_NETWORKS)
    def test_what_is_no_position_with_a_yaw_is_flown_by_the_pid(self, app_of, fly):
        app = app_of("ann")
        app.tell(fly=fly)
        assert app.tick() == "pid"
        assert (app.mode, app.c.pid_calls, app.log("steps")) == ("legacy", 1, 0)

    def test_so_is_a_velocity_in_the_body(self, app_of):
        app = app_of("ann")
        app.tell(velocity_body=1)
        assert app.tick() == "pid"

    def test_the_pid_takes_over_anew_and_finds_no_forces_in_its_union(self, app_of):
        app = app_of("ann")
        app.tick(11)
        begun = app.c.pid_begun
        app.tell(fly="hover")
        app.tick()  # an odd millisecond: the PID writes thrust alone
        control = app.control
        assert (app.mode, control.roll, control.pitch, control.yaw, control.thrust) == ("legacy", 0, 0, 0, 4.0)
        app.tick(5)
        assert app.c.pid_begun == begun + 1

    def test_the_network_comes_back_with_a_position(self, app_of):
        app = app_of("ann")
        app.tell(fly="hover")
        app.tick(5)
        app.tell(fly="position")
        assert app.tick() == "network"
        assert app.log("steps") == 1


NOT_FINITE = {
    "position": [math.nan, 0.0, 0.0],
    "velocity": [0.0, math.inf, 0.0],
    "quat_xyzw": [0.0, 0.0, math.nan, 1.0],
    "gyro_deg_s": [0.0, 0.0, -math.inf],
    "wanted_position": [0.0, 0.0, math.nan],
    "wanted_velocity": [0.0, math.nan, 0.0],
    "wanted_acceleration": [math.inf, 0.0, 0.0],
    "wanted_yaw_deg": math.nan,
}


class TestTheGuard:
    @pytest.mark.parametrize("field", NOT_FINITE)
    def test_no_number_that_is_not_finite_is_flown(self, app_of, field):
        app = app_of("ann")
        app.tick()
        app.tell(**{field: NOT_FINITE[field]})
        assert app.tick(10) == "not finite"
        assert app.mode == "legacy"

    def test_an_answer_that_is_nan_is_not_flown(self, crazyflie, networks, tmp_path):
        rng = np.random.default_rng(4)
        layers = (Dense(1e3 * rng.normal(size=(8, 18)), np.zeros(8)), Dense(rng.normal(size=(4, 8)), np.zeros(4)))
        network = Network.build(name="wild", layers=layers, contract=networks.contract(), draft=True)
        app = crazyflie.App(crazyflie.compiled(crazyflie.sources_of(network), tmp_path))
        assert app.tick() == "network"
        app.tell(gyro_deg_s=[3e38, 3e38, 3e38])
        assert app.tick(10) == "diverged"
        assert app.mode == "legacy"

    @pytest.mark.parametrize(("deg", "who"), [(59.0, "network"), (61.0, "tilted")])
    def test_a_tilt_beyond_60_degrees_is_not_flown(self, crazyflie, library_of, deg, who):
        app = crazyflie.App(library_of("ann"))
        app.tell(quat_xyzw=quat_from_euler(0.0, math.radians(deg), 1.0))
        assert app.tick() == who

    @pytest.mark.parametrize(("each_m", "who"), [(0.57, "network"), (0.58, "astray")])
    def test_more_than_a_metre_from_the_set_point_is_not_flown(self, crazyflie, library_of, each_m, who):
        app = crazyflie.App(library_of("ann"))
        app.tell(wanted_position=[each_m, -each_m, each_m])
        assert app.tick() == who

    def test_the_limits_are_parameters(self, crazyflie, library_of):
        app = crazyflie.App(library_of("ann"))
        app.param("tiltMax", 10.0)
        app.param("distMax", 0.1)
        app.tell(wanted_position=[0.2, 0.0, 0.0])
        assert app.tick() == "astray"
        app.c.controllerOutOfTreeInit()
        app.tell(wanted_position=[0.0, 0.0, 0.0], quat_xyzw=quat_from_euler(0.2, 0.0, 0.0))
        assert app.tick() == "tilted"

    @pytest.mark.parametrize(("name", "who"), [("tiltMax", "tilted"), ("distMax", "astray")])
    def test_with_a_limit_that_is_no_number_nothing_is_flown(self, crazyflie, library_of, name, who):
        app = crazyflie.App(library_of("ann"))
        app.param(name, math.nan)
        assert app.tick() == who

    def test_the_pid_flies_on_until_the_controller_is_chosen_again(self, app_of):
        app = app_of("ann")
        app.tell(position=[math.nan, 0.0, 0.0])
        app.tick()
        app.tell(position=[0.0, 0.0, 0.0], fly="nothing")
        app.tick(20)
        app.tell(fly="position")
        assert app.tick(20) == "not finite"
        app.c.controllerOutOfTreeInit()
        assert app.tick() == "network"


class TestBeforeItFlies:
    def test_the_pid_flies_until_the_golden_replay_has_passed(self, crazyflie, library_of, of_kind):
        app, steps = crazyflie.App(library_of("ann"), boot=False), len(of_kind("ann").golden)
        assert app.tick(20) == "unproven"
        assert app.c.pid_calls == 20
        app.c.run_app_task()
        assert app.tick() == "network"
        assert app.console == f"HILNET: ann: {steps} of {steps} golden steps, may fly\n"

    @pytest.mark.parametrize("kind", ["snn with history", "leads"])
    def test_all_golden_vectors_are_replayed_at_boot(self, app_of, of_kind, kind):
        assert app_of(kind).log("golden") == len(of_kind(kind).golden)

    @pytest.mark.parametrize("name", ["src/hil_golden_vectors.c", "src/hil_network_layers.c", "src/hil_app_vehicle.h"])
    def test_a_file_of_another_network_is_refused(self, crazyflie, of_kind, networks, tmp_path, name):
        files = crazyflie.sources_of(of_kind("ann"))
        files[name] = crazyflie.sources_of(networks.ann(history=0, seed=2))[name]
        assert_never_flies(crazyflie.App(crazyflie.compiled(files, tmp_path), boot=False))

    def test_a_bit_of_a_weight_is_refused(self, crazyflie, of_kind, tmp_path):
        files, name = crazyflie.sources_of(of_kind("ann")), "src/hil_network_layers.c"
        head, tail = files[name].split("/* position_error[0] */\n", 1)
        first = tail.split("f,", 1)[0].strip()
        files[name] = f"{head}\n{tail.replace(first, str(np.nextafter(np.float32(first), np.float32(9))), 1)}"
        assert_never_flies(crazyflie.App(crazyflie.compiled(files, tmp_path), boot=False))

    def test_contraction_is_refused(self, crazyflie, of_kind, tmp_path):
        if "fma" not in Path("/proc/cpuinfo").read_text().split():
            pytest.skip("this processor does not fuse products and sums")
        flags, files = ("-std=gnu11", "-O2", "-march=haswell"), crazyflie.sources_of(of_kind("leads"))
        assert_never_flies(crazyflie.App(crazyflie.compiled(files, tmp_path, flags=flags), boot=False))


def assert_never_flies(app):
    app.c.controllerOutOfTreeInit()
    assert not app.c.controllerOutOfTreeTest()
    app.c.run_app_task()
    assert app.console.endswith("will not fly\n")
    assert app.tick(5) == "unproven"
    assert app.mode == "legacy"


class TestOnTheRadioLink:
    def test_names_fit_the_firmware(self, app_of):
        app = app_of("leads")
        for table in (app.c.logs_hilnet, app.c.params_hilnet):
            (group, _), *variables = app.names(table)
            names = {name for name, _ in variables}
            assert group == "hilnet"
            assert max(len(group) + len(name) + 2 for name in names) <= 26
            assert len(names) == len(variables)

    def test_the_hash_is_a_parameter_that_cannot_be_written(self, app_of, of_kind):
        app = app_of("ann")
        assert f"{app.param('hash'):08x}" == of_kind("ann").hash[:8]
        assert dict(app.names(app.c.params_hilnet))["hash"] & 0x40

    def test_inputs_are_those_of_the_network(self, app_of, of_kind):
        app, golden = app_of("ann"), of_kind("ann").golden
        app.tell(golden.state[3], golden.setpoint[3])
        app.tick()
        names = ["ex", "ey", "ez", *(f"r{i}{j}" for i in range(3) for j in range(3))]
        names += [f"{kind}{axis}" for kind in "vw" for axis in "xyz"]
        assert [app.log(name) for name in names] == pytest.approx(golden.observation[3].tolist(), abs=1e-5)

    def test_spikes_are_counted_by_layer(self, app_of, of_kind):
        app, network = app_of("snn with history"), of_kind("snn with history")
        first, second = network.spiking_sizes
        for state, setpoint in zip(network.golden.state[:20], network.golden.setpoint[:20], strict=True):
            app.tell(state, setpoint)
            app.tick(10)
        spikes = network.golden.raster(network.neurons)[19]
        assert (app.log("spikes1"), app.log("spikes2")) == (spikes[:first].sum(), spikes[-second:].sum())

    def test_a_network_without_spikes_logs_none(self, app_of):
        app = app_of("ann")
        assert not any(name.startswith("spikes") for name, _ in app.names(app.c.logs_hilnet))

    def test_microseconds_of_a_step_and_the_most_of_them(self, app_of):
        app = app_of("ann")
        for took, told in ((412, (412, 412)), (300, (300, 412)), (1_000_000, (65535, 65535))):
            app.c.step_takes_us = took
            app.tick(10)
            assert (app.log("exec"), app.log("execMax")) == told
        app.c.controllerOutOfTreeInit()
        assert app.log("execMax") == 0
