"""The floor carries, lets go, absorbs a landing, and keeps what fell over."""

import math

import pytest

from hil.core.frames import euler_zyx, quat_from_euler, tilt
from hil.core.types import LEVEL, ZERO3, Command, Start, State
from hil.scenario.conditions import Kick
from hil_sim.quadrotor import Quadrotor
from hil_sim.vehicle_files import load_vehicle, vehicle_names


def on_floor(**changes):
    return Start(State(ZERO3, ZERO3, LEVEL, ZERO3)._replace(**changes), (0.0,) * 4)


def same(command):
    return Command((command,) * 4)


def fly(plant, command, seconds, dt_s=0.01):
    return [plant.step(same(command), dt_s) for _ in range(round(seconds / dt_s))]


@pytest.mark.parametrize("name", vehicle_names())
def test_a_vehicle_with_stopped_rotors_rests_on_the_floor(name):
    plant = Quadrotor(load_vehicle(name))
    plant.reset(on_floor(), seed=1)
    assert fly(plant, 0.0, 1.0)[-1] == on_floor().state
    assert plant.on_ground


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_less_than_the_weight_does_not_lift_it_nor_turn_it(identified, share):
    plant = Quadrotor(identified)
    plant.reset(on_floor(), seed=1)
    u = share * identified.hover_command
    for _ in range(100):
        state = plant.step(Command((u, 0.9 * u, u, 1.1 * u)), 0.01)
    assert state == on_floor().state


@pytest.mark.parametrize("dt_s", [0.001, 0.01])
def test_more_than_the_weight_takes_off(package, dt_s):
    plant = Quadrotor(package)
    plant.reset(on_floor(), seed=1)
    state = fly(plant, package.hover_command + 0.1, 1.0, dt_s)[-1]
    assert not plant.on_ground
    assert state.position[2] > 0.3
    assert state.attitude == LEVEL


@pytest.mark.parametrize("dt_s", [0.001, 0.01])
def test_a_landing_stops_on_the_floor_and_never_below(package, dt_s):
    plant = Quadrotor(package)
    plant.reset(Start(State((0.0, 0.0, 0.3), (0.2, 0.0, -0.5), quat_from_euler(0.1, 0.05, 0.7), ZERO3)), seed=1)
    states = fly(plant, 0.9 * package.hover_command, 2.0, dt_s)
    assert all(state.position[2] >= 0.0 for state in states)
    assert states[-1].position[2] == 0.0
    assert states[-1].velocity == ZERO3
    assert tilt(states[-1].attitude) == pytest.approx(0.0, abs=1e-6)
    assert plant.on_ground


def test_a_landing_keeps_the_heading(package):
    plant = Quadrotor(package)
    plant.reset(Start(State((0.0, 0.0, 0.1), ZERO3, quat_from_euler(0.1, 0.0, 0.7), ZERO3), (0.0,) * 4), seed=1)
    assert euler_zyx(fly(plant, 0.0, 1.0)[-1].attitude)[2] == pytest.approx(0.7, abs=0.01)


def test_a_landed_vehicle_takes_off_again(package):
    plant = Quadrotor(package)
    plant.reset(Start(State((0.0, 0.0, 0.1), ZERO3, LEVEL, ZERO3), (0.0,) * 4), seed=1)
    fly(plant, 0.0, 1.0)
    assert plant.on_ground
    fly(plant, 0.8, 0.5)
    assert not plant.on_ground


@pytest.mark.parametrize(("degrees", "flies_again"), [(45.0, True), (75.0, False), (180.0, False)])
def test_one_that_falls_on_its_side_stays_down(package, degrees, flies_again):
    plant = Quadrotor(package)
    lying = State((0.0, 0.0, 0.2), (0.3, 0.0, -1.0), quat_from_euler(math.radians(degrees), 0.0, 0.0), ZERO3)
    plant.reset(Start(lying, (0.0,) * 4), seed=1)
    fly(plant, 0.0, 1.0)
    last = fly(plant, 1.0, 1.0)[-1]
    assert (last.position[2] > 0.1) == flies_again
    assert plant.on_ground != flies_again


def test_a_sliding_vehicle_stops_by_friction(package):
    plant = Quadrotor(package)
    plant.reset(on_floor(velocity=(1.0, 0.0, 0.0)), seed=1)
    state = fly(plant, 0.0, 1.0)[-1]
    assert state.velocity == ZERO3
    assert state.position[0] == pytest.approx(1.0 / (2 * 0.6 * 9.81), rel=0.1)


def test_the_blow_of_a_landing_brakes_sliding_by_friction(ballistic):
    plant = Quadrotor(ballistic)
    plant.reset(Start(State((0.0, 0.0, 0.001), (2.0, 0.0, -1.0), LEVEL, ZERO3), (0.0,) * 4), seed=1)
    state = fly(plant, 0.0, 0.002, dt_s=0.002)[-1]
    assert state.velocity[0] == pytest.approx(2.0 - 0.6 * 1.0, abs=0.03)


def test_an_upward_kick_lifts_it_off_the_floor(ballistic):
    plant = Quadrotor(ballistic, disturbances=[Kick(kind="kick", at_s=0.1, velocity_world_m_s=(0.0, 0.0, 1.0))])
    plant.reset(on_floor(), seed=1)
    assert max(state.position[2] for state in fly(plant, 0.0, 0.5)) == pytest.approx(1.0 / (2 * 9.81), rel=0.01)


def test_a_start_below_the_floor_is_lifted_to_it(package):
    assert Quadrotor(package).reset(on_floor(position=(0.0, 0.0, -0.2)), seed=1).position == ZERO3


def test_without_a_floor_it_falls_through(package):
    plant = Quadrotor(package, ground=False)
    plant.reset(on_floor(), seed=1)
    assert fly(plant, 0.0, 1.0)[-1].position[2] < -3.0
