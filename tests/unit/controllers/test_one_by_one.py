"""Any controller serves a batch: one instance per flight, each unaware of the others."""

import numpy as np

from hil.core.arrays import setpoint_of, setpoint_values, state_of, state_values
from hil.core.types import LEVEL, ZERO3, Setpoint, State
from hil_controllers.one_by_one import OneByOne
from hil_controllers.pid import build
from hil_sim.vehicle_files import load_vehicle

VEHICLE = load_vehicle("cf21-identified")
STATES = [State((0.1 * k, -0.1, 1.0 + 0.05 * k), (0.0, 0.1 * k, 0.0), LEVEL, (0.1, 0.0, 0.2 * k)) for k in range(3)]
SETPOINTS = [Setpoint((0.0, 0.0, 1.0)), Setpoint((0.0, 0.1, 1.0), ZERO3), Setpoint((1.0, 0.0, 1.0), ZERO3, ZERO3, 0.3)]
AS_ARRAYS = np.array([state_values(s) for s in STATES]), np.array([setpoint_values(s) for s in SETPOINTS])


def test_each_flight_gets_the_commands_of_a_controller_of_its_own():
    batch, alone = OneByOne(lambda: build(VEHICLE)), [build(VEHICLE) for _ in STATES]
    batch.reset(3)
    for _ in range(4):
        expected = [c.act(s, r).motors for c, s, r in zip(alone, STATES, SETPOINTS, strict=True)]
        assert batch.act(*AS_ARRAYS).tolist() == [list(motors) for motors in expected]


def test_reset_makes_all_forget_also_when_there_are_more_or_fewer():
    batch, fresh = OneByOne(lambda: build(VEHICLE)), OneByOne(lambda: build(VEHICLE))
    batch.reset(2)
    batch.act(*(rows[:2] for rows in AS_ARRAYS))
    for n in (3, 1):
        batch.reset(n)
        fresh.reset(n)
        some = tuple(rows[:n] for rows in AS_ARRAYS)
        assert np.array_equal(batch.act(*some), fresh.act(*some))


def test_a_flight_that_is_over_is_not_asked():
    batch = OneByOne(lambda: build(VEHICLE))
    batch.reset(3)
    states = AS_ARRAYS[0].copy()
    states[1] = np.nan
    assert np.isnan(batch.act(states, AS_ARRAYS[1])).all(axis=1).tolist() == [False, True, False]


def test_states_and_set_points_come_back_from_their_numbers():
    assert [state_of(state_values(state)) for state in STATES] == STATES
    assert [setpoint_of(setpoint_values(setpoint)) for setpoint in SETPOINTS] == SETPOINTS
