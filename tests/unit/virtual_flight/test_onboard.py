"""Which controller flies, and what each is given."""

import math
import struct

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil.core.frames import euler_zyx, quat_from_euler
from hil.core.types import Setpoint, State
from hil.virtual_crazyflie.cell import Cell, charged_as
from hil.virtual_crazyflie.measured_battery import MeasuredBattery
from hil.virtual_crazyflie.onboard import _turned
from hil_sim.vehicle_files import load_vehicle

VEHICLE = load_vehicle("cf21-identified")
NUMBER = "stabilizer.controller"


def flies(bench):
    return bench.flight.onboard._flying


def asked_for(bench, number):
    bench.parameters[NUMBER] = number
    bench.ms(1)
    return bench.parameters[NUMBER]


@pytest.mark.parametrize(("word", "number"), [("pid-firmware", 1), ("geometric", 5), ("pid", 6), ("ann", 6)])
def test_it_boots_into_the_number_of_what_it_was_started_with(boot, word, number):
    assert boot(controller=word).parameters[NUMBER] == number


@pytest.mark.parametrize("number", [2, 3, 4, 6, 7, 200])
def test_a_controller_that_is_not_there_is_refused_without_a_word(boot, number):
    bench = boot()
    said = len(bench.said)
    assert asked_for(bench, number) == 1
    assert len(bench.said) == said


def test_the_built_in_ones_are_there_beside_one_out_of_tree(boot):
    bench = boot(controller="pid")
    assert [asked_for(bench, number) for number in (1, 5, 6, 0)] == [1, 5, 6, 6]


def test_a_controller_that_is_none_is_refused_at_boot(boot):
    with pytest.raises(BadInput, match="unknown controller"):
        boot(controller="nonesuch")


def test_a_controller_whose_rate_the_loop_cannot_keep_is_refused(boot, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from hil_controllers.geometric import Geometric\ndef build(vehicle): return Geometric(vehicle, rate_hz=300)\n"
    )
    with pytest.raises(BadInput, match="300 Hz does not divide"):
        boot(controller=f"{mine}:build")


