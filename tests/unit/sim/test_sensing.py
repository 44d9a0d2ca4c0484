"""What the controller sees is late, filtered, offset and noisy by exactly what the scenario says."""

import cmath
import math

import numpy as np
import pytest

from hil.core.errors import HilError
from hil.core.frames import quat_from_euler, quat_multiply
from hil.core.types import LEVEL, ZERO3, State
from hil.scenario.conditions import Delay, GyroBias, Sensors
from hil.scenario.sensor_presets import PRESETS
from hil_sim.sensing import Sensing

STILL = State((1.0, 2.0, 3.0), (0.1, 0.2, 0.3), quat_from_euler(0.1, -0.2, 0.3), (0.4, 0.5, 0.6))


def sensors(**changes):
    return Sensors.model_validate(changes)


def seen(spec, states, *, rate_hz=100, seed=1, faults=()):
    """What is seen of a list of states, one per tick."""
    sensing = Sensing(spec, faults)
    sensing.reset(states[0], seed=seed)
    return [sensing.observe(state, k / rate_hz) for k, state in enumerate(states)]


def body_error(true, found):
    """Small rotation between two attitudes, rad, body roll pitch yaw."""
    x, y, z, w = true
    error = quat_multiply((-x, -y, -z, w), found)
    return [2 * part / error[3] for part in error[:3]]


def test_perfect_sensors_show_the_very_state():
    assert all(found is STILL for found in seen(Sensors.model_validate({}), [STILL] * 5))


def test_late_actions_alone_do_not_touch_what_is_seen():
    assert all(found is STILL for found in seen(sensors(action_delay_s=0.02), [STILL] * 5))


@pytest.mark.parametrize("correlation_s", [0.0, 0.3])
@pytest.mark.parametrize("rate_hz", [100, 1000])
def test_noise_has_its_standard_deviation_at_any_rate(correlation_s, rate_hz):
    spec = sensors(
        position_noise_m=(0.01, 0.02, 0.03), velocity_noise_m_s=(0.1, 0.2, 0.3),
        attitude_noise_rad=(0.01, 0.02, 0.005), rates_noise_rad_s=(0.5, 0.6, 0.7), noise_correlation_s=correlation_s,
    )  # fmt: skip
    found = seen(spec, [STILL] * 40_000, rate_hz=rate_hz)
    rough = 0.25 if correlation_s and rate_hz == 1000 else 0.1  # 40 s hold few correlation times
    for name, wanted in (("position", (0.01, 0.02, 0.03)), ("velocity", (0.1, 0.2, 0.3))):
        assert np.std([getattr(s, name) for s in found], axis=0) == pytest.approx(wanted, rel=rough)
    assert np.std([s.rates for s in found], axis=0) == pytest.approx((0.5, 0.6, 0.7), rel=0.02)
    errors = [body_error(STILL.attitude, s.attitude) for s in found]
    assert np.std(errors, axis=0) == pytest.approx((0.01, 0.02, 0.005), rel=rough)


@pytest.mark.parametrize("rate_hz", [100, 250])
def test_noise_forgets_itself_after_its_correlation_time(rate_hz):
    spec = sensors(position_noise_m=(1.0, 1.0, 1.0), noise_correlation_s=0.2)
    x = np.array([s.position for s in seen(spec, [STILL] * 60_000, rate_hz=rate_hz)])
    x -= x.mean(axis=0)
    apart = round(0.2 * rate_hz)
    assert np.mean(x[apart:] * x[:-apart]) / np.mean(x * x) == pytest.approx(math.exp(-1.0), abs=0.05)


def test_white_noise_forgets_itself_at_once():
    x = np.array([s.position[0] for s in seen(sensors(position_noise_m=(1.0, 0.0, 0.0)), [STILL] * 20_000)]) - 1.0
    assert np.mean(x[1:] * x[:-1]) == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("rate_hz", [100, 300, 1000])
def test_on_a_ramp_the_lag_is_exactly_lag_times_speed(rate_hz):
    lag_s, velocity = 0.0237, (1.0, -2.0, 0.5)
    ramp = [State(tuple(v * k / rate_hz for v in velocity), velocity, LEVEL, ZERO3) for k in range(200)]
    found = seen(sensors(estimator_lag_s=lag_s), ramp, rate_hz=rate_hz)[-1]
    error = tuple(a - b for a, b in zip(ramp[-1].position, found.position, strict=True))
    assert error == pytest.approx(tuple(lag_s * v for v in velocity), abs=1e-12)


def test_attitude_lags_like_position():
    turning = [State(ZERO3, ZERO3, quat_from_euler(0.0, 0.0, 0.05 * k), (0.0, 0.0, 5.0)) for k in range(50)]
    found = seen(sensors(estimator_lag_s=0.024), turning)
    assert body_error(turning[-1].attitude, found[-1].attitude)[2] == pytest.approx(-0.12, abs=3e-4)
    assert all(math.hypot(*s.attitude) == pytest.approx(1.0, abs=1e-12) for s in found)


def test_a_quaternion_that_changes_sign_is_the_same_attitude_to_the_lag():
    x, y, z, w = STILL.attitude
    flipping = [STILL._replace(attitude=(s * x, s * y, s * z, s * w)) for s in (1, -1, 1, -1)]
    for found in seen(sensors(estimator_lag_s=0.005), flipping):
        assert body_error(STILL.attitude, found.attitude) == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)


def test_rates_do_not_lag_with_the_estimator():
    turning = [STILL._replace(rates=(float(k), 0.0, 0.0)) for k in range(20)]
    assert [s.rates for s in seen(sensors(estimator_lag_s=0.05), turning)] == [s.rates for s in turning]


