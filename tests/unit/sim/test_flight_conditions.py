"""Delays, gusts, kicks and faults act at their instant, whatever the step; chance comes from the seed alone."""

import math
from dataclasses import replace

import pytest

from hil.core.types import Command, Start
from hil.scenario.conditions import Delay, Force, Gust, Kick, MotorEfficiency, Randomise, Residual, Torque
from hil_sim.loads import Loads
from hil_sim.quadrotor import Quadrotor
from hil_sim.variation import varied
from hil_sim.vehicle_files import load_vehicle


def same(command):
    return Command((command,) * 4)


def fly(vehicle, start, command, *, steps, dt_s=0.01, seed=5, **options):
    plant = Quadrotor(vehicle, **options)
    state = plant.reset(start, seed=seed)
    for _ in range(steps):
        state = plant.step(command, dt_s)
    return plant, state


def lagged_for(seconds, *, first, command, tau_s=0.072):
    return command + (first - command) * math.exp(-seconds / tau_s)


@pytest.mark.parametrize("delay_us", [1, 5_000, 9_999, 10_000, 12_345])
def test_a_command_takes_effect_exactly_its_delay_later(package, in_the_air, delay_us):
    plant, _ = fly(package, in_the_air._replace(motors=(0.2,) * 4), same(0.9), steps=2, action_delay_s=delay_us * 1e-6)
    expected = lagged_for(0.02 - delay_us * 1e-6, first=0.2, command=0.9)
    assert plant.motors == pytest.approx((expected,) * 4, abs=2e-6)  # 1 µs is 1e-5


def test_the_vehicles_own_delay_and_the_actions_add_up(package, in_the_air):
    vehicle = replace(package, command_delay_s=0.005)
    plant, _ = fly(vehicle, in_the_air._replace(motors=(0.2,) * 4), same(0.9), steps=2, action_delay_s=0.007)
    assert plant.motors == pytest.approx((lagged_for(0.008, first=0.2, command=0.9),) * 4, abs=1e-6)


def test_a_delay_fault_holds_back_only_commands_issued_from_its_instant_on(package, in_the_air):
    plant = Quadrotor(package, faults=[Delay(kind="delay", added_s=0.025, at_s=0.01)])
    plant.reset(in_the_air._replace(motors=(0.2,) * 4), seed=0)
    for command in (0.9, 0.1, 0.1):
        plant.step(same(command), 0.01)
    assert plant.motors == pytest.approx((lagged_for(0.03, first=0.2, command=0.9),) * 4, abs=1e-6)
    plant.step(same(0.1), 0.01)
    before = lagged_for(0.035, first=0.2, command=0.9)
    assert plant.motors == pytest.approx((lagged_for(0.005, first=before, command=0.1),) * 4, abs=1e-6)


@pytest.mark.parametrize("dt_s", [0.01, 0.003, 0.05])
def test_a_gust_gives_the_impulse_force_times_time(package, in_the_air, dt_s):
    gust = Gust(kind="gust", at_s=0.0123, for_s=0.0333, force_world_n=(0.02, -0.01, 0.005))
    hover = same(package.hover_command)
    _, state = fly(package, in_the_air, hover, steps=math.ceil(0.06 / dt_s), dt_s=dt_s, disturbances=[gust])
    expected = tuple(f * 0.0333 / package.mass_kg for f in gust.force_world_n)
    assert state.velocity == pytest.approx(expected, abs=1e-12)


def test_no_gust_gives_no_impulse(package, in_the_air):
    late = Gust(kind="gust", at_s=0.06, for_s=1.0, force_world_n=(0.02, -0.01, 0.005))
    _, state = fly(package, in_the_air, same(package.hover_command), steps=6, disturbances=[late])
    assert state.velocity == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)


@pytest.mark.parametrize("dt_s", [0.01, 0.004])
def test_a_kick_changes_velocity_and_rates_at_its_instant(ballistic, in_the_air, dt_s):
    kick = Kick(kind="kick", at_s=0.013, velocity_world_m_s=(1.0, -2.0, 0.0), rates_body_rad_s=(0.0, 0.0, 3.0))
    start = in_the_air._replace(motors=(0.0,) * 4)
    _, state = fly(ballistic, start, same(0.0), steps=round(0.04 / dt_s), dt_s=dt_s, disturbances=[kick])
    assert state.rates == pytest.approx((0.0, 0.0, 3.0), abs=1e-12)
    assert state.position[:2] == pytest.approx((0.027, -0.054), abs=1e-12)


