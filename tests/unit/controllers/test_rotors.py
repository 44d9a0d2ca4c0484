import pytest

from hil.core.types import LEVEL, ZERO3, Start, State
from hil_controllers.rotors import Rotors
from hil_sim.quadrotor import Quadrotor
from hil_sim.vehicle_files import load_vehicle, vehicle_names

DT_S = 0.01
START = Start(State((0.0, 0.0, 5.0), ZERO3, LEVEL, ZERO3))


def turn(k):
    """A pattern of forces that goes up and down, differently for each rotor, over hover."""
    return tuple(1.0 + 0.05 * ((k * (i + 3)) % 7 - 3) for i in range(4))


@pytest.mark.parametrize("name", vehicle_names())
def test_the_model_follows_the_plants_rotors(name):
    vehicle = load_vehicle(name)
    plant, rotors = Quadrotor(vehicle), Rotors(vehicle, DT_S)
    plant.reset(START, seed=1)
    hover_n = vehicle.thrust(vehicle.hover_motor)
    for k in range(20):
        plant.step(rotors.command_for(tuple(hover_n * share for share in turn(k))), DT_S)
    ahead = rotors.motors  # when the next command begins to act: by the vehicle's delay ahead of the plant
    if vehicle.command_delay_s:
        plant.step(rotors.command_for((hover_n,) * 4), vehicle.command_delay_s)
    assert plant.motors == pytest.approx(ahead, rel=2e-3)


def test_a_force_within_reach_is_there_one_tick_later():
    rotors = Rotors(load_vehicle("cf-l2f-original"), DT_S)
    low, high = rotors.reachable()
    wanted = tuple(a + share * (b - a) for a, b, share in zip(low, high, (0.1, 0.5, 0.8, 0.95), strict=True))
    rotors.command_for(wanted)
    assert rotors.forces == pytest.approx(wanted)


def test_a_force_out_of_reach_is_approached_as_fast_as_full_command_can():
    rotors = Rotors(load_vehicle("cf-l2f-original"), DT_S)
    _, high = rotors.reachable()
    assert rotors.command_for((1.0, 1.0, 1.0, 1.0)).motors == (1.0, 1.0, 1.0, 1.0)
    assert rotors.forces == pytest.approx(high)
