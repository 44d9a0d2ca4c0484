"""What the trainer flies is what the config says, by statistics: noise, biases, loads, delays, vehicles, episodes."""

import math

import numpy as np
import pytest

from hil.core.vehicle import GRAVITY_M_S2
from hil.scenario.conditions import Force, Randomise, Residual, Sensors, StartSpec, Torque
from hil_controllers.training.config import Paths, Pushes, read_training
from hil_controllers.training.flights import DT_S, Flights
from hil_sim.adjoint.program import LANES, VALUES
from hil_sim.battery import supply_of
from hil_sim.dynamics import constants

N, TICKS = 512, 60
STILL = {
    "sensors": Sensors(),
    "latency_s": (0.0, 0.0),
    "start": StartSpec(),
    "randomise": Randomise(),
    "disturbances": (),
    "pushes": Pushes(),
    "paths": Paths(share=0.0),
    "battery_spread_v": (0.0, 0.0),
}


@pytest.fixture
def flights(training_file):
    """Many flights in which nothing happens but what is named; the first window has begun."""

    def make(vehicle="cf-l2f-original", **changes):
        _, training, about = read_training(training_file(vehicle=vehicle, vehicles=N, window=TICKS))
        one = Flights(training.model_copy(update=STILL | changes), about, vehicles=N, ticks=TICKS)
        one.begin()
        return one

    return make


def begun(flights, windows):
    """What is drawn in the window that has begun and the next ones: other (t, n, 18) and loads (t, n, 6)."""
    others, loads = [flights._other], [loads_of(flights)]
    for _ in range(windows - 1):
        flights.begin()
        others.append(flights._other)
        loads.append(loads_of(flights))
    return np.concatenate(others).astype(float), np.concatenate(loads).astype(float)


