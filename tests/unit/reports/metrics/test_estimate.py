"""The error as the vehicle sees it, and how wrong its estimate is."""

import numpy as np
import pytest

from hil.core.types import ON_BOARD_ESTIMATE
from hil_reports.metrics.catalogue import find
from hil_reports.metrics.windows import NotMeasurable


def estimated(log, x, y, z):
    columns = {f"estimate_position_{a}_m": np.full(len(log), v) for a, v in zip("xyz", (x, y, z), strict=True)}
    return log.with_columns(**columns)


@pytest.fixture
def log(made_up_flight):
    """It hovers 4 cm beside its set-point, and believes to be 3 cm in front of and 12 cm above it."""
    return estimated(made_up_flight(position=(0.0, 0.04, 1.0)), 0.03, 0.0, 1.12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("onboard_position_error_mean_m", np.hypot(0.03, 0.12)),
        ("onboard_position_error_xy_mean_m", 0.03),
        ("onboard_position_error_rmse_m", np.hypot(0.03, 0.12)),
        ("estimate_error_rmse_m", 0.13),
    ],
)
def test_distances_are_those_of_the_estimate(log, name, value):
    assert find(name)(log) == pytest.approx(value)


def test_without_an_estimate_none_of_them_can_be_measured(made_up_flight):
    for name in ("onboard_position_error_mean_m", "estimate_error_rmse_m"):
        with pytest.raises(NotMeasurable, match="no estimate"):
            find(name)(made_up_flight())


def test_where_the_state_is_the_estimate_nobody_knows_how_wrong_it_is(log):
    blind = log.with_info(state_source=ON_BOARD_ESTIMATE)
    with pytest.raises(NotMeasurable, match="nobody measured the truth"):
        find("estimate_error_rmse_m")(blind)
    assert find("onboard_position_error_xy_mean_m")(blind) == pytest.approx(0.03)
