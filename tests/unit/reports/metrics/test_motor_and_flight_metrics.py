import numpy as np
import pytest

from hil_reports.metrics.catalogue import find
from hil_reports.metrics.windows import NotMeasurable


def test_control_effort_is_the_rms_about_each_motors_own_mean(made_up_flight):
    def motors(t):
        return np.array([0.5, 0.6, 0.7, 0.8]) + 0.1 * np.sin(2 * np.pi * 5 * t)[:, None]

    log = made_up_flight(motors=motors)
    assert find("motor_command_mean_fraction")(log) == pytest.approx(0.65)
    assert find("control_effort_fraction")(log) == pytest.approx(0.1 / np.sqrt(2))


def test_saturation_counts_both_stops(made_up_flight):
    assert find("saturation_share")(made_up_flight(motors=(0.0, 1.0, 0.5, 0.002))) == 0.5


def test_chatter_of_a_square_wave_is_its_travel_per_second(made_up_flight):
    def motors(t):
        return np.tile(0.5 + 0.1 * (np.arange(len(t)) % 2), (4, 1)).T

    assert find("chatter_1_s")(made_up_flight(motors=motors, rate_hz=100.0)) == pytest.approx(0.1 * 100)


def test_chatter_does_not_depend_on_the_log_rate(made_up_flight):
    def motors(t):
        return np.tile(0.5 + 0.2 * np.sin(2 * np.pi * t), (4, 1)).T

    slow, fast = (find("chatter_1_s")(made_up_flight(motors=motors, rate_hz=rate)) for rate in (100.0, 500.0))
    assert slow == pytest.approx(0.8, rel=0.01)
    assert fast == pytest.approx(0.8, rel=0.01)


@pytest.mark.parametrize(
    "name", ["motor_command_mean_fraction", "control_effort_fraction", "saturation_share", "chatter_1_s"]
)
def test_motors_that_were_not_recorded_cannot_be_measured(made_up_flight, name):
    with pytest.raises(NotMeasurable, match="no motor command recorded"):
        find(name)(made_up_flight(motors=(np.nan,) * 4))


def test_rows_without_a_command_do_not_count(made_up_flight):
    log = made_up_flight(motors=lambda t: np.where(t[:, None] < 5, np.nan, np.full((len(t), 4), 0.4)))
    assert find("motor_command_mean_fraction")(log) == pytest.approx(0.4)


def test_a_whole_flight_survives(made_up_flight):
    assert find("survival_share")(made_up_flight()) == 1.0


def test_an_aborted_flight_survives_until_its_abort(made_up_flight):
    log = made_up_flight(duration_s=4.01, planned_duration_s=10.0, abort=4.0)
    assert find("survival_share")(log) == pytest.approx(0.4)


def test_a_log_cut_off_without_a_word_did_not_survive(made_up_flight):
    assert find("survival_share")(made_up_flight(duration_s=3.0, planned_duration_s=10.0)) == pytest.approx(0.3)


def test_loop_time_leaves_out_the_slowest_hundredth(made_up_flight):
    taken = np.where(np.arange(1000) < 5, 1.0, 0.002)
    log = made_up_flight(columns={"compute_s": taken, "round_trip_s": 2 * taken})
    assert find("loop_time_p99_s")(log) == pytest.approx(0.002)
    assert find("round_trip_p99_s")(log) == pytest.approx(0.004)


def test_a_flight_without_wall_times_has_no_loop_time(made_up_flight):
    with pytest.raises(NotMeasurable, match="no compute time recorded"):
        find("loop_time_p99_s")(made_up_flight(columns={"compute_s": np.zeros(1000)}))
