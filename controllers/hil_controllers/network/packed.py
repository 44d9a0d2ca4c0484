"""A network as flat arrays, as compiled kernels like it: nothing to allocate, nothing to look up.

Weights of a layer lie input by input (column by column), so that what one spike adds is contiguous.

    memory (float32)  [U, s of each LIF layer | integral (3) | action history (4 k)]
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil_controllers.network.contract import Contract
from hil_controllers.network.layers import LIF, Float32
from hil_controllers.network.model import Network

# Columns of `table`, one row per layer; offsets into `weights` and `memory`.
SPIKES, BENDS, INPUTS, SIZE, WEIGHT, BIAS, DECAY, THETA, MEMBRANE = range(9)
# Entries of `limits`.
POSITION_CLIP, VELOCITY_CLIP, GAIN, INTEGRAL_LIMIT, POSITION_LEAD, VELOCITY_LEAD = range(6)
INTEGRAL_VALUES = 3


class Packed(NamedTuple):
    """What a kernel is given of a network."""

    table: NDArray[np.int64]  # (layers, 9)
    weights: Float32
    limits: Float32  # (4,); gain 0 for a contract without integral
    places: NDArray[np.int64]  # of the integral and the history in memory, entries of the history, widest layer
    first: Float32  # memory at the start


def pack(network: Network) -> Packed:
    """The flat form of a network without `tanh`."""
    assert network.exact, "kernels know rational_tanh only"
    rows, parts, used, memory = [], [], 0, 0

    def placed(array: Float32) -> int:
        nonlocal used
        parts.append(array.ravel())
        used += array.size
        return used - array.size

    last = len(network.layers) - 1
    for number, layer in enumerate(network.layers):
        weight, bias = placed(np.ascontiguousarray(layer.weight.T)), placed(layer.bias)
        if isinstance(layer, LIF):
            rows.append(
                (1, 0, layer.inputs, layer.size, weight, bias, placed(layer.decay), placed(layer.theta), memory)
            )
            memory += 2 * layer.size
        else:
            bends = number == last or layer.activation == "rational_tanh"
            rows.append((0, int(bends), layer.inputs, layer.size, weight, bias, 0, 0, 0))
    contract, entries = network.contract, 4 * network.contract.action_history
    widest = max(contract.inputs, *(layer.size for layer in network.layers))
    first = np.zeros(memory + INTEGRAL_VALUES + entries, np.float32)
    first[memory + INTEGRAL_VALUES :] = contract.history_fill
    return Packed(
        np.array(rows, np.int64),
        np.concatenate(parts),
        _limits(contract),
        np.array((memory, memory + INTEGRAL_VALUES, entries, widest), np.int64),
        first,
    )


def _limits(contract: Contract) -> Float32:
    gain, most = 0.0, 0.0
    if contract.integral is not None:
        gain, most = contract.integral.gain_1_s / contract.rate_hz, contract.integral.limit_m
    clips, leads = (
        (contract.position_clip_m, contract.velocity_clip_m_s),
        (contract.position_lead_s, contract.velocity_lead_s),
    )
    return np.array((*clips, gain, most, *leads), np.float32)


def spikes_in(memory: Float32, network: Network) -> list[Float32]:
    """Views of the spikes (…, n) of each LIF layer in a packed memory (…, m)."""
    return [memory[..., at + size : at + 2 * size] for at, size in _lif_places(network)]


def membranes_in(memory: Float32, network: Network) -> list[Float32]:
    """Views of the membranes (…, n) of each LIF layer in a packed memory (…, m)."""
    return [memory[..., at : at + size] for at, size in _lif_places(network)]


def _lif_places(network: Network) -> list[tuple[int, int]]:
    places, at = [], 0
    for size in network.spiking_sizes:
        places.append((at, size))
        at += 2 * size
    return places