def test_before_t_0_the_vehicle_is_seen_at_its_start():
    ramp = [State((k / 100, 0.0, 0.0), ZERO3, LEVEL, ZERO3) for k in range(4)]
    assert [s.position[0] for s in seen(sensors(estimator_lag_s=0.02), ramp)] == pytest.approx([0.0, 0.0, 0.0, 0.01])


def filtered_gain(frequency_hz, *, rate_hz, cutoff_hz):
    """Complex gain of the gyro filter at one frequency, after it has settled."""
    samples = 40 * rate_hz // math.gcd(int(frequency_hz), rate_hz)
    times = [k / rate_hz for k in range(samples)]
    wave = [STILL._replace(rates=(math.cos(2 * math.pi * frequency_hz * t), 0.0, 0.0)) for t in times]
    found = [s.rates[0] for s in seen(sensors(gyro_cutoff_hz=cutoff_hz), wave, rate_hz=rate_hz)]
    half = samples // 2
    terms = [y * cmath.exp(-2j * math.pi * frequency_hz * t) for t, y in zip(times[half:], found[half:], strict=True)]
    return 2 * sum(terms) / half


def test_the_gyro_filter_is_3_db_down_at_its_cutoff():
    assert 20 * math.log10(abs(filtered_gain(80, rate_hz=2000, cutoff_hz=80))) == pytest.approx(-3.01, abs=0.1)


def test_the_gyro_filter_falls_by_40_db_per_decade():
    assert 20 * math.log10(abs(filtered_gain(200, rate_hz=4000, cutoff_hz=20))) == pytest.approx(-40.0, abs=0.3)


@pytest.mark.parametrize("rate_hz", [100, 333, 1000])
@pytest.mark.parametrize("cutoff_hz", [5.0, 80.0, 400.0])
def test_the_gyro_filter_settles_on_a_step_however_coarse_the_samples(rate_hz, cutoff_hz):
    states = [STILL._replace(rates=ZERO3)] * 2 + [STILL._replace(rates=(1.0, -2.0, 3.0))] * rate_hz
    found = [s.rates for s in seen(sensors(gyro_cutoff_hz=cutoff_hz), states, rate_hz=rate_hz)]
    assert found[-1] == pytest.approx((1.0, -2.0, 3.0), abs=1e-6)
    assert max(s[2] for s in found) < 3.0 * 1.05  # Butterworth overshoots a step by 4.3 %


@pytest.mark.parametrize("rate_hz", [100, 1000])
def test_the_gyro_filter_delays_a_ramp_by_its_group_delay_at_any_rate(rate_hz):
    ramp = [STILL._replace(rates=(k / rate_hz, 0.0, 0.0)) for k in range(rate_hz)]
    found = seen(sensors(gyro_cutoff_hz=80.0), ramp, rate_hz=rate_hz)[-1]
    assert ramp[-1].rates[0] - found.rates[0] == pytest.approx(math.sqrt(2) / (2 * math.pi * 80), rel=1e-6)


def test_biases_stay_the_same_through_a_flight_and_differ_between_flights():
    spec = sensors(attitude_bias_rad=(0.02, 0.02, 0.01), rates_bias_rad_s=(0.1, 0.1, 0.1))
    first, second = (seen(spec, [STILL] * 10, seed=seed) for seed in (1, 2))
    assert len(set(first)) == 1
    assert first[0] != second[0]
    assert first[0].position == STILL.position


def test_biases_spread_over_flights_as_stated():
    spec = sensors(attitude_bias_rad=(0.02, 0.0, 0.01), rates_bias_rad_s=(0.1, 0.2, 0.0))
    flights = [seen(spec, [STILL], seed=seed)[0] for seed in range(400)]
    errors = [body_error(STILL.attitude, s.attitude) for s in flights]
    assert np.std(errors, axis=0) == pytest.approx((0.02, 0.0, 0.01), rel=0.1, abs=1e-12)
    assert np.std([s.rates for s in flights], axis=0) == pytest.approx((0.1, 0.2, 0.0), rel=0.1, abs=1e-12)


def test_a_gyro_bias_fault_sets_in_at_its_instant():
    fault = GyroBias(kind="gyro_bias", bias_rad_s=(0.0, 1.0, 0.0), at_s=0.03)
    found = [s.rates[1] for s in seen(Sensors.model_validate({}), [STILL] * 6, faults=[fault])]
    assert found == [0.5, 0.5, 0.5, 1.5, 1.5, 1.5]


def test_faults_of_the_motors_do_not_touch_what_is_seen():
    fault = Delay(kind="delay", added_s=0.1)
    assert seen(Sensors.model_validate({}), [STILL], faults=[fault])[0] is STILL


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_gives_unit_quaternions_and_the_same_again_for_the_same_seed(preset):
    first, again = (seen(PRESETS[preset], [STILL] * 50, seed=3) for _ in range(2))
    assert first == again
    assert all(math.hypot(*s.attitude) == pytest.approx(1.0, abs=1e-12) for s in first)


def test_another_seed_gives_other_noise():
    assert seen(PRESETS["real-2026"], [STILL], seed=3) != seen(PRESETS["real-2026"], [STILL], seed=4)


def test_time_that_goes_back_is_refused():
    sensing = Sensing(PRESETS["real-2026"])
    sensing.reset(STILL, seed=0)
    sensing.observe(STILL, 0.02)
    with pytest.raises(HilError, match="time only goes on"):
        sensing.observe(STILL, 0.01)
