import struct

import numpy as np
import pytest

from hil.core.types import Start, State
from hil.references.curves import FigureEight
from hil.references.hold import Step
from hil.references.waypoints import Square
from hil.targets.crazyflie.polynomials import ERROR_MAX_M, PIECE_BYTES, PIECES_MAX, fit

START = Start(State((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0)))
EIGHT = FigureEight(kind="figure_eight", period_s=15).reference(START)


def flown(fitted, t_s):
    for duration_s, piece in zip(fitted.durations_s, fitted.coefficients, strict=True):
        if t_s <= duration_s:
            return [float(np.polyval(axis[::-1].astype(float), t_s)) for axis in piece]
        t_s -= duration_s
    raise AssertionError("after its end")


def test_an_eight_is_fitted_within_a_millimetre():
    assert fit(EIGHT, 25.0).error_m < 0.001


def test_the_error_told_is_the_greatest_there_is():
    fitted = fit(EIGHT, 25.0)
    times = np.linspace(0.0, 24.9, 3000)
    apart = [np.linalg.norm(np.subtract(flown(fitted, t)[:3], EIGHT.at(t).position)) for t in times.tolist()]
    assert max(apart) <= 1.5 * fitted.error_m


def test_pieces_join_in_position_and_speed():
    fitted = fit(EIGHT, 25.0)
    for duration_s, before, after in zip(
        fitted.durations_s, fitted.coefficients, fitted.coefficients[1:], strict=False
    ):
        for axis in range(3):
            end = np.poly1d(before[axis][::-1].astype(float))
            assert end(duration_s) == pytest.approx(after[axis][0], abs=1e-5)
            assert end.deriv()(duration_s) == pytest.approx(after[axis][1], abs=1e-4)


def test_legs_with_rests_are_fitted_well_enough_to_fly():
    square = Square(kind="square", side_m=1, leg_s=3, dwell_s=1).reference(START)
    assert fit(square, 20.0).error_m < ERROR_MAX_M


def test_a_jump_is_further_off_than_may_be_flown():
    jump = Step(kind="step", offset_m=(0.5, 0, 0), at_s=1.3).reference(START)
    assert fit(jump, 10.0).error_m > ERROR_MAX_M


@pytest.mark.parametrize("duration_s", [0.5, 25.0, 300.0])
def test_it_fits_into_memory(duration_s):
    assert len(fit(EIGHT, duration_s).packed()) <= PIECE_BYTES * PIECES_MAX <= 4096


def test_in_memory_a_piece_is_32_coefficients_and_its_duration():
    fitted = fit(EIGHT, 1.6)
    first = struct.unpack_from("<33f", fitted.packed())
    assert first[32] == pytest.approx(0.8)
    assert first[:8] == tuple(fitted.coefficients[0][0].tolist())
