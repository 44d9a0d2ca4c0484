"""The trim of a window knows nothing of what happens in it; a trim that did would be found out."""

from dataclasses import replace

import numpy as np
import pytest

from hil_sim.fidelity import windows as windows_module
from hil_sim.fidelity.level import marker_tilt
from hil_sim.fidelity.trim import trim
from hil_sim.fidelity.windows import HISTORY_S, LONGEST_S, cut

START_ROW = round(HISTORY_S * 100)  # of the first window


@pytest.fixture(autouse=True)
def no_window_left_out(monkeypatch):
    """Poison would be found as a fault and the window left out: that is another matter."""
    monkeypatch.setattr(windows_module, "faults", lambda log: {})


def first_window(log):
    found, _ = cut(log, from_s=0.0, to_s=HISTORY_S + LONGEST_S)
    assert len(found) == 1
    assert found.at == START_ROW
    return found


def as_array(own):
    return np.concatenate([own.thrust_scale, own.torque_rad_s2.ravel(), *own.motors])


@pytest.mark.parametrize("delay_s", [0.0, 0.005, 0.01, 0.023])
def test_poison_after_the_start_leaves_the_trim_unchanged(true_vehicle, lively, assert_no_future, delay_s):
    late = replace(true_vehicle, command_delay_s=delay_s)
    assert_no_future(lambda log: as_array(trim(late, first_window(log))), lively.log, START_ROW + 1)


def test_poison_after_the_start_leaves_the_marker_tilt_unchanged(true_vehicle, lively, assert_no_future):
    assert_no_future(lambda log: marker_tilt(true_vehicle, first_window(log)), lively.log, START_ROW + 1)


def test_a_trim_that_looks_one_row_ahead_is_found_out(true_vehicle, lively, assert_no_future):
    def peeking(log):
        window = first_window(log)
        return as_array(trim(true_vehicle, replace(window, at=window.at + 1)))

    with pytest.raises(AssertionError):
        assert_no_future(peeking, lively.log, START_ROW + 1)


def test_a_trim_on_rates_smoothed_across_the_start_is_found_out(true_vehicle, lively, assert_no_future):
    def peeking(log):
        window = first_window(log)
        return as_array(trim(true_vehicle, replace(window, rates=window.smooth_rates)))

    with pytest.raises(AssertionError):
        assert_no_future(peeking, lively.log, START_ROW + 1)


def test_the_trim_does_use_the_rows_before(true_vehicle, lively, assert_no_future):
    with pytest.raises(AssertionError):
        assert_no_future(lambda log: as_array(trim(true_vehicle, first_window(log))), lively.log, START_ROW - 10)
