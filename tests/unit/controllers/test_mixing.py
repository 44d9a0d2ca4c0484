from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.core.errors import BadInput
from hil_controllers.mixing import Mixer
from hil_sim.vehicle_files import load_vehicle

VEHICLE = load_vehicle("cf21-identified")
ARM_M = VEHICLE.rotor_x_m[0]
WIDE = ((-1.0,) * 4, (1.0,) * 4)
small = st.floats(-0.2, 0.2)
below, above = st.tuples(*[st.floats(-0.05, 0.0)] * 4), st.tuples(*[st.floats(0.0, 0.05)] * 4)


def wrench(forces):
    return (sum(forces), *Mixer(VEHICLE).torques(forces))


@given(lift=small, roll=small, pitch=small, yaw=small)
def test_a_change_that_fits_is_given_exactly(lift, roll, pitch, yaw):
    torques = (roll * ARM_M, pitch * ARM_M, yaw * VEHICLE.torque_per_thrust_m)
    forces, gave_up = Mixer(VEHICLE).change(lift, torques, WIDE)
    assert not gave_up
    assert wrench(forces) == pytest.approx((lift, *torques), abs=1e-12)


@given(lift=small, roll=small, pitch=small, yaw=small, low=below, high=above)
def test_no_rotor_is_asked_for_more_than_it_can(lift, roll, pitch, yaw, low, high):
    torques = (roll * ARM_M, pitch * ARM_M, yaw * VEHICLE.torque_per_thrust_m)
    forces, _ = Mixer(VEHICLE).change(lift, torques, (low, high))
    assert all(a - 1e-12 <= f <= b + 1e-12 for a, f, b in zip(low, forces, high, strict=True))


def test_yaw_is_given_up_before_the_collective():
    room = ((-0.02,) * 4, (0.02,) * 4)
    forces, gave_up = Mixer(VEHICLE).change(0.08, (0.0, 0.0, 1e-3), room)
    assert gave_up
    assert wrench(forces) == pytest.approx((0.08, 0.0, 0.0, 0.0), abs=1e-12)


def test_the_collective_is_given_up_before_tilt():
    room = ((-0.02,) * 4, (0.02,) * 4)
    roll = 0.02 * 4 * ARM_M
    forces, gave_up = Mixer(VEHICLE).change(0.08, (roll, 0.0, 0.0), room)
    assert gave_up
    assert wrench(forces) == pytest.approx((0.0, roll, 0.0, 0.0), abs=1e-12)


def test_tilt_that_does_not_fit_keeps_its_direction():
    room = ((-0.02,) * 4, (0.02,) * 4)
    forces, _ = Mixer(VEHICLE).change(0.0, (0.01, -0.005, 0.0), room)
    _, roll, pitch, _ = wrench(forces)
    assert 0.0 < roll < 0.01
    assert pitch == pytest.approx(-roll / 2)


def test_rotors_that_all_turn_one_way_are_refused():
    with pytest.raises(BadInput, match="independently"):
        Mixer(replace(VEHICLE, rotor_torque_sign=(1.0, 1.0, 1.0, 1.0)))
