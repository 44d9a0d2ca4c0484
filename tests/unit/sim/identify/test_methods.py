"""The pieces by laws: transforms, motors, response under feedback, lines, and the file that is written."""

import math
from dataclasses import replace

import numpy as np
import pytest

from hil.core.types import LEVEL, ZERO3, Command, Start, State
from hil_sim.identify.estimate import judged
from hil_sim.identify.motors import exponent, lagged, shares, stopped_share, thrust_per_mass
from hil_sim.identify.noise import share_below
from hil_sim.identify.resample import RESAMPLES, Clusters, spread, weights
from hil_sim.identify.response import fit, sums
from hil_sim.identify.slow import Line
from hil_sim.identify.spectra import transform, transform_of_derivative
from hil_sim.identify.study import identify
from hil_sim.identify.vehicle_text import as_vehicle, vehicle_toml
from hil_sim.quadrotor import Quadrotor
from hil_sim.vehicle_files import load_vehicle, vehicle_names

BAND_HZ = np.arange(1.0, 9.01, 0.5)
ROWS = np.arange(201)[None]


def test_the_transform_of_a_derivative_needs_no_derivative():
    t = np.arange(201) / 100.0
    x, slope = np.sin(7.0 * t) + 0.3 * t**2, 7.0 * np.cos(7.0 * t) + 0.6 * t
    without, plain = transform_of_derivative(x, ROWS, 100.0, BAND_HZ), transform(slope, ROWS, 100.0, BAND_HZ)
    # the mean of the derivative is taken out of one and not of the other: it shows at 1 Hz and below only
    assert np.abs(without - plain)[:, 2:].max() < 1e-4 * np.abs(plain).max()


@pytest.mark.parametrize("lag_s", [0.02, 0.045, 0.1])
def test_held_commands_move_the_motors_as_the_plant_does(lag_s):
    vehicle = replace(
        load_vehicle("cf-l2f-package"), motor_tau_up_s=lag_s, motor_tau_down_s=lag_s, motor_mismatch_std=0.0
    )
    plant = Quadrotor(vehicle)
    plant.reset(Start(State((0.0, 0.0, 50.0), ZERO3, LEVEL, ZERO3)), seed=1)
    commands = vehicle.hover_command + 0.1 * np.random.default_rng(3).standard_normal((60, 4))
    commands[0] = vehicle.hover_command
    states = []
    for command in commands:
        states.append(plant.motors)
        plant.step(Command(tuple(command)), 0.01)
    expected = lagged(commands, np.array([lag_s]), 0.01, held=True)[0]
    np.testing.assert_allclose(expected, np.array(states), atol=1e-4)  # the plant takes RK4 steps of 10 ms


@pytest.mark.parametrize("name", vehicle_names())
def test_the_law_has_the_slope_and_the_weight_of_the_vehicle_at_hover(name):
    vehicle = load_vehicle(name)
    gamma, stopped = exponent(vehicle), stopped_share(vehicle)
    m = np.array([0.9, 1.0, 1.1])
    exact = [vehicle.thrust(float(x) * vehicle.hover_motor) / vehicle.mass_kg for x in m]
    np.testing.assert_allclose(thrust_per_mass(m, gamma, stopped), exact, rtol=1e-9)
    assert sum(shares(gamma, stopped)) == pytest.approx(1.0)


def closed_loop(windows, seed=5):
    """y = 50 e^(−jω 6 ms) x + disturbance, x answering the disturbance, an outside cause z and a noisy record."""
    chance = np.random.default_rng(seed)

    def noise(scale):
        shape = (windows, len(BAND_HZ))
        return scale * (chance.standard_normal(shape) + 1j * chance.standard_normal(shape))

    z, disturbance = noise(1.0), noise(20.0)
    x = z - 0.03 * disturbance + noise(0.3)
    y = 50.0 * np.exp(-2j * np.pi * BAND_HZ * 0.006) * x + disturbance
    return x + noise(0.5), y, z