def test_a_kick_happens_once(ballistic, in_the_air):
    kick = Kick(kind="kick", at_s=0.0, rates_body_rad_s=(0.0, 0.0, 1.0))
    _, state = fly(
        ballistic, in_the_air._replace(motors=(0.0,) * 4), same(0.0), steps=50, dt_s=0.002, disturbances=[kick]
    )
    assert state.rates == pytest.approx((0.0, 0.0, 1.0), abs=1e-12)


def test_constant_force_and_torque_accelerate_as_newton_says(ballistic, in_the_air):
    loads = [
        Force(kind="force", force_world_n=(0.027, 0.0, 0.0)),
        Torque(kind="torque", torque_body_n_m=(0.0, 0.0, 2e-5)),
    ]
    _, state = fly(ballistic, in_the_air._replace(motors=(0.0,) * 4), same(0.0), steps=100, disturbances=loads)
    assert state.velocity[0] == pytest.approx(1.0, rel=1e-9)
    assert state.rates[2] == pytest.approx(2e-5 / ballistic.inertia_kg_m2[2], rel=1e-9)


def test_drawn_forces_spread_as_stated(ballistic):
    force = Force(kind="force", force_world_n=(1.0, 0.0, 0.0), std_n=0.1)
    draws = [Loads.of_flight([force], ballistic, seed=seed).at(0)[0] for seed in range(400)]
    mean = sum(draws) / len(draws)
    assert mean == pytest.approx(1.0, abs=0.02)
    assert math.sqrt(sum((x - mean) ** 2 for x in draws) / len(draws)) == pytest.approx(0.1, rel=0.15)


def test_a_weak_motor_loses_thrust_from_its_instant_on(package, in_the_air):
    weak = MotorEfficiency(kind="motor_efficiency", motor=3, factor=0.5, at_s=0.105)
    plant, state = fly(package, in_the_air, same(package.hover_command), steps=10, faults=[weak])
    assert state.rates == (0.0, 0.0, 0.0)
    assert plant.efficiency == (1.0, 1.0, 1.0, 1.0)
    state = plant.step(same(package.hover_command), 0.01)
    lost = 0.5 * package.thrust(package.hover_motor)
    assert state.rates[0] == pytest.approx(-0.028 * lost / package.inertia_kg_m2[0] * 0.005, rel=1e-3)
    assert plant.efficiency == (1.0, 1.0, 0.5, 1.0)


def test_the_same_seed_brings_the_same_wind_at_any_step(identified, in_the_air):
    """Without drag and thrust the velocity is the integral of the wind: equal at equal times means equal wind."""
    vehicle = replace(identified, thrust_n=(0.0, 0.0, 0.08), drag_1_s=(0.0, 0.0, 0.0))
    start = in_the_air._replace(motors=(0.0,) * 4)
    wind = [
        Residual(kind="residual", scale=3.0),
        Gust(kind="gust", at_s=0.011, for_s=0.2, force_world_n=(0.01, 0.0, 0.0)),
    ]
    flights = {
        dt_s: fly(vehicle, start, same(0.0), steps=round(0.6 / dt_s), dt_s=dt_s, disturbances=wind)[1]
        for dt_s in (0.002, 0.01, 0.02, 0.012)
    }
    for state in flights.values():
        assert state.velocity == pytest.approx(flights[0.01].velocity, abs=1e-10)
    _, other = fly(vehicle, start, same(0.0), steps=60, seed=6, disturbances=wind)
    assert math.dist(other.velocity, flights[0.01].velocity) > 1e-3


def test_the_wind_does_not_depend_on_the_controller(identified, in_the_air):
    loads = [Loads.of_flight([Residual(kind="residual")], identified, seed=8) for _ in range(2)]
    fine = {t: loads[0].at(t) for t in range(0, 500_000_000, 2_000_000)}
    coarse = {t: loads[1].at(t) for t in range(0, 500_000_000, 70_000_000)}
    assert all(fine[t] == load for t, load in coarse.items())


