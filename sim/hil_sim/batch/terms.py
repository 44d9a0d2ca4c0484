"""Which terms of the equations a batch needs: what is zero for all of its vehicles is left out of its program."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

# Of the parameters, in the order of `hil_sim.dynamics.constants`, of the battery, and of the loads.
PARAMETERS = (
    *("lag_a", "lag_b", "c0", "c1", "c2", "n1", "n2", "n3", "n4"),
    *("x0", "x1", "x2", "x3", "x4", "y0", "y1", "y2", "y3", "y4", "k0", "k1", "k2", "k3", "k4"),
    *("yaw_zero", "dx", "dy", "dz", "hx_mass", "hy_mass", "damping"),
    *("jyz", "jzx", "jxy", "ijx", "ijy", "ijz", "imass", "gravity", "g0", "g1", "g2", "g3", "g4"),
)
SUPPLY = ("rest", "reference", "sag", "drain")
LOADS = ("fx", "fy", "fz", "tx", "ty", "tz")

OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "mismatch": ("n1", "n2", "n3", "n4"),  # neutral at 1, all others at 0
    "idle-thrust": ("c0",),
    "uneven-lag": ("lag_b",),
    "yaw-zero": ("yaw_zero",),
    "drag": ("dx", "dy", "dz"),
    "drag-moment": ("hx_mass", "hy_mass"),
    "rate-damping": ("damping",),
    "gyroscopics": ("g0", "g1", "g2", "g3", "g4"),
    "asymmetry": ("x1", "x2", "x3", "x4", "y1", "y2", "y3", "y4", "k1", "k2", "k3", "k4"),
    "battery": (),  # without one, the command itself is the steady motor state
    "loads": LOADS,
}
ALL_TERMS = frozenset(OPTIONAL)
# What `hil_sim.variation` draws for each flight: to be named as `varying` where vehicles are drawn anew at a reset.
DRAWN = (
    *("lag_a", "lag_b", "c0", "c1", "c2", "n1", "n2", "n3", "n4", "dx", "dy", "dz", "hx_mass", "hy_mass"),
    *("jyz", "jzx", "jxy", "ijx", "ijy", "ijz", "imass"),
)


def needed(parameters: NDArray[np.float64], varying: Collection[str] = ()) -> frozenset[str]:
    """Terms that some vehicle has; `parameters` (n, 44). Says nothing of battery and loads.

    Rotors that are `varying` are unequal, even if they are not yet; what else varies is scaled, so that zeros stay.
    """
    return frozenset(
        term
        for term, names in OPTIONAL.items()
        for name in names
        if (term == "mismatch" and name in varying)
        or (
            name in PARAMETERS and (parameters[:, PARAMETERS.index(name)] != (1.0 if term == "mismatch" else 0.0)).any()
        )
    )


def zeros(terms: frozenset[str]) -> frozenset[str]:
    """Names of the parameters and inputs that are 0 when only these terms are there."""
    return frozenset(name for term in ALL_TERMS - terms - {"mismatch"} for name in OPTIONAL[term])


def ones(terms: frozenset[str]) -> frozenset[str]:
    """Names of the parameters that are 1 when only these terms are there."""
    return frozenset(OPTIONAL["mismatch"]) if "mismatch" not in terms else frozenset()