def test_instruments_find_gain_and_delay_that_feedback_and_noise_hide_from_a_direct_fit():
    windows, delays_s = 200, np.arange(0, 13) / 1000.0
    x, y, z = closed_loop(windows)
    cluster = np.arange(windows) // 10
    with_z = fit(sums(BAND_HZ, x[None], y, z[None], cluster, 20), np.ones((1, 20)), delays_s)
    direct = fit(sums(BAND_HZ, x[None], y, x[None], cluster, 20), np.ones((1, 20)), delays_s)
    best = np.argmin(with_z.cost[0, 0])
    assert with_z.gain[0, 0, best] == pytest.approx(50.0, rel=0.03)
    assert delays_s[best] == pytest.approx(0.006, abs=0.001)
    assert direct.gain[0, 0].max() < 40.0, "or feedback would do no harm, and this test would show nothing"


def test_the_gain_is_not_pulled_to_the_direct_one_where_instruments_are_weak():
    """Median over many short records: what two-stage least squares fails at."""
    found = []
    for seed in range(40):
        x, y, z = closed_loop(12, seed=seed)
        weak = fit(sums(BAND_HZ, x[None], y, z[None], np.zeros(12, dtype=int), 1), np.ones((1, 1)), np.array([0.006]))
        found.append(weak.gain[0, 0, 0])
    assert np.median(found) == pytest.approx(50.0, rel=0.05)


def test_a_line_allows_every_flight_its_own_offset_and_trend():
    line, chance = Line(2, 1, trend=True), np.random.default_rng(1)
    for number, (offset, trend) in enumerate(((5.0, 0.3), (-2.0, -0.1))):
        t_s, x = np.arange(200) / 20.0, chance.standard_normal(200)
        line.add(t_s, x[:, None], 0.7 * x + offset + trend * t_s, np.full(200, number))
    np.testing.assert_allclose(line.slopes(np.ones((1, 2))), [[0.7]], rtol=1e-9)


def test_a_line_through_nothing_has_no_slope():
    line = Line(1, 1, trend=False)
    line.add(np.arange(10.0), np.zeros((10, 1)), np.ones(10), np.zeros(10, dtype=int))
    assert np.isnan(line.slopes(np.ones((1, 1)))).all()


def test_the_spread_of_a_mean_is_that_of_theory():
    values = np.random.default_rng(2).standard_normal(400)
    clusters = Clusters(400)
    for number in range(400):
        clusters.of(number, np.zeros(1))
    draws = weights(clusters)
    assert len(draws) == 1 + RESAMPLES
    assert spread(draws @ values / draws.sum(axis=1)) == pytest.approx(1.0 / math.sqrt(400), rel=0.2)


def test_of_few_flights_each_is_also_left_out():
    clusters = Clusters(3)
    for number in range(3):
        clusters.of(number, np.array([0.0, 6.0]))
    without = weights(clusters)[1 + RESAMPLES :]
    np.testing.assert_array_equal(without.sum(axis=1), [4, 4, 4])


def test_a_value_no_better_known_than_30_percent_is_not_determined():
    known = {"key": "k", "label": "l", "unit": "", "base": 2.0}
    assert judged(value=1.0, std=0.29, **known).used == 1.0
    for value, std in ((1.0, 0.31), (-1.0, 0.1), (math.nan, 0.1), (1.0, math.nan)):
        each = judged(value=value, std=std, **known)
        assert (each.value, each.used) == (None, 2.0)
        assert each.remark.startswith("not determined")


def test_a_low_pass_at_the_cutoff_leaves_less_than_half_of_the_power():
    assert 0.3 < share_below(2.0, 2.0) < 0.5
    assert share_below(200.0, 2.0) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("name", vehicle_names())
def test_a_file_is_written_for_every_base_and_loads(flown, held, name):
    found = identify([flown("figure_eight", seed=101)], load_vehicle(name), held=held)
    vehicle = as_vehicle(found, 'a "quoted" name')
    assert vehicle.name == 'a "quoted" name'
    assert vehicle.hover_command == pytest.approx(0.825, rel=0.05), "that of the vehicle that flew"
    assert vehicle_toml(found, "x") == vehicle_toml(found, "x")


def test_the_same_flights_give_the_same_file(flown, base, held):
    flights = [flown("figure_eight", seed=101)]
    one, other = (vehicle_toml(identify(flights, base, held=held), "x") for _ in range(2))
    assert one == other