def test_residual_noise_is_as_strong_as_the_vehicle_file_says(identified):
    loads = Loads.of_flight([Residual(kind="residual")], identified, seed=2)
    rows = [loads.at(k * 10_000_000) for k in range(60_000)]
    unit = [identified.mass_kg] * 3 + list(identified.inertia_kg_m2)
    rms = [math.sqrt(sum((row[axis] / unit[axis]) ** 2 for row in rows) / len(rows)) for axis in range(6)]
    assert rms == pytest.approx([0.027, 0.031, 0.10, 3.0, 3.0, 0.0], rel=0.1)


def test_a_vehicle_that_states_no_residual_has_none(package):
    loads = Loads.of_flight([Residual(kind="residual")], package, seed=2)
    assert {loads.at(k * 10_000_000) for k in range(100)} == {(0.0,) * 6}


def test_randomised_vehicles_stay_within_their_widths_and_reach_them(package):
    widths = Randomise(mass=0.2, inertia=0.1, thrust=0.05, motor_lag=0.3)
    flights = [varied(package, widths, seed=seed)[0] for seed in range(300)]
    for ratios, width in (
        ([v.mass_kg / package.mass_kg for v in flights], 0.2),
        ([v.inertia_kg_m2[2] / package.inertia_kg_m2[2] for v in flights], 0.1),
        ([v.thrust_n[2] / package.thrust_n[2] for v in flights], 0.05),
        ([v.motor_tau_up_s / package.motor_tau_up_s for v in flights], 0.3),
    ):
        assert max(abs(r - 1) for r in ratios) <= width
        assert max(ratios) > 1 + 0.9 * width
        assert min(ratios) < 1 - 0.9 * width


def test_quantities_are_drawn_independently(package):
    same_width = Randomise(mass=0.1, inertia=0.1, thrust=0.1, motor_lag=0.1, drag=0.1)
    vehicle = replace(package, drag_1_s=(1.0, 1.0, 1.0))
    flown = varied(vehicle, same_width, seed=1)[0]
    ratios = {
        flown.mass_kg / vehicle.mass_kg,
        flown.inertia_kg_m2[0] / vehicle.inertia_kg_m2[0],
        flown.thrust_n[0] / vehicle.thrust_n[0],
        flown.motor_tau_down_s / vehicle.motor_tau_down_s,
        flown.drag_1_s[0],
    }
    assert len({round(ratio, 9) for ratio in ratios}) == 5


def test_nothing_randomised_leaves_the_vehicle_as_it_is(package):
    assert varied(package, Randomise(), seed=4) == (package, (1.0, 1.0, 1.0, 1.0))


def test_motor_mismatch_has_the_spread_of_the_vehicle_file():
    vehicle = load_vehicle("cf21-identified")
    draws = [factor for seed in range(200) for factor in varied(vehicle, Randomise(), seed=seed)[1]]
    assert math.sqrt(sum((x - 1) ** 2 for x in draws) / len(draws)) == pytest.approx(0.05, rel=0.1)


def test_widening_one_quantity_does_not_change_another(package):
    mass_only = varied(package, Randomise(mass=0.2), seed=9)[0]
    both = varied(package, Randomise(mass=0.2, thrust=0.1), seed=9)[0]
    assert both.mass_kg == mass_only.mass_kg


def test_one_plant_flies_the_same_flight_again_after_reset(identified, in_the_air):
    plant = Quadrotor(
        load_vehicle("cf21-identified"),
        disturbances=[Residual(kind="residual"), Kick(kind="kick", at_s=0.05, rates_body_rad_s=(1.0, 0.0, 0.0))],
        faults=[MotorEfficiency(kind="motor_efficiency", motor=1, factor=0.8, at_s=0.1)],
    )

    def flight():
        plant.reset(Start(in_the_air.state), seed=11)
        return [plant.step(same(0.82), 0.01) for _ in range(30)]

    assert flight() == flight()
