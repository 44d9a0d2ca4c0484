"""Motors lag, thrust follows the identified law, the battery sags and drains."""

import math
from dataclasses import replace

import pytest

from hil.core.errors import HilError
from hil.core.types import Command
from hil.core.vehicle import GRAVITY_M_S2
from hil_sim.battery import supply_of
from hil_sim.quadrotor import Quadrotor
from hil_sim.vehicle_files import load_vehicle

# Hover voltage and hover command (PWM / 65535) of the NanoBench flights. Below 3.3 V they leave the law u V = 2.93 by
# 3 to 4 %, which docs/vehicles.md states; the law is claimed for 3.26 V and above.
HOVER = {3.72: 0.780, 3.64: 0.805, 3.55: 0.830, 3.45: 0.853, 3.35: 0.871, 3.26: 0.887}


def same(command):
    return Command((command,) * 4)


def started(vehicle, start, motors, **options):
    plant = Quadrotor(vehicle, **options)
    plant.reset(start._replace(motors=(motors,) * 4), seed=0)
    return plant


@pytest.mark.parametrize(("first", "command", "tau_s"), [(0.2, 0.8, 0.0555), (0.8, 0.2, 0.249)])
def test_rotors_of_cf_l2f_2_rise_faster_than_they_fall(in_the_air, first, command, tau_s):
    plant = started(load_vehicle("cf-l2f-2"), in_the_air, first)
    for _ in range(5):
        plant.step(same(command), 0.01)
    expected = command + (first - command) * math.exp(-0.05 / tau_s)
    assert plant.motors == pytest.approx((expected,) * 4, abs=5e-6)


def test_motors_never_leave_zero_to_one_without_a_battery(package, in_the_air):
    plant = started(package, in_the_air, 0.0)
    for k in range(100):
        plant.step(same(float(k % 3 > 0) * 5.0 - 2.0), 0.01)
        assert all(0.0 <= motor <= 1.0 for motor in plant.motors)


@pytest.mark.parametrize(("hover_v", "command"), HOVER.items())
def test_hover_command_follows_the_measured_table(identified, in_the_air, hover_v, command):
    plant = Quadrotor(identified.charged(hover_v))
    assert plant.actual.hover_command == pytest.approx(command, rel=0.02)
    plant.reset(in_the_air, seed=0)
    state = plant.step(same(plant.actual.hover_command), 0.01)
    assert state.velocity[2] / 0.01 == pytest.approx(0.0, abs=0.005)
    assert plant.battery_v == pytest.approx(hover_v, abs=0.001)


def test_thrust_grows_as_the_power_1_85_around_hover(identified):
    weight = identified.mass_kg * GRAVITY_M_S2 / 4
    assert identified.thrust(1.0) == pytest.approx(weight, rel=1e-3)
    slope = (math.log(identified.thrust(1.02)) - math.log(identified.thrust(0.98))) / (math.log(1.02) - math.log(0.98))
    assert slope == pytest.approx(1.85, abs=0.05)


@pytest.mark.parametrize(
    ("name", "ratio"),
    [("cf-l2f-original", 2.248), ("cf-l2f-package", 1.966), ("cf-l2f-2", 1.467)],
)
def test_full_throttle_carries_this_many_weights(in_the_air, name, ratio):
    plant = started(load_vehicle(name), in_the_air, 1.0)
    vz = plant.step(same(1.0), 0.001).velocity[2]
    assert 1 + vz / 0.001 / GRAVITY_M_S2 == pytest.approx(ratio, abs=0.002)


@pytest.mark.parametrize(("hover_v", "ratio"), [(3.55, 1.3), (3.45, 1.2), (3.2, 1.1)])
def test_full_throttle_of_the_identified_vehicle_weakens_with_its_battery(identified, in_the_air, hover_v, ratio):
    plant = started(identified.charged(hover_v), in_the_air, 1.0)
    vz = plant.step(same(1.0), 0.001).velocity[2]
    assert 1 + vz / 0.001 / GRAVITY_M_S2 == pytest.approx(ratio, abs=0.06)


def test_battery_sags_with_the_mean_command_and_drains_with_time(identified, in_the_air):
    plant = started(replace(identified, command_delay_s=0.0), in_the_air, 1.0)
    hover = identified.hover_command
    for command in (hover, hover + 0.1):
        for _ in range(100):
            plant.step(same(command), 0.01)
    assert plant.battery_v == pytest.approx(3.55 - 1.03 * 0.1 - 0.0029 * 2.0, abs=1e-9)


def test_a_vehicle_without_battery_has_no_voltage(package):
    assert Quadrotor(package).battery_v is None


def test_a_vehicle_without_battery_cannot_be_charged(package):
    with pytest.raises(ValueError, match=r"cf-l2f-package has no battery"):
        package.charged(3.6)


@pytest.mark.parametrize("motors", [(0.3, 0.5, 0.7, 0.9), (0.0,) * 4, (1.0,) * 4])
@pytest.mark.parametrize("name", ["cf21-identified", "cf-l2f-2"])
def test_the_command_that_keeps_motors_does_keep_them(name, motors):
    supply = supply_of(load_vehicle(name))
    command = supply.command_for(motors)
    volts = supply.volts(command, 0.0)
    assert tuple(u * volts / supply.reference_v for u in command) == pytest.approx(motors, abs=1e-12)


def test_motors_hold_their_start_until_the_first_command_arrives(identified, in_the_air):
    plant = Quadrotor(identified, action_delay_s=1.0)
    plant.reset(in_the_air, seed=0)
    state = plant.step(same(0.0), 0.5)
    assert plant.motors == pytest.approx((identified.hover_motor,) * 4, rel=1e-3)
    assert state.velocity[2] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_command_that_is_not_finite_stops_the_bench(package, bad):
    with pytest.raises(HilError, match="not finite"):
        Quadrotor(package).step(Command((0.5, bad, 0.5, 0.5)), 0.01)


@pytest.mark.parametrize("dt_s", [0.0, -0.01])
def test_a_step_must_take_time(package, dt_s):
    with pytest.raises(HilError, match="at least 1 ns"):
        Quadrotor(package).step(same(0.5), dt_s)
