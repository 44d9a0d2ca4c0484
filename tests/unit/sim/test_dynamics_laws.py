"""The equations of motion obey mechanics."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from hil.core.frames import quat_from_euler, quat_multiply, rotation_matrix
from hil.core.types import LEVEL, ZERO3, Command, Start, State
from hil.core.vehicle import GRAVITY_M_S2
from hil_sim.quadrotor import Quadrotor
from hil_sim.vehicle_files import load_vehicle, vehicle_names

OFF = Command((0.0,) * 4)
TUMBLING = State((0.0, 0.0, 100.0), (1.0, -2.0, 3.0), quat_from_euler(0.3, -0.4, 0.5), (6.0, -9.0, 4.0))
STOPPED = (0.0,) * 4


def fly(vehicle, start, command, *, steps, dt_s=0.01, **options):
    plant = Quadrotor(vehicle, **options)
    state = plant.reset(start, seed=3)
    for _ in range(steps):
        state = plant.step(command, dt_s)
    return state


def energy(vehicle, state):
    linear = 0.5 * vehicle.mass_kg * sum(v * v for v in state.velocity)
    turning = 0.5 * sum(j * w * w for j, w in zip(vehicle.inertia_kg_m2, state.rates, strict=True))
    return linear + turning + vehicle.mass_kg * GRAVITY_M_S2 * state.position[2]


def momentum_world(vehicle, state):
    return np.array(rotation_matrix(state.attitude)) @ (np.array(vehicle.inertia_kg_m2) * state.rates)


def test_free_fall_is_half_g_t_squared(ballistic, in_the_air):
    state = fly(ballistic, in_the_air._replace(motors=STOPPED), OFF, steps=200)
    assert state.position[2] == pytest.approx(100.0 - 0.5 * GRAVITY_M_S2 * 2.0**2, abs=1e-9)
    assert state.velocity[2] == pytest.approx(-GRAVITY_M_S2 * 2.0, abs=1e-9)


def test_tumbling_without_drag_keeps_its_energy(ballistic):
    state = fly(ballistic, Start(TUMBLING, STOPPED), OFF, steps=1000, dt_s=0.002)
    assert energy(ballistic, state) == pytest.approx(energy(ballistic, TUMBLING), rel=1e-9)


def test_tumbling_with_drag_loses_energy(ballistic):
    dragged = replace(ballistic, drag_1_s=(0.4, 0.4, 0.2))
    state = fly(dragged, Start(TUMBLING, STOPPED), OFF, steps=1000, dt_s=0.002)
    assert energy(dragged, state) < 0.99 * energy(dragged, TUMBLING)


def test_turning_energy_alone_is_kept_by_a_tumbling_body(ballistic):
    state = fly(ballistic, Start(TUMBLING, STOPPED), OFF, steps=1000, dt_s=0.002)
    spin = [0.5 * np.dot(ballistic.inertia_kg_m2, np.square(s.rates)) for s in (TUMBLING, state)]
    assert spin[1] == pytest.approx(spin[0], rel=1e-7)


def test_angular_momentum_in_the_world_is_constant_without_torque(ballistic):
    state = fly(ballistic, Start(TUMBLING, STOPPED), OFF, steps=1000, dt_s=0.002)
    assert momentum_world(ballistic, state) == pytest.approx(momentum_world(ballistic, TUMBLING), rel=1e-6)
    assert state.rates != pytest.approx(TUMBLING.rates, rel=0.1)  # the body does tumble: rates alone are not constant


def test_fourth_order_errors_shrink_sixteenfold_when_the_step_is_halved(package):
    command = Command((0.9, 0.5, 0.7, 0.6))
    exact = fly(package, Start(TUMBLING), command, steps=4096, dt_s=0.32 / 4096)
    errors = [
        math.dist(fly(package, Start(TUMBLING), command, steps=steps, dt_s=0.32 / steps).attitude, exact.attitude)
        for steps in (32, 64, 128)
    ]
    slopes = [math.log2(coarse / fine) for coarse, fine in itertools.pairwise(errors)]
    assert all(3.7 < slope < 4.3 for slope in slopes), slopes


MIRRORS = {  # sign of (vector x, y), (rates x, y, z), quaternion (x, y, z), and who takes whose command
    "left and right": ((1, -1), (-1, 1, -1), (-1, 1, -1), (3, 2, 1, 0)),
    "front and back": ((-1, 1), (1, -1, -1), (1, -1, -1), (1, 0, 3, 2)),
}


@pytest.mark.parametrize("name", vehicle_names())
@pytest.mark.parametrize("mirror", MIRRORS)
def test_a_mirrored_flight_is_the_mirror_of_the_flight(name, mirror):
    vehicle = replace(load_vehicle(name), motor_mismatch_std=0.0)
    (sx, sy), (rx, ry, rz), (qx, qy, qz), order = MIRRORS[mirror]

    def mirrored(state):
        (px, py, pz), (vx, vy, vz), (x, y, z, w), (wx, wy, wz) = state
        return State(
            (sx * px, sy * py, pz), (sx * vx, sy * vy, vz), (qx * x, qy * y, qz * z, w), (rx * wx, ry * wy, rz * wz)
        )

    command = (0.9, 0.7, 0.75, 0.8)
    plain = fly(vehicle, Start(TUMBLING), Command(command), steps=20)
    other = fly(vehicle, Start(mirrored(TUMBLING)), Command(tuple(command[i] for i in order)), steps=20)
    for expected, found in zip(mirrored(plain), other, strict=True):
        assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("yaw", [math.pi / 2, 2.0])
@pytest.mark.parametrize("name", vehicle_names())
def test_the_world_has_no_preferred_heading(name, yaw):
    vehicle, turn = load_vehicle(name), quat_from_euler(0.0, 0.0, yaw)
    matrix = np.array(rotation_matrix(turn))

    def turned(state):
        return State(
            tuple(matrix @ state.position), tuple(matrix @ state.velocity),
            quat_multiply(turn, state.attitude), state.rates,
        )  # fmt: skip

    command = Command((0.9, 0.7, 0.75, 0.8))
    plain, other = (fly(vehicle, Start(s), command, steps=100, dt_s=0.002) for s in (TUMBLING, turned(TUMBLING)))
    for expected, found in zip(turned(plain), other, strict=True):
        assert found == pytest.approx(expected, abs=1e-8)  # as near as RK4 keeps quaternions of length 1


@pytest.mark.parametrize("name", vehicle_names())
def test_hover_command_keeps_equal_motors_in_place(name, in_the_air):
    vehicle = replace(load_vehicle(name), motor_mismatch_std=0.0)
    if vehicle.battery:
        vehicle = replace(vehicle, battery=replace(vehicle.battery, drain_v_s=0.0))
    state = fly(vehicle, in_the_air, Command((vehicle.hover_command,) * 4), steps=500)
    assert state.position == pytest.approx(in_the_air.state.position, abs=1e-9)
    assert state.attitude == LEVEL


@pytest.mark.parametrize(
    ("motors", "axis", "sign"),
    [((0, 0, 1, 1), 0, 1), ((0, 1, 1, 0), 1, 1), ((0, 1, 0, 1), 2, 1), ((1, 1, 0, 0), 0, -1), ((1, 0, 0, 1), 1, -1)],
)
def test_each_pair_of_motors_turns_the_way_it_should(identified, in_the_air, motors, axis, sign):
    command = Command(tuple(identified.hover_command + 0.05 * m for m in motors))
    rates = fly(identified, in_the_air, command, steps=5).rates
    assert sign * rates[axis] > 0.05
    assert sign * rates[axis] > 10 * max(abs(rates[other]) for other in range(3) if other != axis)


def test_drag_slows_a_level_vehicle_exponentially(identified, in_the_air):
    vehicle = replace(identified, drag_height_x_m=0.0, drag_height_y_m=0.0)
    start = Start(in_the_air.state._replace(velocity=(1.0, -1.0, 0.0)))
    vx, vy, _ = fly(vehicle, start, Command((vehicle.hover_command,) * 4), steps=100).velocity
    assert (vx, vy) == pytest.approx((math.exp(-0.389), -math.exp(-0.405)), rel=1e-6)


def test_drag_moment_turns_the_vehicle_back_as_identified(identified, in_the_air):
    start = Start(in_the_air.state._replace(velocity=(1.0, 1.0, 0.0)))
    vehicle = replace(identified, rate_damping_1_s=0.0)
    wx, wy, _ = fly(vehicle, start, Command((vehicle.hover_command,) * 4), steps=1, dt_s=0.001).rates
    assert (wx / 0.001, wy / 0.001) == pytest.approx((0.40 * 56, -0.46 * 58), rel=0.01)


@pytest.mark.parametrize(("axis", "gain"), [("roll", 56.0), ("pitch", 58.0)])
def test_identified_torque_gains_come_out_of_inertia_and_arm(identified, axis, gain):
    x, y = identified.rotor_x_m, identified.rotor_y_m
    arm, inertia = (y[3], identified.inertia_kg_m2[0]) if axis == "roll" else (x[0], identified.inertia_kg_m2[1])
    assert arm * identified.mass_kg / inertia == pytest.approx(gain, rel=1e-3)


def test_rotor_inertia_gives_yaw_a_kick_before_its_steady_torque(identified, in_the_air):
    turn = Command(tuple(identified.hover_command + 0.05 * s for s in identified.rotor_torque_sign))
    without = replace(identified, yaw_zero_s=0.0)
    quick, slow = (fly(v, in_the_air, turn, steps=2).rates[2] for v in (identified, without))
    assert quick > 5 * slow > 0.0


def test_rates_decay_by_their_damping_alone(identified, in_the_air):
    start = Start(in_the_air.state._replace(rates=(0.0, 0.0, 1.0)), STOPPED)
    assert fly(identified, start, OFF, steps=100).rates[2] == pytest.approx(math.exp(-0.4), rel=1e-6)


def test_a_level_vehicle_at_rest_has_no_rates_on_no_seed(package, in_the_air):
    assert fly(package, in_the_air, Command((0.5,) * 4), steps=50).rates == ZERO3
