"""A network that flies: its weights, what it may be given, what it is to answer, and the proof that it still does.

    dense    y = f(b + Σ_j w_j x_j)
    LIF      U ← (clip(β, 0, 1) U + I) − θ s;  s = U > θ        I = b + Σ_j w_j x_j
    read-out y = f(b + Σ_j w_j s_j), in [−1, 1]                 command u = (y + 1) / 2, M1..M4, within 0..1

Every number is float32; sums start at b and go up in j; of inputs that are spikes only the columns of those that
spiked are added. U and s start at zero. f is `rational_tanh`, x (27 + x²) / (27 + 9 x²) for |x| < 3 and sign(x) beyond
(its rounding may leave [−1, 1] by one unit in the last place, hence "within 0..1"), or `tanh` of an imported network.
Only + − × ÷ and comparisons are used, in one order, so that numpy, the compiled kernels and C give equal bits; with
`tanh`, which each of them computes for itself, no such claim is made.

What is asked of the network is in `contract.py`; `observation.py` and `reference.py` are the definition in numpy.
"""

from hil_controllers.network.contract import Contract, Integral
from hil_controllers.network.golden import Golden
from hil_controllers.network.layers import LIF, Dense
from hil_controllers.network.model import Network
from hil_controllers.network.reference import Memory

__all__ = ["LIF", "Contract", "Dense", "Golden", "Integral", "Memory", "Network"]
