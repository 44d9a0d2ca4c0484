"""What floats and arrays do not share besides + − × ÷, comparisons, & and |: root, choice, and how vectors come apart.

Both round alike, so an equation written with them has the same bits for one vehicle and for each of many. A vector of
many vehicles is a tuple of arrays (n,), or an array (k, n).
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hil_sim.dynamics import Scalars


class Arithmetic(NamedTuple):
    """Functions of floats, or of arrays; a choice has both its values worked out beforehand."""

    sqrt: Callable[[Any], Any]
    choose: Callable[[Any, Any, Any], Any]  # condition, value where it holds, value elsewhere
    components: Callable[[Any], Scalars]  # of an array (k,) or (k, n)


FLOATS = Arithmetic(math.sqrt, lambda holds, yes, no: yes if holds else no, lambda vector: tuple(vector.tolist()))
ARRAYS = Arithmetic(np.sqrt, np.where, tuple)
