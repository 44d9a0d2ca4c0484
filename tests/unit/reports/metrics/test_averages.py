import math

import numpy as np
import pytest

from hil_reports.metrics.averages import length, mean, percentile, rms


def test_a_mean_does_not_depend_on_the_order_of_the_rows():
    values = np.array([1e16, 1.0, -1e16, 1.0])
    assert mean(values) == mean(values[[1, 3, 0, 2]]) == 0.5


@pytest.mark.parametrize("average", [mean, rms, lambda values: percentile(values, 95)])
@pytest.mark.parametrize("bad", [[math.nan], [math.inf], [math.inf, -math.inf]])
def test_an_average_over_something_not_finite_is_not_a_number(average, bad):
    assert math.isnan(average(np.array([1.0, *bad])))


def test_length_is_taken_row_by_row():
    assert length(np.array([[3.0, 4.0, 12.0], [0.0, 0.0, -2.0]])).tolist() == [13.0, 2.0]
