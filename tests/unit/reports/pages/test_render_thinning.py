import re

import numpy as np
import pytest

from hil_reports.plots.canvas import figure, svg
from hil_reports.plots.parting import worst_rows
from hil_reports.plots.thinning import bands, every_nth


def test_the_range_keeps_a_peak_of_a_single_sample():
    t_s = np.arange(5000) / 100
    signal = np.zeros_like(t_s)
    signal[3210] = 9.0
    assert np.nanmax(bands([t_s], [signal]).high) == 9.0


def test_the_middle_is_the_median_over_flights():
    t_s = np.arange(1000) / 100
    band = bands([t_s] * 3, [np.full(1000, value) for value in (1.0, 2.0, 30.0)])
    assert band.middle == pytest.approx(np.full(len(band.t_s), 2.0))


def test_missing_samples_leave_a_gap_not_a_number():
    t_s = np.arange(1000) / 100
    signal = np.where((t_s > 3) & (t_s < 6), np.nan, 1.0)
    band = bands([t_s], [signal])
    assert np.isnan(band.middle[(band.t_s > 3.2) & (band.t_s < 5.8)]).all()
    assert np.isfinite(band.middle[(band.t_s < 2.8)]).all()


def test_a_flight_that_ended_early_does_not_end_the_others():
    long_s, short_s = np.arange(1000) / 100, np.arange(300) / 100
    band = bands([long_s, short_s], [np.ones(1000), np.full(300, 5.0)])
    assert band.middle[-1] == 1.0
    assert band.high[0] == 5.0


def test_thinning_a_path_keeps_its_ends():
    path = np.arange(10000.0)[:, None]
    thin = every_nth(path, 20)
    assert (thin[0, 0], thin[-1, 0]) == (0.0, 9999.0)
    assert len(thin) < 400


def test_thinning_a_comparison_keeps_the_moment_it_exceeds_its_threshold():
    table = np.zeros((9000, 4))
    table[:, 0], table[:, 2] = np.arange(9000), 1.0
    table[4321, 1] = 7.0
    thin = worst_rows(table)
    assert len(thin) <= 1000
    assert thin[thin[:, 1] > thin[:, 2], 0] == [4321]


def test_rounding_path_coordinates_leaves_labels_alone():
    with figure(2.0) as (drawing, axes):
        axes.plot([0.123456, 0.2], [0.00012345, 0.00012346])
        axes.set_title("0.123456 of 1.23456")
        text = svg(drawing, name="rounding", title="a figure")
    assert "0.123456 of 1.23456" in text
    assert not re.search(r' d="[^"]*\.\d\d', text)
