"""Terms that are zero go, the others stay as they were written."""

import math

import numpy as np
import pytest

from hil_sim.batch.program import VALUES, functions
from hil_sim.batch.rows import flown
from hil_sim.batch.specialise import specialised
from hil_sim.batch.terms import ALL_TERMS, OPTIONAL, PARAMETERS, needed
from hil_sim.battery import steady_motors
from hil_sim.dynamics import constants, derivative, normalised
from hil_sim.integrators import rk4
from hil_sim.vehicle_files import load_vehicle

P = len(PARAMETERS)


def shape(a, b, z):
    """Something like a term of the dynamics."""
    dead = z * a
    alive = a * b - dead + z
    return (alive + 0.5 * a, -(z * b) - b, abs(z) + (1.0 / 6.0) * a)


def test_zero_terms_go_and_what_they_alone_needed_goes_too():
    expected = "def shape(a, b, z):\n    alive = a * b\n    return (alive + HALF * a, -b, SIXTH * a)"
    assert specialised(shape, zero=["z"]) == expected


def test_factors_of_one_go():
    assert "alive = b" in specialised(shape, zero=["z"], one=["a"])


def test_with_nothing_known_every_term_stays():
    assert "alive = a * b - dead + z" in specialised(shape)


def test_a_result_that_is_zero_is_refused():
    with pytest.raises(AssertionError, match="a result that is zero"):
        specialised(shape, zero=["z", "b"])


def test_the_parameters_are_those_of_the_dynamics():
    assert len(PARAMETERS) == len(constants(load_vehicle("cf21-identified")))
    unpacked = specialised(derivative).replace("\n", ", ")
    assert all(f"{name}," in unpacked or f"{name} =" in unpacked for name in PARAMETERS)
    assert all(name in PARAMETERS for term, names in OPTIONAL.items() if term != "loads" for name in names)


def test_a_term_is_needed_as_soon_as_one_vehicle_has_it():
    without, having = (constants(load_vehicle(name)) for name in ("cf-l2f-original", "cf21-identified"))
    assert needed(np.array([without, without])) == frozenset()
    assert needed(np.array([without, having])) == {"yaw-zero", "drag", "drag-moment", "rate-damping"}


def test_the_base_program_is_less_than_half_of_the_full_one():
    assert functions(frozenset()).count("*") < functions(ALL_TERMS).count("*") - 40


@pytest.mark.parametrize("terms", [ALL_TERMS, frozenset({"drag", "drag-moment"}), frozenset()], ids=len)
def test_a_program_without_terms_equals_the_equations_with_zeros(terms):
    chance = np.random.default_rng(5)
    parameters = chance.normal(size=len(VALUES))
    for term, names in OPTIONAL.items():
        for name in names:
            if name in PARAMETERS and term not in terms:
                parameters[PARAMETERS.index(name)] = 1.0 if term == "mismatch" else 0.0
    if "battery" not in terms:
        parameters[P : P + 4] = (1.0, 1.0, 0.0, 0.0)
    if "loads" not in terms:
        parameters[P + 4 :] = 0.0
    state, command = tuple(chance.normal(size=17).tolist()), tuple(chance.uniform(size=4).tolist())
    of_vehicle = tuple(parameters.tolist())

    ours = flown(terms, "float64")(state, command, of_vehicle, 0.01, 3.0)

    inputs = (*steady_motors(command, 3.0, of_vehicle[P : P + 4]), *of_vehicle[P + 4 :])
    assert ours == normalised(rk4(derivative, state, inputs, of_vehicle[:P], 0.01), math.sqrt)
