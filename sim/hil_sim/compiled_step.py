"""One free step of the plant, compiled by numba from the very source that flies it in Python: equal bits, 10 × as fast.

For flights that load numba anyway: to load it takes as long as a minute of flight in Python does.
"""

import inspect
from collections.abc import Callable
from functools import cache

from hil_sim import dynamics, integrators
from hil_sim.dynamics import Scalars
from hil_sim.kernel_files import module_of

FreeStep = Callable[[Scalars, Scalars, Scalars, float], Scalars]

_HEAD = """from __future__ import annotations
import math
from numba import njit
"""
_INNER = "@njit(error_model='numpy')\n"
_STEP = """@njit(cache=True, error_model='numpy')
def free_step(state, inputs, constants, h):
    return normalised(rk4(state, inputs, constants, h), math.sqrt)
"""
_PARTS = (dynamics.derivative, dynamics.normalised, integrators.advanced, integrators.summed, integrators.rk4)
_HANDED_ON = "derivative: Derivative, "  # what is passed as an argument keeps numba from keeping the program on disk


@cache
def compiled_step() -> FreeStep:
    """State after `h` seconds: `normalised(rk4(derivative, state, inputs, constants, h))`, of floats only.

    Where Python raises ZeroDivisionError, for an attitude of zero, it gives NaN.
    """
    parts = (_INNER + inspect.getsource(part).replace(_HANDED_ON, "") for part in _PARTS)
    text = "\n\n".join((_HEAD, *parts, _STEP))
    step: FreeStep = module_of(text, "step", ()).free_step
    return step