def loads_of(flights):
    tiles = flights._loads.reshape(TICKS, N // LANES, 6, LANES)
    return tiles.transpose(0, 1, 3, 2).reshape(TICKS, N, 6)


def about(expected, share=0.05):
    return pytest.approx(np.asarray(expected), rel=share)


def next_to(series):
    """Correlation of each component with itself a tick later, (k,)."""
    a, b = series[:-1], series[1:]
    return (a * b).mean(axis=(0, 1)) / np.sqrt((a * a).mean(axis=(0, 1)) * (b * b).mean(axis=(0, 1)))


NOISE = {
    "position_noise_m": (0.01, 0.02, 0.03),
    "velocity_noise_m_s": (0.1, 0.2, 0.3),
    "attitude_noise_rad": (0.04, 0.05, 0.06),
}


@pytest.mark.parametrize(("correlation_s", "after_a_tick"), [(0.0, 0.0), (0.05, math.exp(-0.2))])
def test_noise_has_the_size_and_memory_that_the_sensors_say(flights, correlation_s, after_a_tick):
    noise = begun(flights(sensors=Sensors(**NOISE, noise_correlation_s=correlation_s)), windows=3)[0][:, :, :9]
    assert noise.std(axis=(0, 1)) == about([value for triple in NOISE.values() for value in triple])
    assert next_to(noise) == pytest.approx(np.full(9, after_a_tick), abs=0.02)
    across = next_to(noise[TICKS - 1 : TICKS + 1])
    assert across == pytest.approx(np.full(9, after_a_tick), abs=0.15), "noise forgets itself between windows"


def test_gyro_noise_is_white_around_a_bias_of_each_flight(flights):
    sensors = Sensors(rates_noise_rad_s=(0.01, 0.02, 0.03), rates_bias_rad_s=(0.1, 0.2, 0.3))
    offset = begun(flights(sensors=sensors), windows=2)[0][:, :, 9:12]
    assert offset.mean(axis=0).std(axis=0) == about(sensors.rates_bias_rad_s, 0.1)
    white = offset - offset.mean(axis=0)
    assert white.std(axis=(0, 1)) == about(sensors.rates_noise_rad_s)
    assert next_to(white) == pytest.approx(np.zeros(3), abs=0.03)


def test_the_attitude_is_off_by_one_bias_per_flight(flights):
    sensors = Sensors(attitude_bias_rad=(0.01, 0.02, 0.03))
    bias = begun(flights(sensors=sensors), windows=2)[0][:, :, 6:9]
    assert (bias == bias[0]).all()
    assert bias[0].std(axis=0) == about(sensors.attitude_bias_rad, 0.1)


def test_forces_and_torques_are_a_fixed_part_and_one_draw_per_flight(flights):
    force = Force(kind="force", force_world_n=(0.1, 0.0, -0.2), std_n=0.02)
    torque = Torque(kind="torque", torque_body_n_m=(1e-4, 0.0, -2e-4), std_n_m=3e-5)
    loads = begun(flights(disturbances=(force, torque)), windows=2)[1]
    assert (loads == loads[0]).all()
    assert loads[0, :, :3].mean(axis=0) == pytest.approx(force.force_world_n, abs=0.004)
    assert loads[0, :, 3:].mean(axis=0) == pytest.approx(torque.torque_body_n_m, abs=6e-6)
    assert loads[0].std(axis=0) == about([0.02] * 3 + [3e-5] * 3, 0.1)


def test_the_residual_is_what_the_vehicle_file_states_times_the_scale(flights):
    one = flights(vehicle="cf21-identified", disturbances=(Residual(kind="residual", scale=2.0),))
    vehicle, loads = one._vehicle, begun(one, windows=6)[1]
    stated = vehicle.residual
    per_unit = [vehicle.mass_kg] * 3 + list(vehicle.inertia_kg_m2)
    stds = np.array([*stated.force_std_m_s2, *stated.torque_std_rad_s2]) * per_unit
    assert loads.std(axis=(0, 1)) == about(2.0 * stds, 0.1)
    cutoffs = np.array([stated.force_cutoff_hz] * 3 + [stated.torque_cutoff_hz] * 3)
    there = stds > 0.0
    assert there.sum() == 5, "no torque about z is stated"
    expected = np.exp(-2.0 * math.pi * cutoffs[there] * DT_S)
    assert next_to(loads[:, :, there]) == pytest.approx(expected, abs=0.02)


def test_pushes_come_to_their_share_of_flights_and_last_and_weigh_what_they_may(flights):
    one = flights(pushes=Pushes(share=0.4, weight_share=0.2))
    begin_s, end_s, force = one._push[:, 0], one._push[:, 1], one._push[:, 2:]
    pushed, episode_s = end_s > 0.0, one._training.episode_s
    most = 0.2 * one._vehicle.mass_kg * GRAVITY_M_S2
    assert pushed.mean() == pytest.approx(0.4, abs=0.08)
    assert (begin_s[pushed] >= 0.1 * episode_s).all()
    assert (begin_s[pushed] <= 0.8 * episode_s).all()
    lasts = (end_s - begin_s)[pushed]
    assert [lasts.min(), lasts.max()] == pytest.approx([0.2, 0.8], abs=0.03)
    assert np.abs(force).max() == pytest.approx(most, rel=0.03)
    assert np.abs(force).max() <= most
    t_s = (one.age - TICKS + np.arange(TICKS)[:, None]) * DT_S
    now = (t_s >= begin_s) & (t_s < end_s)
    assert now.any()
    assert loads_of(one)[:, :, :3] == pytest.approx(np.where(now[..., None], force, 0.0), abs=1e-7)


def test_latencies_are_all_whole_ticks_between_least_and_most(flights):
    ticks, counts = np.unique(flights(latency_s=(0.01, 0.03))._latency, return_counts=True)
    assert ticks.tolist() == [1, 2, 3]
    assert counts / N == pytest.approx([1 / 3] * 3, abs=0.08)


@pytest.mark.parametrize("late", [0, 1, 3])
def test_a_command_reaches_the_motors_as_late_as_was_drawn(flights, late):
    one = flights(latency_s=(late * DT_S, late * DT_S))
    assert one._vehicle.command_delay_s == 0.0
    for t in range(5):
        one.look(t)
        one.move(t, np.ones((N, 4), np.float32))
    motors = one.states[:6, 0, 13]
    assert motors[: late + 1] == pytest.approx(np.full(late + 1, motors[0]), abs=1e-6)
    assert motors[late + 1] > motors[0] + 0.01


def test_position_velocity_and_attitude_are_as_old_as_the_estimators_lag_and_rates_are_not(flights):
    one = flights(sensors=Sensors(estimator_lag_s=0.03))
    fast, lag = np.float32([0.5, 0.5, 0.5, 0.9]) * 0.9, 3
    for t in range(8):
        shown = one.look(t).copy()
        one.move(t, np.tile(fast, (N, 1)))
    then, now = one.states[7], one.states[lag + 7]
    assert shown[:, 0:3] == pytest.approx(then[:, 0:3] - one.wanted[7], abs=1e-6)
    assert shown[:, 12:15] == pytest.approx(then[:, 7:10] - one.wanted_velocity[7], abs=1e-6)
    qx, qy = then[:, 3], then[:, 4]
    assert shown[:, 11] == pytest.approx(1.0 - 2.0 * (qx * qx + qy * qy), abs=1e-6)
    assert shown[:, 15:18] == pytest.approx(now[:, 10:13], abs=1e-6)
    assert np.abs(now[0, 7:13] - then[0, 7:13]).max() > 0.01, "nothing moved: this test would see no lag"


WIDTHS = {"mass": 0.1, "inertia": 0.2, "thrust": 0.3, "motor_lag": 0.25, "drag": 0.4}
NOMINAL = {  # what each width acts on, and its power in the equations' parameter
    "mass": ("imass", -1), "inertia": ("ijx", -1), "thrust": ("c2", 1), "motor_lag": ("lag_a", -1), "drag": ("dx", 1),
}  # fmt: skip


def test_every_flight_has_its_own_vehicle_within_the_widths(flights):
    one = flights(vehicle="cf21-identified", randomise=Randomise(**WIDTHS))
    nominal = dict(zip(VALUES, (*constants(one._vehicle), *supply_of(one._vehicle)), strict=True))
    for name, width in WIDTHS.items():
        key, power = NOMINAL[name]
        assert nominal[key] != 0.0
        factors = (one._values[:, VALUES.index(key)] / nominal[key]) ** power
        reached = [(factors.min() - 1.0) / width, (factors.max() - 1.0) / width]
        assert reached == pytest.approx([-1.0, 1.0], abs=0.03), name
        assert factors.std() == pytest.approx(width / math.sqrt(3.0), rel=0.1), name
    assert one._tiles.reshape(-1, len(VALUES), LANES).transpose(0, 2, 1).reshape(N, -1) == pytest.approx(
        one._values, rel=1e-6, abs=1e-9
    )


def test_without_widths_every_vehicle_is_the_nominal_one(flights):
    one = flights()
    nominal = np.array([*constants(one._vehicle), *supply_of(one._vehicle)])
    assert (one._values == nominal).all()


def test_batteries_spread_around_the_vehicles_own(flights):
    one = flights(vehicle="cf21-identified", battery_spread_v=(-0.3, 0.1))
    beyond = one._values[:, VALUES.index("rest")] - supply_of(one._vehicle).rest_v
    assert [beyond.min(), beyond.max()] == pytest.approx([-0.3, 0.1], abs=0.01)
    assert beyond.mean() == pytest.approx(-0.1, abs=0.02)


def test_episodes_begin_at_all_ages_and_end_when_they_are_over(trainer):
    one = trainer(window=30, vehicles=N)
    flights = one._flights
    length = round(one.training.episode_s / DT_S)
    assert flights.age.mean() == pytest.approx(length / 2, rel=0.1)
    flights.states[:] = 0.0
    flights.states[..., 6] = 1.0
    flights.begin()
    flights.states[flights.lag + 1 :, :, :3] = flights.wanted[1:]
    gone, over = flights.over()
    assert not gone.any()
    assert (over == (flights.age >= length)).all()
    assert 0 < over.sum() < N
    which = over.nonzero()[0]
    before = flights._values[which].copy()
    flights.reset(which)
    assert (flights.age[which] == 0).all()
    assert (flights._values[which] != before).any(axis=1).all(), "a new episode is another vehicle"


def test_no_episode_outlives_its_length_by_more_than_a_window(trainer):
    one = trainer(window=40)
    length = round(one.training.episode_s / DT_S)
    for _ in range(20):
        one.update()
        assert one._flights.age.max() < length
