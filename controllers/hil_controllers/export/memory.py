"""What the bytes of a `hil_network_state` say: those of a host's library, and those that a chip sends."""

import numpy as np
from numpy.typing import NDArray

from hil_controllers.export.header import hidden
from hil_controllers.network.layers import MOTORS, Float32
from hil_controllers.network.model import Network
from hil_controllers.network.packed import INTEGRAL_VALUES

_BODY = 18  # observations before the action history


def state_bytes(network: Network) -> int:
    """Size of a `hil_network_state`."""
    size = 4 * _floats(network) + 4 + 2 * (len(network.spiking_sizes) + network.neurons)
    return size + -size % 4


class CMemory:
    """A network's memory in C, little-endian: views of the bytes, and so of what they come to be later."""

    def __init__(self, network: Network, state: bytes | NDArray[np.uint8]) -> None:
        neurons, layers, inputs = network.neurons, len(network.spiking_sizes), network.contract.inputs
        self.floats: Float32 = np.frombuffer(state, "<f4", _floats(network))
        parts = np.cumsum((neurons, INTEGRAL_VALUES, MOTORS, inputs))
        self.membranes, self.integral, self.action, self.observation, _ = np.split(self.floats, parts)
        after = self.floats.nbytes
        self._steps = np.frombuffer(state, "<u4", 1, after)
        words = np.frombuffer(state, "<u2", layers + neurons, after + 4)
        starts = [sum(network.spiking_sizes[:layer]) for layer in range(layers)]
        self._counts = words[:layers]
        self._layers = [
            (start, size, words[layers + start : layers + start + size])
            for start, size in zip(starts, network.spiking_sizes, strict=True)
        ]
        self._width = 2 * neurons + INTEGRAL_VALUES + inputs - _BODY

    @property
    def steps(self) -> int:
        """Since the network's reset."""
        return int(self._steps[0])

    @property
    def spike_counts(self) -> tuple[int, ...]:
        """How many neurons of each layer spiked in the last step."""
        return tuple(self._counts.tolist())

    def flat(self) -> Float32:
        """The same as in `network/packed.py`: U, s of each LIF layer, integral, action history. A new array."""
        flat = np.zeros(self._width, np.float32)
        for (start, size, spiked), count in zip(self._layers, self._counts.tolist(), strict=True):
            flat[2 * start : 2 * start + size] = self.membranes[start : start + size]
            flat[2 * start + size : 2 * (start + size)][spiked[:count]] = 1
        rest = 2 * len(self.membranes)
        flat[rest : rest + INTEGRAL_VALUES] = self.integral
        if len(self.observation) > _BODY:  # whose history lacks the newest action
            flat[rest + INTEGRAL_VALUES : -MOTORS] = self.observation[_BODY + MOTORS :]
            flat[-MOTORS:] = self.action
        return flat


def _floats(network: Network) -> int:
    return network.neurons + INTEGRAL_VALUES + MOTORS + network.contract.inputs + hidden(network)
