import math

import numpy as np
import pytest

from hil_reports.metrics.catalogue import find
from hil_reports.metrics.windows import NotMeasurable

AT_S = 2.0


def second_order(t_s, *, damping, natural_rad_s):
    """Unit step response at t ≥ 0 of an underdamped second-order system."""
    t_s = np.maximum(t_s, 0.0)
    fast = natural_rad_s * math.sqrt(1 - damping**2)
    decay = np.exp(-damping * natural_rad_s * t_s)
    return 1 - decay * (np.cos(fast * t_s) + damping * natural_rad_s / fast * np.sin(fast * t_s))


def stepping(made_up_flight, *, size_m=1.0, damping=0.4, natural_rad_s=4.0, **info):
    return made_up_flight(
        duration_s=12.0,
        rate_hz=500.0,
        reference=lambda t: np.stack([0 * t, size_m * (t >= AT_S), 1 + 0 * t], axis=1),
        position=lambda t: np.stack(
            [0 * t, size_m * second_order(t - AT_S, damping=damping, natural_rad_s=natural_rad_s), 1 + 0 * t], axis=1
        ),
        **info,
    )


@pytest.mark.parametrize("damping", [0.2, 0.4, 0.7])
def test_overshoot_is_that_of_a_second_order_system(made_up_flight, damping):
    log = stepping(made_up_flight, damping=damping)
    expected = math.exp(-math.pi * damping / math.sqrt(1 - damping**2))
    assert find("overshoot_share")(log) == pytest.approx(expected, rel=1e-4)


def test_an_overdamped_answer_has_no_overshoot(made_up_flight):
    log = made_up_flight(
        reference=lambda t: np.stack([(t >= AT_S) * 1.0, 0 * t, 1 + 0 * t], axis=1),
        position=lambda t: np.stack([1 - np.exp(-np.maximum(t - AT_S, 0.0)), 0 * t, 1 + 0 * t], axis=1),
    )
    assert find("overshoot_share")(log) == 0.0


def test_settling_of_a_first_order_lag_takes_three_time_constants(made_up_flight):
    tau_s = 0.5
    log = made_up_flight(
        rate_hz=1000.0,
        reference=lambda t: np.stack([(t >= AT_S) * 2.0, 0 * t, 1 + 0 * t], axis=1),
        position=lambda t: np.stack([2 * (1 - np.exp(-np.maximum(t - AT_S, 0.0) / tau_s)), 0 * t, 1 + 0 * t], axis=1),
    )
    assert find("settling_time_s")(log) == pytest.approx(tau_s * math.log(20), abs=1.1e-3)


def test_settling_waits_for_the_last_swing_out_of_the_band(made_up_flight):
    log = stepping(made_up_flight, damping=0.2)
    fine_s = np.linspace(0, 9, 900_001)
    outside = np.abs(1 - second_order(fine_s, damping=0.2, natural_rad_s=4.0)) > 0.05
    assert find("settling_time_s")(log) == pytest.approx(fine_s[np.flatnonzero(outside)[-1]], abs=2.1e-3)


def test_small_steps_settle_within_5_cm(made_up_flight):
    log = made_up_flight(
        rate_hz=1000.0,
        reference=lambda t: np.stack([(t >= AT_S) * 0.5, 0 * t, 1 + 0 * t], axis=1),
        position=lambda t: np.stack([0.5 * (1 - np.exp(-np.maximum(t - AT_S, 0.0))), 0 * t, 1 + 0 * t], axis=1),
    )
    assert find("settling_time_s")(log) == pytest.approx(math.log(10), abs=1.1e-3)


def test_a_start_away_from_the_set_point_is_a_step(made_up_flight):
    log = made_up_flight(rate_hz=1000.0, position=lambda t: np.stack([0 * t, 0 * t, 1 - 0.5 * np.exp(-t)], axis=1))
    assert find("settling_time_s")(log) == pytest.approx(math.log(10), abs=1.1e-3)


def test_a_vehicle_that_keeps_swinging_never_settles(made_up_flight):
    log = stepping(made_up_flight, damping=0.001)
    with pytest.raises(NotMeasurable, match="never stays within"):
        find("settling_time_s")(log)


def test_touching_the_band_at_the_very_end_is_not_settling(made_up_flight):
    log = made_up_flight(
        reference=lambda t: np.stack([(t >= AT_S) * 1.0, 0 * t, 1 + 0 * t], axis=1),
        position=lambda t: np.stack([np.clip((t - AT_S) / 8.0, 0, 1), 0 * t, 1 + 0 * t], axis=1),
    )
    with pytest.raises(NotMeasurable, match="never stays within"):
        find("settling_time_s")(log)


def test_the_largest_of_several_steps_counts(made_up_flight):
    def reference(t):
        return np.stack([0.2 * (t >= 1) + 1.0 * (t >= 4), 0 * t, 1 + 0 * t], axis=1)

    def position(t):
        return np.stack([0.2 * (t >= 1) + 1.3 * ((t >= 4) & (t < 5)) + 1.0 * (t >= 5), 0 * t, 1 + 0 * t], axis=1)

    assert find("overshoot_share")(made_up_flight(reference=reference, position=position)) == pytest.approx(0.3)


@pytest.mark.parametrize("name", ["settling_time_s", "overshoot_share"])
def test_a_moving_set_point_is_no_step(made_up_flight, circle, name):
    log = made_up_flight(reference=circle(period_s=2.0), rate_hz=50.0)
    with pytest.raises(NotMeasurable, match="never steps"):
        find(name)(log)
