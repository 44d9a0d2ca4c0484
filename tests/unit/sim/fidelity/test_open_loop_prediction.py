"""Made-up flights: the true vehicle predicts them almost exactly, any other one worse."""

from dataclasses import replace

import numpy as np
import pytest

from hil_sim.fidelity.attitudes import angle_between, product, turn_by
from hil_sim.fidelity.errors import error
from hil_sim.fidelity.gain import gain_of
from hil_sim.fidelity.level import levelled, marker_tilt
from hil_sim.fidelity.predict import predict
from hil_sim.fidelity.study import HELD, assess
from hil_sim.fidelity.trim import trim
from hil_sim.fidelity.windows import cut, smoothed


def rmse(flight, *vehicles, quantity="attitude_rad"):
    """Per vehicle, at the three horizons."""
    return [np.array(model.errors[quantity].rmse) for model in assess([flight], vehicles).models[1:]]


def test_the_true_vehicle_predicts_its_own_flight_to_a_fifth_of_a_millimetre_and_a_fiftieth_of_a_degree(
    true_vehicle, lively
):
    """Not to the last digit, because the rates it starts from are smoothed, as those of a recording are."""
    result = assess([lively], [true_vehicle]).models[1].errors
    assert result["position_m"].rmse[-1] < 2e-4
    assert result["velocity_m_s"].rmse[-1] < 1e-3
    assert np.degrees(max(result["attitude_rad"].rmse)) < 0.02


def test_from_unsmoothed_rates_the_bench_and_the_prediction_agree_to_a_micrometre(true_vehicle, lively):
    windows, _ = cut(lively.log, from_s=0.0, to_s=8.0)
    found = predict(true_vehicle, replace(windows, smooth_rates=windows.rates))
    assert found.position[:, -1] == pytest.approx(windows.position[:, -1], abs=1e-6)


@pytest.mark.parametrize("delay_s", [0.0, 0.01, 0.013])
def test_delays_shorter_and_longer_than_a_row_are_obeyed(true_vehicle, make, delay_s):
    late, later = (replace(true_vehicle, command_delay_s=delay_s + added) for added in (0.0, 0.01))
    right, wrong = rmse(make(late, seconds=4.0), late, later)
    assert np.degrees(right[-1]) < 0.04
    assert np.degrees(wrong[-1]) > 0.2


WRONG = {
    "inertia": {"inertia_kg_m2": (1.3e-5, 1.25e-5, 3.2e-5)},
    "lag": {"motor_tau_up_s": 0.15, "motor_tau_down_s": 0.15},
    "no drag moment": {"drag_height_x_m": 0.0, "drag_height_y_m": 0.0},
    "no drag": {"drag_1_s": (0.0, 0.0, 0.0)},
}


@pytest.mark.parametrize("quantity", ["position_m", "velocity_m_s"])
def test_a_wrong_vehicle_predicts_worse_at_every_horizon(true_vehicle, lively, quantity):
    others = [replace(true_vehicle, **wrong) for wrong in WRONG.values()]
    right, *found = rmse(lively, true_vehicle, *others, quantity=quantity)
    for what, wrong in zip(WRONG, found, strict=True):
        assert (wrong > 1.2 * right).all(), what


def test_without_the_drag_moment_attitude_is_predicted_at_least_ten_times_worse(true_vehicle, lively):
    right, without = rmse(lively, true_vehicle, replace(true_vehicle, **WRONG["no drag moment"]))
    assert (without > 10 * right).all()


def test_the_true_vehicle_beats_holding_everywhere(true_vehicle, lively):
    held, true = assess([lively], [true_vehicle]).models
    assert held.name == HELD
    for quantity, found in true.errors.items():
        assert (np.array(found.rmse) < np.array(held.errors[quantity].rmse)).all(), quantity


def test_the_trim_finds_weak_rotors_and_an_offset_torque(true_vehicle, make):
    weak = replace(true_vehicle, thrust_n=tuple(0.95 * c for c in true_vehicle.thrust_n))
    windows, _ = cut(make(weak).log, from_s=0.0, to_s=8.0)
    own = trim(true_vehicle, windows)
    assert own.thrust_scale == pytest.approx(0.95, abs=1e-4)
    assert np.abs(own.torque_rad_s2).max() < 0.05

    uneven = replace(true_vehicle, motor_mismatch_std=0.03)
    windows, _ = cut(make(uneven).log, from_s=0.0, to_s=8.0)
    assert np.abs(trim(true_vehicle, windows).torque_rad_s2).max() > 1.0


def test_with_unequal_motors_trimming_is_what_makes_the_prediction(true_vehicle, make):
    flight = make(replace(true_vehicle, motor_mismatch_std=0.03))
    windows, _ = cut(flight.log, from_s=0.0, to_s=8.0)

    def worst(trimmed):
        found = predict(true_vehicle, windows, trimmed=trimmed)
        return angle_between(found.attitude[:, -1], windows.attitude[:, -1]).max()

    assert worst(True) < 0.2 * worst(False)


def test_levelling_finds_a_marker_frame_that_is_tilted(true_vehicle, lively):
    windows, _ = cut(lively.log, from_s=0.0, to_s=8.0)
    tilt = turn_by(np.array([0.02, -0.01, 0.0]))
    tilted = replace(windows, attitude=product(windows.attitude, np.broadcast_to(tilt, windows.attitude.shape)))
    assert np.degrees(angle_between(marker_tilt(true_vehicle, tilted), tilt * [-1, -1, -1, 1]).max()) < 0.15

    def off(seen):
        return np.linalg.norm(predict(true_vehicle, seen).velocity[:, 0] - seen.velocity[:, seen.at + 10], axis=1).max()

    assert off(levelled(true_vehicle, tilted)) < 0.2 * off(tilted)


def test_a_low_pass_keeps_constants_and_slopes_and_halves_the_power_at_20_hz():
    t_s = np.arange(400) / 400.0
    straight = np.stack([np.full(400, 2.0), 3.0 * t_s], axis=1)
    assert smoothed(straight, 400.0)[50:-50] == pytest.approx(straight[50:-50])
    wave = np.sin(2 * np.pi * 20 * t_s)[:, None]
    assert np.std(smoothed(wave, 400.0)[100:-100]) / np.std(wave[100:-100]) == pytest.approx(0.5**0.5, abs=0.01)


def test_the_deviation_is_over_flights_and_unknown_for_one():
    norm = np.full((6, 3), 2.0)
    norm[3:] = 4.0
    two = error(norm, np.array([0, 0, 0, 1, 1, 1]))
    assert two.rmse == pytest.approx((10.0**0.5,) * 3)
    # of two flights drawn twice: 2 or 4 with 1/4 each, √10 with 1/2
    assert two.deviation == pytest.approx((np.std([2.0, 4.0, 10.0**0.5, 10.0**0.5]),) * 3, rel=0.1)
    assert error(norm, np.zeros(6, dtype=int)).deviation is None


def test_gain_is_that_of_the_equations_of_motion(true_vehicle):
    gain = gain_of(true_vehicle)
    assert (gain.roll_rad_s2_per_n_kg, gain.pitch_rad_s2_per_n_kg) == pytest.approx((56.0, 58.0), rel=1e-3)
    assert gain.fast_roll == pytest.approx(56.0 / 0.045, rel=1e-3)
