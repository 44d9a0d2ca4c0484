"""What linear layers and Leaky neurons are in numbers, each refused by name where it cannot be flown.

    U[t] = clip(β, 0, 1) U[t−1] + I[t] − θ [U[t−1] > θ]        s[t] = [U[t] > θ]

is snntorch's Leaky with `reset_mechanism="subtract"` (1.0.0, `_neurons/leaky.py`): the reset looks at the membrane
before the step. Before the first one it is 0, so a neuron with a negative threshold is reset there without having
spiked; the network file starts without spikes, and such a neuron is refused.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from hil.core.errors import BadInput
from hil_controllers.network.layers import Float32
from hil_controllers.training.importing.tensors import shape

SUBTRACT = 0  # of snntorch's reset_mechanism_val: subtract, zero, none
RESETS = ("subtract", "zero", "none")


def numbers(name: str, tensor: Tensor, wanted: Sequence[int]) -> Float32:
    """The tensor as float32, of the shape wanted. Raises BadInput for any other, or what float32 does not hold."""
    if tuple(tensor.shape) != tuple(wanted):
        raise BadInput(f"{name} is {shape(tensor)}, {' × '.join(map(str, wanted))} is wanted")
    if tensor.dtype not in (torch.float32, torch.float64):
        raise BadInput(f"{name} is {str(tensor.dtype).removeprefix('torch.')}, float32 is wanted")
    given = tensor.detach().numpy()
    with np.errstate(over="ignore"):
        found: Float32 = given.astype(np.float32)
    if not np.isfinite(found).all():
        raise BadInput(f"{name} has entries that are not finite")
    if not (found == given).all():
        raise BadInput(f"{name} is float64, and float32 does not hold its digits", hint="save module.float()")
    return found


def per_neuron(name: str, value: Tensor | float, n: int) -> Float32:
    """A decay or threshold of each of n neurons, from one value or n. Raises BadInput."""
    if isinstance(value, Tensor) and value.numel() != 1:
        return numbers(name, value, (n,))
    with np.errstate(over="ignore"):
        one = np.float32(float(value))  # beside a float32 tensor torch rounds a lone number of any dtype too
    if not np.isfinite(one):
        raise BadInput(f"{name} is not finite in float32")
    return np.full(n, one)


def thresholds(name: str, value: Tensor | float, n: int) -> Float32:
    """θ of each of n neurons. Raises BadInput for a negative one too."""
    found = per_neuron(name, value, n)
    if (found < 0).any():
        k = int((found < 0).argmax())
        raise BadInput(
            f"{name}: neuron {k} has threshold {found[k]:.4g} ({int((found < 0).sum())} of {n} are negative): "
            "snntorch resets it before its first spike, which cannot be represented"
        )
    return found


def refuse_graded(name: str, factor: Tensor | float) -> None:
    """Raises BadInput for spikes of a height other than 1."""
    values = torch.as_tensor(factor)
    if bool((values != 1).any()):
        odd = float(values[values != 1].reshape(-1)[0])
        raise BadInput(f"{name} is {odd:.4g}: spikes of a height other than 1 cannot be represented")


def refuse_reset(name: str, mechanism: Tensor | int) -> None:
    """Raises BadInput for a reset other than by subtraction."""
    if torch.as_tensor(mechanism).numel() != 1:
        raise BadInput(f"{name} is {shape(torch.as_tensor(mechanism))}, one number is wanted")
    value = int(mechanism)
    if value != SUBTRACT:
        said = f"{value} ({RESETS[value]!r})" if 0 <= value < len(RESETS) else str(value)
        raise BadInput(f"{name} is {said}: only the reset 'subtract' can be represented")
