"""The app in the firmware's loop: each trap of the firmware as a demand, and as an app that falls into it."""

import math

import numpy as np
import pytest

from hil.core.frames import quat_from_euler, quat_multiply
from hil.core.types import Command, Setpoint, Start, State
from hil_controllers.export.app import app_sources, thrust_map
from hil_controllers.network.controller import NetworkController
from hil_sim.quadrotor import Quadrotor
from hil_sim.vehicle_files import load_vehicle, vehicle_names

pytestmark = pytest.mark.usefixtures("needs_cffi")

KINDS = ["snn with history", "leads", "ann"]  # two spiking layers; leads, an integral and a history; dense
TILT = quat_from_euler(0.2, 0.0, 0.0)  # of a full-state set-point: its heading counts, not its tilt


# ---- what is demanded of an app ----


def motors_are_those_of_the_definition(crazyflie, app, network, steps=60):
    definition, golden = crazyflie.Definition(network), network.golden
    for state, setpoint in zip(golden.state[:steps], golden.setpoint[:steps], strict=True):
        app.tell(state, setpoint)
        app.tick(10)
        assert app.motors == definition.motors(state, setpoint)


def forces_are_those_of_the_plant(crazyflie, app, network, steps=60):
    vehicle, golden = load_vehicle(network.contract.vehicle.name), network.golden
    for state, setpoint in zip(golden.state[:steps], golden.setpoint[:steps], strict=True):
        app.tell(state, setpoint)
        app.tick(10)
        assert app.forces == pytest.approx(crazyflie.forces_of(vehicle, app.motors), abs=3e-7)
        assert app.forces == [app.log(f"f{k}") for k in (1, 2, 3, 4)]


def a_null_set_point_makes_it_begin_anew(crazyflie, app, network):
    golden, flights = network.golden, []
    for _ in range(2):
        flights.append([])
        app.tell(fly="position")
        for state, setpoint in zip(golden.state[:20], golden.setpoint[:20], strict=True):
            app.tell(state, setpoint)
            app.tick(10)
            flights[-1].append(app.motors)
        app.tell(fly="nothing")
        assert app.tick(3) == "pid"
    assert flights[0] == flights[1]


def a_switch_to_it_is_answered_at_once(crazyflie, app, network):
    golden = network.golden
    app.tell(golden.state[0], golden.setpoint[0])
    app.tick(3)
    app.c.controllerOutOfTreeInit()
    app.tell(golden.state[5], golden.setpoint[5])
    app.tick()
    assert app.motors == crazyflie.Definition(network).motors(golden.state[5], golden.setpoint[5])
    assert app.log("steps") == 1


def velocities_are_for_the_pid(crazyflie, app, network):
    app.tell(fly="velocity")
    assert app.tick() == "pid"
    assert (app.mode, app.c.pid_calls) == ("legacy", 1)


def a_nan_latches_the_pid(crazyflie, app, network):
    app.tick()
    app.tell(position=[math.nan, 0.0, 0.0])
    assert app.tick(10) == "not finite"
    assert np.isfinite(app.forces).all()
    app.tell(position=[0.0, 0.0, 0.0])
    assert app.tick(100) == "not finite"
    assert app.mode == "legacy"


def a_turned_world_is_flown_alike(crazyflie, app, network, yaw_deg=30.0, fly="position"):
    golden, flights = network.golden, []
    for deg in (0.0, yaw_deg):
        yaw, about = math.radians(deg), quat_from_euler(0.0, 0.0, math.radians(deg))
        app.c.controllerOutOfTreeInit()
        app.tell(fly=fly, wanted_yaw_deg=deg, wanted_quat_xyzw=quat_multiply(about, TILT))
        flights.append([])
        for state, setpoint in zip(golden.state[:15], golden.setpoint[:15], strict=True):
            seen = turned(state, yaw, (0, 3))
            seen[6:10] = quat_multiply(about, tuple(state[6:10].tolist()))
            app.tell(seen, turned(setpoint, yaw, (0, 3, 6)))
            app.tick(10)
            flights[-1].append(app.motors)
    assert np.array(flights[0]) == pytest.approx(np.array(flights[1]), abs=2e-4)


