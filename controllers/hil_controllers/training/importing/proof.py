"""Whether a network answers as its original does: every spike of the golden sequence, and the read-out to rounding.

The original runs by its own rules, from rest, on the observations of the golden vectors. It sums in another order than
the network file does, so where a membrane comes within rounding of its threshold other golden vectors are tried.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hil.core.errors import BadInput
from hil_controllers.network import Network
from hil_controllers.network.layers import Float32

TRIES, _SEEDS_APART = 3, 1000
READOUT_TOLERANCE = 1e-4  # libraries differ in tanh, and torch sums in its own order


class Answer(NamedTuple):
    """Spikes (steps, neurons of all layers) and actions (steps, 4)."""

    raster: NDArray[np.bool_]
    action: Float32


class Original(Protocol):
    """What is imported, as it runs where it comes from."""

    def run(self, observations: Float32) -> Answer:
        """Its answer from rest to observations (steps, inputs), one after the other."""
        ...


def proven(build: Callable[[int], Network], original: Original) -> Network:
    """The network that `build(seed)` gives, once it has spiked as the original. Raises BadInput with what differs."""
    difference = None
    for attempt in range(TRIES):
        network = build(attempt * _SEEDS_APART)
        difference = different(network, original)
        if difference is None:
            return network
    raise BadInput(f"not spike-exact, so not imported: {difference}")


def different(network: Network, original: Original) -> str | None:
    """The first golden step, layer and neuron at which network and original part, or None."""
    golden = network.golden
    own, other = golden.raster(network.neurons), original.run(golden.observation)
    if other.raster.shape != own.shape:
        return f"the original has {other.raster.shape[1]} neurons that spike, the network {own.shape[1]}"
    if (own != other.raster).any():
        step, neuron = (int(k) for k in np.argwhere(own != other.raster)[0])
        layer = int(np.searchsorted(np.cumsum(network.spiking_sizes), neuron, side="right"))
        within = neuron - sum(network.spiking_sizes[:layer])
        does = "spikes" if other.raster[step, neuron] else "is silent"
        return f"at golden step {step} neuron {within} of layer {layer + 1} {does} in the original, and not so here"
    if other.action.shape != golden.output.shape:
        return f"the original's actions have shape {other.action.shape[1:]}, {golden.output.shape[1:]} is wanted"
    off = ~(np.abs(other.action - golden.output) <= READOUT_TOLERANCE)
    if off.any():
        step, motor = (int(k) for k in np.argwhere(off)[0])
        return (
            f"spikes agree, but at golden step {step} M{motor + 1} is {other.action[step, motor]:.5g} in the original, "
            f"{golden.output[step, motor]:.5g} by the read-out {network.readout}"
        )
    return None
