"""Flights of vehicles that are known: identify finds their numbers within the uncertainties that it states."""

import pytest

from hil_sim.fidelity.gain import gain_of
from hil_sim.fidelity.study import assess
from hil_sim.identify.motors import exponent
from hil_sim.identify.study import identify
from hil_sim.identify.vehicle_text import as_vehicle
from hil_sim.vehicle_files import load_vehicle

CASES = [("base", "geometric"), ("sluggish", "geometric"), ("quick", "geometric"), ("sluggish", "pid-firmware")]
# Relative standard uncertainty that four flights of 20 s must not exceed: under a controller of 100 Hz, of 500 Hz; None
# where it may come out as not determined
WIDEST = {
    "hover": (0.012, 0.012),
    "thrust_exponent": (0.15, None),
    "battery_hover_v": (0.01, 0.01),
    "battery_sag_v": (0.01, 0.01),
    "battery_drain_v_s": (0.01, 0.01),
    "motor_lag_s": (0.15, 0.2),
    "lag_and_delay_s": (0.12, 0.15),
    "roll_gain": (0.15, 0.2),
    "pitch_gain": (0.15, 0.2),
    "roll_gain_over_lag": (0.15, 0.2),
    "pitch_gain_over_lag": (0.15, 0.2),
    "yaw_gain": (0.15, 0.25),
    "drag_x_1_s": (0.03, 0.03),
    "drag_y_1_s": (0.03, 0.03),
    "drag_height_x_m": (0.2, 0.25),
    "drag_height_y_m": (0.2, 0.25),
    "motor_mismatch_std": (0.3, 0.3),
    "residual_force_z": (0.15, 0.15),
    "residual_torque_roll": (0.2, 0.25),
    "residual_torque_pitch": (0.2, 0.25),
}


def truth(vehicle):
    gain = gain_of(vehicle)
    return {
        "hover": vehicle.battery.reference_v * vehicle.hover_motor,
        "thrust_exponent": exponent(vehicle),
        "battery_hover_v": vehicle.battery.hover_v,
        "battery_sag_v": vehicle.battery.sag_v,
        "battery_drain_v_s": vehicle.battery.drain_v_s,
        "motor_lag_s": gain.motor_lag_s,
        "command_delay_s": vehicle.command_delay_s,
        "lag_and_delay_s": gain.motor_lag_s + vehicle.command_delay_s,
        "roll_gain": gain.roll_rad_s2_per_n_kg,
        "pitch_gain": gain.pitch_rad_s2_per_n_kg,
        "roll_gain_over_lag": gain.fast_roll,
        "pitch_gain_over_lag": gain.fast_pitch,
        "yaw_gain": vehicle.torque_per_thrust_m * vehicle.mass_kg / vehicle.inertia_kg_m2[2],
        "drag_x_1_s": vehicle.drag_1_s[0],
        "drag_y_1_s": vehicle.drag_1_s[1],
        "drag_height_x_m": vehicle.drag_height_x_m,
        "drag_height_y_m": vehicle.drag_height_y_m,
        "motor_mismatch_std": vehicle.motor_mismatch_std,
        "residual_force_x": vehicle.residual.force_std_m_s2[0],
        "residual_force_y": vehicle.residual.force_std_m_s2[1],
        "residual_force_z": vehicle.residual.force_std_m_s2[2],
        "residual_torque_roll": vehicle.residual.torque_std_rad_s2[0],
        "residual_torque_pitch": vehicle.residual.torque_std_rad_s2[1],
    }


def deviations(found, vehicle):
    """By how many stated uncertainties each determined quantity is off."""
    return {
        key: (found[key].value - true) / found[key].std
        for key, true in truth(vehicle).items()
        if found[key].value is not None
    }


@pytest.mark.parametrize(("vehicle", "controller"), CASES)
def test_a_known_vehicle_is_found_within_three_stated_uncertainties(case, vehicle, controller):
    of = case(vehicle, controller)
    off = deviations(of.found, of.truth)
    assert {key: round(by, 1) for key, by in off.items() if abs(by) > 3} == {}


@pytest.mark.parametrize(("vehicle", "controller"), CASES)
def test_the_stated_uncertainties_are_of_use(case, vehicle, controller):
    found, fast = case(vehicle, controller).found, controller != "geometric"
    wide = {
        key: None if found[key].std is None else found[key].std / found[key].value
        for key, widest in WIDEST.items()
        if widest[fast] is not None
        if found[key].std is None or found[key].std > widest[fast] * found[key].value
    }
    assert wide == {}


def test_over_all_cases_most_numbers_are_within_one_uncertainty_and_nearly_all_within_two(case):
    """A normal distribution has 26, 68 and 95 % within a third, one and two: ± is not too small nor twice too large."""
    off = [abs(by) for each in CASES for by in deviations(case(*each).found, case(*each).truth).values()]
    assert len(off) > 80
    assert sum(by < 1 / 3 for by in off) / len(off) < 0.5  # as many as within two thirds of a true one
    assert sum(by < 1 for by in off) / len(off) > 0.6
    assert sum(by < 2 for by in off) / len(off) > 0.9