def test_a_controller_whose_file_is_gone_is_flown_on(boot, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text("from hil_controllers.geometric import Geometric as build\n")
    bench = boot(controller=f"{mine}:build")
    mine.unlink()
    bench.hover()
    assert flies(bench) is not bench.flight.onboard.pid


@pytest.mark.parametrize("word", ["geometric", "ann"])
def test_velocities_and_tilts_are_flown_by_the_pid_whatever_is_chosen(boot, word):
    bench = boot(controller=word)
    bench.hover()
    by_position = flies(bench)
    bench.send(7, 0, b"\x0a" + struct.pack("<ffff", 0.1, 0.0, 0.0, 0.6))
    bench.ms(10)
    assert by_position is not bench.flight.onboard.pid
    assert flies(bench) is bench.flight.onboard.pid


def test_nothing_flies_while_nothing_is_wanted(boot):
    bench = boot()
    bench.ms(100)
    assert flies(bench) is None


def test_controllers_are_changed_in_flight_and_back(boot):
    bench = boot(controller="ann")
    bench.hover(0.8)
    heights = []
    for number in (1, 5, 6):
        assert asked_for(bench, number) == number
        heights += [bench.body.state.position[2] for _ in bench.every_ms(1500)]
    assert min(heights) > 0.5
    assert max(heights) < 1.1


def test_a_command_that_is_no_number_stops_the_motors(boot, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from hil.core.types import Command\n"
        "from hil_controllers.geometric import Geometric\n"
        "class Nan(Geometric):\n"
        "    def act(self, state, setpoint): return Command((float('nan'),) * 4)\n"
        "def build(vehicle): return Nan(vehicle)\n"
    )
    bench = boot(controller=f"{mine}:build")
    bench.ms(20)
    bench.vertical(b"\x07", 0.5, 1.0)
    bench.ms(100)
    assert bench.body.motors_fraction == (0.0,) * 4


@pytest.mark.parametrize(
    ("kind", "numbers", "expected"),
    [
        (8, (0.3, -0.2, 0.1, 0.0), (0.3, -0.2, 0.1)),  # world velocity
        (10, (0.3, 0.2, 0.0, 0.8), (-0.2, 0.3, 0.0)),  # body velocity, turned by 90°
    ],
    ids=["world", "body"],
)
def test_a_velocity_is_flown_in_its_frame(boot, kind, numbers, expected):
    bench = boot(yaw_rad=math.pi / 2)
    bench.hover(0.8)
    bench.ms(3000)
    velocities = []
    for now in bench.every_ms(3000):
        if now % 20 == 0:
            bench.send(7, 0, bytes((kind,)) + struct.pack("<ffff", *numbers))
        velocities.append(bench.body.state.velocity)
    assert np.mean(velocities[1500:], axis=0) == pytest.approx(expected, abs=0.07)


def test_a_yaw_rate_turns_it_at_that_rate(boot):
    bench = boot()
    bench.hover(0.8)
    yaws = []
    for now in bench.every_ms(3000):
        if now % 20 == 0:
            bench.send(7, 0, b"\x0a" + struct.pack("<ffff", 0.0, 0.0, 30.0, 0.8))
        yaws.append(euler_zyx(bench.body.state.attitude)[2])
    turned = np.unwrap(yaws)
    assert math.degrees(turned[2999] - turned[999]) == pytest.approx(60.0, abs=6.0)


def test_roll_and_pitch_with_thrust_tilt_it_the_way_a_client_means(boot):
    bench = boot()
    bench.hover(1.0)
    bench.send(3, 0, struct.pack("<fffH", 0.0, 0.0, 0.0, 0))
    for now in bench.every_ms(400):
        if now % 20 == 0:
            bench.send(3, 0, struct.pack("<fffH", 5.0, -10.0, 0.0, 59_000))  # nose down 10°, as cflib negates
    roll, pitch, _ = np.degrees(euler_zyx(bench.body.state.attitude))
    assert (roll, pitch) == (pytest.approx(5.0, abs=3.5), pytest.approx(10.0, abs=3.5))
    assert bench.body.state.velocity[0] > 0.2


def test_a_levelled_out_vehicle_is_level_and_keeps_its_height(boot):
    bench = boot()
    bench.hover(0.8)
    for now in bench.every_ms(1000):
        if now % 20 == 0:
            bench.send(7, 0, b"\x08" + struct.pack("<ffff", 0.6, 0.0, 0.0, 0.0))
    height = bench.body.state.position[2]
    bench.ms(1800)
    roll, pitch, _ = np.degrees(euler_zyx(bench.body.state.attitude))
    assert (roll, pitch) == (pytest.approx(0.0, abs=2.5), pytest.approx(0.0, abs=2.5))
    assert bench.body.state.position[2] == pytest.approx(height, abs=0.15)


def test_a_network_sees_a_turned_world_so_that_the_yaw_wanted_is_zero():
    state = State((1.0, 0.0, 1.0), (0.0, 1.0, 0.0), quat_from_euler(0.0, 0.0, math.pi / 2 + 0.1), (0.1, 0.2, 0.3))
    seen, wanted = _turned(state, Setpoint((1.0, 1.0, 1.0), (1.0, 0.0, 0.0), None, math.pi / 2))
    assert wanted.yaw == 0.0
    assert seen.position == pytest.approx((0.0, -1.0, 1.0))
    assert wanted.position == pytest.approx((1.0, -1.0, 1.0))
    assert (seen.velocity, wanted.velocity) == (pytest.approx((1.0, 0.0, 0.0)), pytest.approx((0.0, -1.0, 0.0)))
    assert euler_zyx(seen.attitude) == pytest.approx((0.0, 0.0, 0.1), abs=1e-9)
    assert seen.rates == state.rates


def test_a_network_turns_with_a_yaw_it_has_no_input_for(boot):
    bench = boot(controller="ann")
    bench.hover(0.8)
    bench.go_to(0.0, 0.0, 0.8, yaw=1.0, duration_s=2.0)
    bench.ms(4000)
    assert euler_zyx(bench.body.state.attitude)[2] == pytest.approx(1.0, abs=0.3)


def test_battery_compensation_gives_the_same_motor_voltage_whatever_the_battery():
    duties = []
    for volts in (3.3, 3.9):
        battery = MeasuredBattery(VEHICLE)
        battery.measure(volts)
        duties.append(volts * battery.command((0.7,) * 4).motors[0])
    assert duties[0] == pytest.approx(duties[1])


def test_what_exceeds_full_duty_is_taken_from_all_four():
    battery = MeasuredBattery(VEHICLE)
    battery.measure(2.9)
    motors = battery.command((1.0, 0.9, 0.8, 0.7)).motors
    assert max(motors) == 1.0
    assert min(motors) == pytest.approx(0.82, abs=0.03)


@pytest.mark.parametrize("duty", [0.0, 0.3, 0.85])
def test_a_controller_is_made_for_the_battery_that_shows_the_voltage_measured(duty):
    battery = Cell(VEHICLE)
    battery.charge(3.8)
    assert Cell(charged_as(VEHICLE, battery.volts(duty), duty)).volts(0.0) == pytest.approx(3.8)
