"""What flights of a batch are made of, each part beside its counterpart for one flight."""

from dataclasses import replace

import numpy as np
import pytest

from hil.core.chance import rng
from hil.core.errors import BadInput
from hil.core.types import Command, Start, State
from hil_sim.arithmetic import ARRAYS
from hil_sim.batch.chances import Chances
from hil_sim.batch.flights import Flights
from hil_sim.batch.plant import BatchPlant
from hil_sim.ground import Contact, settled
from hil_sim.quadrotor import Quadrotor
from hil_sim.vehicle_files import load_vehicle

VEHICLE = load_vehicle("cf-l2f-package")
HIGH = Start(State((0.0, 0.0, 5.0), (0.1, 0.2, 0.3), (0.0, 0.0, 0.0, 1.0), (0.3, 0.2, 0.1)))


@pytest.mark.parametrize("ahead", [1, 7, 60])
def test_each_flight_draws_the_numbers_that_it_would_draw_alone(ahead):
    seeds, sizes = (3, 4, 3), (6, 6, 3, 1, 9, 6)
    together = Chances(seeds, "residual", ahead=ahead)
    alone = [rng(seed, "residual") for seed in seeds]
    for size in sizes:
        expected = np.stack([generator.standard_normal(size) for generator in alone], axis=1)
        assert np.array_equal(together.standard_normal(size), expected)


def test_the_floor_does_the_same_to_arrays_and_to_floats():
    chance = np.random.default_rng(5)
    before, after = chance.normal(0.0, 0.5, (2, 17, 500))
    after[2] *= 0.01
    contact = Contact(chance.random(500) < 0.5, chance.random(500) < 0.2)
    contact = contact._replace(lies=contact.lies & contact.on_ground)
    states, contacts = settled(tuple(before), tuple(after), contact, 0.005, ARRAYS)
    for k in range(500):
        one = Contact(bool(contact.on_ground[k]), bool(contact.lies[k]))
        state, found = settled(tuple(before[:, k].tolist()), tuple(after[:, k].tolist()), one, 0.005)
        assert state == tuple(float(row[k]) for row in states)
        assert found == (contacts.on_ground[k], contacts.lies[k])
    assert 0 < contacts.on_ground.sum() < 500
    assert 0 < contacts.lies.sum() < contacts.on_ground.sum()


@pytest.mark.parametrize("n", [1, 16, 20])
def test_states_that_were_given_out_do_not_change_in_flight(backend, n):
    batch = BatchPlant(VEHICLE, n, backend=backend)
    states, obeyed = batch.states, batch.obeyed
    kept = states.copy(), obeyed.copy()
    for _ in range(3):
        batch.step(np.full((n, 4), 0.9), 0.01)
    assert np.array_equal(states, kept[0])
    assert np.array_equal(obeyed, kept[1])


def test_vehicles_that_are_moved_in_flight_go_on_from_there_and_the_others_do_not_notice(backend):
    moved, untouched = (BatchPlant(VEHICLE, 20, dtype="float64", backend=backend) for _ in range(2))
    states = moved.states[[3, 19]]
    states[:, :3] += (1.0, 2.0, 3.0)
    moved.move(states, where=[3, 19])
    for batch in (moved, untouched):
        batch.step(np.full((20, 4), 0.9), 0.01)
    apart = (moved.states - untouched.states)[:, :3]
    assert apart[[3, 19]] == pytest.approx(np.array([[1.0, 2.0, 3.0]] * 2))
    assert not np.delete(apart, [3, 19], axis=0).any()
    with pytest.raises(BadInput, match=r"shape \(1, 17\)"):
        moved.move(states, where=[3])


def test_loads_stay_when_vehicles_are_exchanged(backend):
    rotors = ("n1", "n2", "n3", "n4")
    exchanged, same = (BatchPlant(VEHICLE, 5, loads=True, varying=rotors, backend=backend) for _ in range(2))
    for batch in (exchanged, same):
        batch.set_loads(np.full((5, 6), 1e-3))
    exchanged.set_vehicles(VEHICLE)
    for batch in (exchanged, same):
        batch.step(np.full((5, 4), 0.5), 0.01)
    assert np.array_equal(exchanged.states, same.states)


def test_without_a_floor_a_flight_falls_on_as_one_alone_does(backend):
    flights, alone = Flights(VEHICLE, ground=False, backend=backend), Quadrotor(VEHICLE, ground=False)
    flights.reset([HIGH, HIGH], [1, 2])
    alone.reset(HIGH, seed=1)
    for _ in range(200):
        states = flights.step(np.zeros((2, 4)), 0.01)
        state = alone.step(Command((0.0, 0.0, 0.0, 0.0)), 0.01)
    assert states[:, 0].tolist() == [number for part in state for number in part]
    assert state.position[2] < 0.0


def test_a_flight_that_is_over_is_a_state_of_nan_and_takes_no_command(backend):
    flights, others = Flights(VEHICLE, backend=backend), Flights(VEHICLE, backend=backend)
    flights.reset([HIGH] * 3, [1, 2, 3])
    others.reset([HIGH, HIGH], [1, 3])
    flights.end(np.array([1]))
    commands = np.array([[0.5] * 4, [np.nan] * 4, [0.7] * 4])
    for _ in range(5):
        states, rest = flights.step(commands, 0.01), others.step(commands[[0, 2]], 0.01)
    assert np.isnan(states[:, 1]).all()
    assert np.array_equal(states[:, [0, 2]], rest)


@pytest.mark.parametrize("delay_s", [0.0, 0.005])
def test_the_voltage_is_that_of_one_alone_from_the_start(backend, delay_s):
    vehicle = replace(load_vehicle("cf21-identified"), command_delay_s=delay_s)
    flights, alone = Flights(vehicle, backend=backend), Quadrotor(vehicle)
    flights.reset([HIGH, HIGH], [1, 2])
    alone.reset(HIGH, seed=2)
    for command in (0.5, 0.9, 1.2):
        assert flights.battery_v[1] == alone.battery_v
        flights.step(np.full((2, 4), command), 0.01)
        alone.step(Command((command,) * 4), 0.01)
    assert Flights(VEHICLE, backend=backend).battery_v is None


def test_starts_and_seeds_must_pair_up():
    with pytest.raises(BadInput, match="1 starts for 2 seeds"):
        Flights(VEHICLE, backend="numpy").reset([HIGH], [1, 2])
