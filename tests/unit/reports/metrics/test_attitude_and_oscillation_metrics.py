import numpy as np
import pytest

from hil_reports.metrics.catalogue import find
from hil_reports.metrics.windows import NotMeasurable


def test_tilt_is_the_lean_whatever_the_direction_and_the_yaw(made_up_flight, lean):
    log = made_up_flight(quat=lean(pitch=lambda t: np.where(t < 5, -0.2, 0.1), yaw=lambda t: t))
    assert find("tilt_max_rad")(log) == pytest.approx(0.2)
    assert find("tilt_p95_rad")(log.with_info(judge_from_s=5.0)) == pytest.approx(0.1)


@pytest.mark.parametrize("frequency_hz", [0.73, 2.0, 7.31])
def test_a_rocking_hover_shows_its_frequency_and_amplitude(made_up_flight, lean, frequency_hz):
    log = made_up_flight(quat=lean(roll=lambda t: 0.02 + 0.001 * t + 0.05 * np.sin(2 * np.pi * frequency_hz * t + 1.0)))
    assert find("limit_cycle_frequency_hz")(log) == pytest.approx(frequency_hz, abs=0.005)
    assert find("limit_cycle_tilt_rad")(log) == pytest.approx(0.05, rel=0.01)


def test_an_oscillation_across_both_axes_has_the_amplitude_of_its_long_axis(made_up_flight, lean):
    rock = {"roll": lambda t: 0.03 * np.sin(10 * t), "pitch": lambda t: 0.04 * np.sin(10 * t)}
    assert find("limit_cycle_tilt_rad")(made_up_flight(quat=lean(**rock))) == pytest.approx(0.05, rel=0.01)


def test_the_stronger_of_two_oscillations_counts(made_up_flight, lean):
    log = made_up_flight(
        quat=lean(roll=lambda t: 0.01 * np.sin(2 * np.pi * 8 * t), pitch=lambda t: 0.03 * np.sin(2 * np.pi * 3 * t))
    )
    assert find("limit_cycle_frequency_hz")(log) == pytest.approx(3.0, abs=0.01)


def test_noise_does_not_hide_a_limit_cycle(made_up_flight, lean):
    chance = np.random.default_rng(1)
    log = made_up_flight(quat=lean(roll=lambda t: 0.02 * np.sin(2 * np.pi * 4 * t) + chance.normal(0, 0.02, len(t))))
    assert find("limit_cycle_frequency_hz")(log) == pytest.approx(4.0, abs=0.02)


@pytest.mark.parametrize("wander", [lambda t: 0.3 + 0.1 * t, lambda t: 0.002 * t**2])
def test_a_slow_lean_far_larger_than_the_limit_cycle_does_not_hide_it(made_up_flight, lean, wander):
    log = made_up_flight(quat=lean(roll=lambda t: wander(t) + 0.002 * np.sin(2 * np.pi * 5 * t)))
    assert find("limit_cycle_frequency_hz")(log) == pytest.approx(5.0, abs=0.02)


def test_a_still_vehicle_has_no_frequency_and_no_amplitude(made_up_flight):
    assert find("limit_cycle_tilt_rad")(made_up_flight()) == 0.0
    with pytest.raises(NotMeasurable, match="do not oscillate"):
        find("limit_cycle_frequency_hz")(made_up_flight())


def test_tracking_tilts_the_vehicle_on_purpose_and_is_no_limit_cycle(made_up_flight, circle):
    with pytest.raises(NotMeasurable, match="set-point moves"):
        find("limit_cycle_frequency_hz")(made_up_flight(reference=circle()))
