"""One flight, or short ones: numbers without an honest uncertainty are not told, and nothing breaks."""

import numpy as np
import pytest

from hil_sim.identify.response import fit, sums
from hil_sim.identify.study import identify
from hil_sim.identify.vehicle_text import as_vehicle

TOLD = {"hover", "battery_hover_v", "motor_mismatch_std"}  # from differences of motors and flights, not from drawing


def told(found):
    return {key for key, each in found.estimates.items() if each.value is not None}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("duration_s", [3, 4, 5, 6, 7, 8])
def test_short_flights_tell_hover_only(flown, base, held, duration_s, count):
    flights = [flown("circle", seed=seed, duration_s=duration_s) for seed in (1, 2)][:count]
    found = identify(flights, base, held=held)
    assert told(found) <= TOLD
    assert "hover" in told(found)
    assert as_vehicle(found, "short").drag_1_s == base.drag_1_s


def test_one_long_flight_tells_hover_only_and_why(flown, base, held):
    found = identify([flown("figure_eight", seed=101)], base, held=held)
    assert told(found) <= TOLD
    assert found.too_few == "one flight"
    for key in ("roll_gain", "motor_lag_s", "drag_x_1_s", "thrust_exponent", "battery_sag_v", "residual_force_z"):
        assert found[key].remark == "not determined (one flight): kept"


def test_two_flights_of_ordinary_length_tell_drag(flown, base, held):
    found = identify([flown("figure_eight", seed=101), flown("circle", seed=108)], base, held=held)
    assert {"drag_x_1_s", "drag_y_1_s", "battery_sag_v"} <= told(found)


@pytest.mark.filterwarnings("error")
def test_a_draw_without_windows_has_no_finite_cost():
    chance = np.random.default_rng(4)
    x, y, z = (chance.standard_normal((1, 6, 3)) + 1j for _ in range(3))
    of = sums(np.array([1.0, 2.0, 3.0]), x, y[0], z, np.repeat([0, 1], 3), 3)
    found = fit(of, np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 2.0]]), np.array([0.0, 0.01]))
    assert np.isfinite(found.cost[0]).all()
    assert not np.isfinite(found.cost[1]).any()