def turned(values, yaw, vectors):
    """A copy with the vectors that begin there turned about z."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    out = np.array(values, np.float64)
    for first in vectors:
        x, y = out[first : first + 2]
        out[first : first + 2] = cos * x - sin * y, sin * x + cos * y
    return out


# ---- the app as exported ----


@pytest.mark.parametrize("kind", KINDS)
class TestInTheLoop:
    def test_motors_are_those_of_the_definition_bit_for_bit(self, crazyflie, app_of, of_kind, kind):
        motors_are_those_of_the_definition(crazyflie, app_of(kind), of_kind(kind))

    def test_forces_are_those_of_the_plant(self, crazyflie, app_of, of_kind, kind):
        forces_are_those_of_the_plant(crazyflie, app_of(kind), of_kind(kind))

    def test_attitude_in_degrees_is_not_looked_at(self, crazyflie, app_of, of_kind, kind):
        app = app_of(kind)
        app.tell(attitude_deg=[7.0, -33.0, 120.0])
        motors_are_those_of_the_definition(crazyflie, app, of_kind(kind), steps=10)

    def test_a_null_set_point_makes_it_begin_anew(self, crazyflie, app_of, of_kind, kind):
        a_null_set_point_makes_it_begin_anew(crazyflie, app_of(kind), of_kind(kind))

    def test_a_switch_to_it_is_answered_at_once(self, crazyflie, app_of, of_kind, kind):
        a_switch_to_it_is_answered_at_once(crazyflie, app_of(kind), of_kind(kind))

    def test_forces_are_held_for_the_time_of_a_step_and_written_each_millisecond(self, app_of, of_kind, kind):
        app, golden = app_of(kind), of_kind(kind).golden
        app.tell(golden.state[0], golden.setpoint[0])
        app.tick()
        first = app.forces
        app.tell(golden.state[1], golden.setpoint[1])
        for _ in range(9):
            app.c.spoil_control()
            app.tick()
            assert (app.mode, app.forces) == ("force", first)
        app.tick()
        assert app.log("steps") == 2


@pytest.mark.parametrize("yaw_deg", [30.0, 90.0, 180.0, -90.0, -170.0, 400.0])
@pytest.mark.parametrize("fly", ["position", "full state"])
def test_a_yaw_turns_the_world(crazyflie, app_of, of_kind, yaw_deg, fly):
    a_turned_world_is_flown_alike(crazyflie, app_of("ann"), of_kind("ann"), yaw_deg, fly)


def test_full_state_that_looks_along_x_changes_no_bit(crazyflie, app_of, of_kind):
    app = app_of("leads")
    app.tell(fly="full state", wanted_yaw_deg=77.0)
    motors_are_those_of_the_definition(crazyflie, app, of_kind("leads"), steps=20)


@pytest.mark.parametrize("name", vehicle_names())
def test_forces_are_those_of_each_vehicle(crazyflie, networks, tmp_path, name):
    vehicle = load_vehicle(name)
    network = networks.ann(history=0, vehicle=vehicle)
    app = crazyflie.App(crazyflie.compiled(app_sources(network, vehicle), tmp_path)).everywhere()
    forces_are_those_of_the_plant(crazyflie, app, network)


@pytest.mark.parametrize("name", vehicle_names())
def test_the_command_that_hovers_is_a_quarter_of_the_weight(name):
    vehicle = load_vehicle(name)
    scale, sag = thrust_map(vehicle)
    hover = vehicle.hover_command
    assert 4.0 * vehicle.thrust(hover * (scale - sag * hover)) == pytest.approx(vehicle.mass_kg * 9.81)


@pytest.mark.parametrize(("maker", "within_m"), [("flying_ann", 1e-4), ("flying_snn", 0.01)])  # a spike may flip
@pytest.mark.parametrize("yaw_deg", [0.0, 50.0])
def test_it_flies_as_the_network_flies_on_the_bench(crazyflie, networks, tmp_path, maker, within_m, yaw_deg):
    network, vehicle = getattr(networks, maker)(), networks.vehicle
    app = crazyflie.App(crazyflie.compiled(crazyflie.sources_of(network), tmp_path))
    bench, yaw = NetworkController(network), math.radians(yaw_deg)
    place = turned((0.1, -0.1, 1.0), yaw, (0,)).tolist()
    app.tell(wanted_position=place, wanted_yaw_deg=yaw_deg)

    def by_the_app(state):
        app.tell([*state.position, *state.velocity, *state.attitude, *state.rates])
        assert app.tick(10) == "network"
        return Command(tuple(vehicle.motor_for_thrust(force * crazyflie.THRUST_MAX) for force in app.forces))

    flown = positions(vehicle, by_the_app, yaw)
    wanted = positions(vehicle, lambda state: bench.act(state, Setpoint((0.1, -0.1, 1.0))), 0.0)
    assert np.abs(wanted - (0.1, -0.1, 1.0)).max() < 0.2
    assert np.array([turned(at, -yaw, (0,)) for at in flown]) == pytest.approx(wanted, abs=within_m)


def positions(vehicle, act, yaw):
    """Where a vehicle that begins at (0, 0, 1) m, looking there, is in the next 3 s."""
    plant = Quadrotor(vehicle)
    state = plant.reset(Start(State((0.0, 0.0, 1.0), (0.0,) * 3, quat_from_euler(0, 0, yaw), (0.0,) * 3)), seed=1)
    at = []
    for _ in range(300):
        state = plant.step(act(state), 0.01)
        at.append(state.position)
    return np.array(at)


# ---- apps that fall into a trap ----

CONVERSION, FORCE, APP = "src/hil_app_conversion.c", "src/hil_app_force.c", "src/hil_app.c"
GYRO = "RADIANS_PER_DEGREE * sensors->gyro"
CURVE = "(HIL_APP_THRUST_C0_N + (HIL_APP_THRUST_C1_N + HIL_APP_THRUST_C2_N * m) * m) / THRUST_MAX"
WRITTEN = "control->normalizedForces[k] = hil_app.forces[k]"
TRAPS = {
    "gyro in degrees": (CONVERSION, f"{GYRO}.x", "sensors->gyro.x", motors_are_those_of_the_definition),
    "gyro upside down": (CONVERSION, f"{GYRO}.y", f"-{GYRO}.y", motors_are_those_of_the_definition),
    "attitude conjugated": (CONVERSION, "yaw.cos * q->w +", "-yaw.cos * q->w +", motors_are_those_of_the_definition),
    "velocity kept back": (CONVERSION, "setpoint->velocity.x,", "0.0f,", motors_are_those_of_the_definition),
    "yaw ignored": (CONVERSION, "{cosf(half), sinf(half)}", "{1.0f, 0.0f * half}", a_turned_world_is_flown_alike),
    "force is the command": (FORCE, CURVE, "m", forces_are_those_of_the_plant),
    "motors permuted": (APP, WRITTEN, WRITTEN.replace("[k]", "[k ^ 1u]", 1), forces_are_those_of_the_plant),
    "never reset": (APP, "hil_network_reset(&hil_app.memory);", "", a_null_set_point_makes_it_begin_anew),
    "waits for its turn": (APP, "hil_app.wait_ms = 0;", "", a_switch_to_it_is_answered_at_once),
    "flies velocities": (APP, "!hil_app_can_fly(setpoint)", "0", velocities_are_for_the_pid),
    "forgets a nan": (APP, "hil_app.who >= HIL_APP_FIRST_LATCHED", "0", a_nan_latches_the_pid),
    "flies on at a nan": (APP, "if (status != HIL_OK) {", "if (status == HIL_DIVERGED) {", a_nan_latches_the_pid),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_an_app_in_a_trap_does_not_meet_the_demand(crazyflie, of_kind, tmp_path, trap):
    name, right, wrong, demand = TRAPS[trap]
    network = of_kind("ann" if trap == "yaw ignored" else "leads")
    files = crazyflie.sources_of(network)
    assert files[name].count(right) == 1
    files[name] = files[name].replace(right, wrong)
    app = crazyflie.App(crazyflie.compiled(files, tmp_path, flags=("-std=c11", "-ffp-contract=off", "-O1")))
    with pytest.raises(AssertionError):
        demand(crazyflie, app.everywhere(), network)