def test_a_log_of_100_hz_makes_the_motors_look_quicker_than_one_at_the_rate_of_the_loop(flown, base):
    """The same flights, logged twice: what a loop of 500 Hz adds above 50 Hz aliases in a log of 100 Hz."""
    lags = {
        rate_hz: identify(
            [
                flown(task, controller="pid-firmware", seed=71 + number, rate_hz=rate_hz)
                for number, task in enumerate(("figure_eight", "circle"))
            ],
            base,
            held=lambda flight: flight.log.info.rate_hz == 500,
        )["motor_lag_s"]
        for rate_hz in (100, 500)
    }
    assert lags[100].value < 0.95 * lags[500].value
    for lag in lags.values():
        assert abs(lag.value - base.motor_tau_up_s) < 2 * lag.std


@pytest.mark.parametrize("vehicle", ["sluggish", "quick"])
def test_flights_of_another_vehicle_do_not_give_the_base(case, vehicle):
    """Otherwise identify would say what it was told to believe."""
    of = case(vehicle, "geometric")
    for key in ("hover", "motor_lag_s", "roll_gain", "drag_x_1_s", "drag_height_y_m", "battery_sag_v"):
        each = of.found[key]
        assert abs(each.value - each.base) > 3 * each.std or abs(each.value / each.base - 1) > 0.15, key


@pytest.mark.parametrize("vehicle", ["sluggish", "quick"])
def test_the_file_predicts_the_flights_nearly_as_well_as_the_truth_and_goes_where_the_base_does_not(
    case, base, vehicle
):
    """Attitude and rates half a second on do not tell: there a sluggish vehicle wins over the true one."""
    of = case(vehicle, "geometric")
    _, true, found, other = assess(of.flights, [of.truth, as_vehicle(of.found, "found"), base]).models
    for quantity in ("position_m", "velocity_m_s", "attitude_rad", "rate_rad_s"):
        at_half_a_second = [model.errors[quantity].rmse[-1] for model in (true, found, other)]
        assert at_half_a_second[1] < 1.15 * at_half_a_second[0]
        if quantity in ("position_m", "velocity_m_s"):
            assert at_half_a_second[1] < 0.9 * at_half_a_second[2]


@pytest.mark.parametrize("name", ["cf-l2f-original", "cf-l2f-package"])
def test_a_vehicle_far_from_the_base_without_battery_drag_or_disturbance_is_found_too(flown, base, held, name):
    """3.5 times the torque gain and 3.3 times the lag; or stopped rotors that carry a third of the weight.

    The base's rate damping of 0.4 1/s, which these do not have, is part of the error.
    """
    flights = [flown(task, vehicle=name, seed=51 + number) for number, task in enumerate(("figure_eight", "circle"))]
    found, true = identify(flights, base, held=held), gain_of(load_vehicle(name))
    for key, value in (
        ("motor_lag_s", true.motor_lag_s),
        ("roll_gain", true.roll_rad_s2_per_n_kg),
        ("pitch_gain", true.pitch_rad_s2_per_n_kg),
    ):
        assert abs(found[key].value - value) < 3 * found[key].std
        assert found[key].std < 0.15 * value
    assert found["drag_x_1_s"].value is None


def test_the_senses_of_the_flights_are_found(case):
    """The preset real-2026: noise, memory and lag, the gyro's white and behind its filter."""
    from hil.scenario.sensor_presets import REAL_2026

    senses = case("base", "geometric").found.senses
    assert senses.position_m.values == pytest.approx(REAL_2026.position_noise_m, rel=0.25)
    assert senses.velocity_m_s.values == pytest.approx(REAL_2026.velocity_noise_m_s, rel=0.25)
    assert senses.attitude_rad.values == pytest.approx(REAL_2026.attitude_noise_rad, rel=0.25)
    assert senses.gyro_rad_s.values == pytest.approx(REAL_2026.rates_noise_rad_s, rel=0.1)
    assert senses.correlation_s.values[0] == pytest.approx(REAL_2026.noise_correlation_s, rel=0.5)
    assert senses.lag_s.values[0] == pytest.approx(REAL_2026.estimator_lag_s, abs=0.004)


def test_flights_of_two_vehicles_are_told_to_be_so(case, base, held):
    one, other = case("base", "geometric"), case("sluggish", "geometric")
    mixed = identify(one.flights[:2] + other.flights[2:], base, held=held)
    assert "hover" in "".join(mixed.unlike)
    assert "drag" in "".join(mixed.unlike)


@pytest.mark.parametrize(("vehicle", "controller"), CASES)
def test_flights_of_one_vehicle_are_not_told_to_be_of_several(case, vehicle, controller):
    assert case(vehicle, controller).found.unlike == []
