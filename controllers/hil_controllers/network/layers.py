"""What a network is made of: dense layers and layers of leaky integrate-and-fire neurons."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.core.errors import BadInput

Float32 = NDArray[np.float32]

READOUTS = ("rational_tanh", "tanh")
ACTIVATIONS = (*READOUTS, "none")
MOTORS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """y = f(W x + b). Weight (n_out, n_in), bias (n_out,), float32; f by name."""

    weight: Float32
    bias: Float32
    activation: str = "none"

    def __post_init__(self) -> None:
        _own(self, "weight", "bias")
        if self.activation not in ACTIVATIONS:
            raise BadInput(f"activation {self.activation!r} is none of {', '.join(ACTIVATIONS)}")

    @property
    def size(self) -> int:
        """Outputs."""
        return len(self.bias)

    @property
    def inputs(self) -> int:
        """Inputs."""
        return int(self.weight.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class LIF:
    """Leaky integrate-and-fire neurons behind a linear current; reset by subtraction, one step later.

    Weight (n, n_in), bias (n,), decay β (n,) as trained (clipped to 0..1 in use), threshold θ (n,); float32.
    """

    weight: Float32
    bias: Float32
    beta: Float32
    theta: Float32

    def __post_init__(self) -> None:
        _own(self, "weight", "bias", "beta", "theta")

    @property
    def size(self) -> int:
        """Neurons."""
        return len(self.bias)

    @property
    def inputs(self) -> int:
        """Inputs."""
        return int(self.weight.shape[1])

    @property
    def decay(self) -> Float32:
        """β as used, (n,), within 0..1."""
        return np.clip(self.beta, np.float32(0), np.float32(1))


Layer = Dense | LIF
TENSORS: dict[type[Layer], tuple[str, ...]] = {Dense: ("weight", "bias"), LIF: ("weight", "bias", "beta", "theta")}


def is_exact(layers: tuple[Layer, ...], readout: str) -> bool:
    """Whether equal bits are claimed everywhere: no part of it is `tanh`."""
    return readout != "tanh" and all(isinstance(layer, LIF) or layer.activation != "tanh" for layer in layers)


def checked(layers: tuple[Layer, ...], inputs: int) -> tuple[Layer, ...]:
    """The layers, if they fit each other, `inputs` observations and four motors. Raises BadInput."""
    if not layers or not isinstance(layers[-1], Dense) or layers[-1].activation != "none":
        raise BadInput('the last layer is the read-out: Dense with activation "none" (the network\'s read-out follows)')
    given = inputs
    for number, layer in enumerate(layers):
        if layer.inputs != given:
            what = "the contract's observation has" if number == 0 else f"layer {number - 1} has"
            raise BadInput(f"layer {number} takes {layer.inputs} inputs, but {what} {given}")
        given = layer.size
    if given != MOTORS:
        raise BadInput(f"the last layer must have 4 outputs, M1..M4, not {given}")
    return layers


def _own(layer: Any, *names: str) -> None:
    """Give the frozen layer float32 copies of its arrays that nobody can write to. Raises BadInput for bad ones."""
    size = np.shape(layer.bias)
    for name in names:
        array = np.array(getattr(layer, name), dtype=np.float32, order="C")
        good = array.ndim == 2 and array.shape[:1] == size if name == "weight" else array.ndim == 1
        if not good or array.shape[0] != size[0] or array.size == 0:
            raise BadInput(f"{name} has shape {array.shape}, which does not fit a bias of shape {size}")
        if not np.isfinite(array).all():
            raise BadInput(f"{name} has entries that are not finite")
        array.setflags(write=False)
        object.__setattr__(layer, name, array)
