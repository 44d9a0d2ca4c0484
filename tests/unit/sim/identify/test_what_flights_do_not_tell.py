"""Too little motion, perfect senses, no voltage, no flight: said, instead of a number with a small uncertainty."""

import re

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil.log import COLUMNS, Event
from hil_sim.fidelity.gain import gain_of
from hil_sim.identify.motors import exponent
from hil_sim.identify.study import identify
from hil_sim.identify.vehicle_text import as_vehicle

ESTIMATE = [name for name in COLUMNS if name.startswith("estimate_")]


@pytest.fixture(scope="module")
def hovering(flown, base, held):
    return identify([flown("hover", seed=31), flown("hover", seed=32)], base, held=held)


@pytest.mark.parametrize("key", ["drag_x_1_s", "drag_y_1_s", "drag_z_1_s", "drag_height_x_m", "drag_height_y_m"])
def test_hover_does_not_tell_drag(hovering, key):
    each = hovering[key]
    assert (each.value, each.std) == (None, None)
    assert "not determined" in each.remark
    assert each.used == each.base


@pytest.mark.parametrize("key", ["thrust_exponent", "roll_gain", "pitch_gain", "motor_lag_s"])
def test_what_the_noise_of_the_estimator_moves_in_hover_is_known_less_well_and_still_right(hovering, case, base, key):
    """The controller answers what is not there: that tells how thrust and torque follow, in hover too."""
    each, moving = hovering[key], case("base", "geometric").found[key]
    true = {"thrust_exponent": exponent(base), "motor_lag_s": base.motor_tau_up_s}.get(key, each.base)
    assert abs(each.value - true) < 3 * each.std
    assert each.std > moving.std


def test_hover_tells_the_hover_command(hovering):
    assert abs(hovering["hover"].value - 2.93) < 3 * hovering["hover"].std


def test_what_is_not_determined_is_copied_and_the_file_says_so(hovering, base):
    vehicle = as_vehicle(hovering, "hovering")
    assert vehicle.drag_1_s == base.drag_1_s
    assert vehicle.drag_height_x_m == base.drag_height_x_m


def test_without_errors_of_the_estimator_torque_gains_are_not_determined_and_the_reason_is_told(flown, base, held):
    """Feedback biases a direct fit by 10 to 40 % on these flights, and nothing in the flights shows it."""
    flights = [flown(task, seed=33, sensors="none") for task in ("figure_eight", "circle")]
    found = identify(flights, base, held=held)
    for key in ("motor_lag_s", "command_delay_s", "roll_gain", "pitch_gain"):
        assert found[key].value is None
        assert "biased by feedback" in found[key].remark
    assert found.ridge == {}
    assert as_vehicle(found, "found").inertia_kg_m2 == pytest.approx(base.inertia_kg_m2, rel=1e-5)


@pytest.mark.parametrize(("vehicle", "controller"), [("base", "geometric"), ("sluggish", "pid-firmware")])
def test_a_direct_fit_would_be_at_least_a_tenth_low_on_the_flights_that_instruments_get_right(
    case, held, base, as_flight, vehicle, controller
):
    of = case(vehicle, controller)
    blind = [
        as_flight(flight, flight.log.with_columns(**{name: np.full(len(flight.log), np.nan) for name in ESTIMATE}))
        for flight in of.flights
    ]
    found, true = identify(blind, base, held=held), gain_of(of.truth)
    for axis, gain in (("roll", true.roll_rad_s2_per_n_kg), ("pitch", true.pitch_rad_s2_per_n_kg)):
        direct = float(re.search(r"a direct fit \(([\d.]+)\)", found[f"{axis}_gain"].remark).group(1))
        assert direct < 0.9 * gain


def test_commands_that_were_recorded_late_are_noticed_and_give_no_lag(case, held, base, as_flight):
    """Two rows: what the vehicle does comes before the command in the record."""
    flights = []
    for flight in case("base", "geometric").flights:
        late = {f"motor_{i}_fraction": np.roll(flight.log[f"motor_{i}_fraction"], 2) for i in (1, 2, 3, 4)}
        flights.append(as_flight(flight, flight.log.with_columns(**late)))
    found = identify(flights, base, held=held)
    assert found["motor_lag_s"].value is None
    assert "rows of the recording are not of one time" in found["motor_lag_s"].remark
    assert "beside the lag of 0.045 s kept" in found["roll_gain"].remark


def test_perfect_hover_without_disturbance_tells_no_gain(flown, base, held):
    found = identify([flown("hover", seed=34, sensors="none", disturbances=[])], base, held=held)
    assert found["roll_gain"].value is None


def dark(flight, as_flight):
    return as_flight(flight, flight.log.with_columns(battery_v=np.full(len(flight.log), np.nan)))


def test_flights_without_a_voltage_give_a_vehicle_without_a_battery(flown, base, held, as_flight):
    flights = [dark(flown(task, seed=seed), as_flight) for task, seed in (("figure_eight", 101), ("circle", 108))]
    found = identify(flights, base, held=held)
    vehicle = as_vehicle(found, "dark")
    assert vehicle.battery is None
    assert vehicle.hover_command == pytest.approx(found["hover"].value, rel=1e-4)
    assert vehicle.hover_command == pytest.approx(base.hover_command, rel=0.05)
    assert found["drag_x_1_s"].value == pytest.approx(base.drag_1_s[0], rel=0.05)
    assert "battery_sag_v" not in found.estimates


def test_a_flight_without_a_voltage_among_others_is_left_out_with_its_reason(flown, base, held, as_flight):
    lit, other = flown("figure_eight", seed=101), flown("circle", seed=108)
    found = identify([lit, dark(other, as_flight)], base, held=held)
    assert [flight.name for flight in found.flights] == [lit.name]
    assert [flight.reason for flight in found.excluded] == ["no voltage recorded, and other flights have one"]


def test_crashed_flights_only_are_one_clear_line(flown, base, as_flight):
    flight = flown("circle", seed=108)
    crashed = flight.log.with_columns()
    crashed.events = (Event(3.0, "abort", "crashed: upside down"),)
    with pytest.raises(BadInput, match=r"no window of any flight can be used: .*crashed: upside down"):
        identify([as_flight(flight, crashed)], base)


def test_a_mass_that_is_given_scales_forces_and_inertia_and_nothing_else(flown, base, held):
    flights = [flown("figure_eight", seed=101)]
    light, heavy = (as_vehicle(identify(flights, base, mass_kg=m, held=held), "m") for m in (0.032, 0.064))
    assert heavy.thrust_n == pytest.approx([2 * c for c in light.thrust_n], rel=1e-5)
    assert heavy.inertia_kg_m2 == pytest.approx([2 * j for j in light.inertia_kg_m2], rel=1e-5)
    assert (heavy.drag_1_s, heavy.motor_tau_up_s) == (light.drag_1_s, light.motor_tau_up_s)
    assert heavy.hover_command == pytest.approx(light.hover_command, rel=1e-5)
