"""One step of a network in numpy, for one vehicle or for many: the definition that compiled kernels and C must equal.

Shapes are those of one vehicle; of n vehicles all of them have (n,) in front.
"""

from typing import NamedTuple

import numpy as np

from hil_controllers.network.contract import Contract
from hil_controllers.network.layers import LIF, Float32, Layer
from hil_controllers.network.observation import ONE, TWO

THREE, NINE, TWENTY_SEVEN = np.float32(3), np.float32(9), np.float32(27)


class Memory(NamedTuple):
    """What a network remembers from step to step; a new one each step, none is written to."""

    membranes: tuple[Float32, ...]  # U of each LIF layer, (n,), in the layer's own unit
    spikes: tuple[Float32, ...]  # s of each LIF layer, (n,), 0 or 1
    integral: Float32  # of the position error, (3,), m
    history: Float32  # the last actions, (k, 4), oldest first


def start(layers: tuple[Layer, ...], contract: Contract, of: tuple[int, ...] = ()) -> Memory:
    """Memory before the first step, of one vehicle, or of `of` = (n,) vehicles."""
    zeros = tuple(np.zeros((*of, layer.size), np.float32) for layer in layers if isinstance(layer, LIF))
    fill = np.full((*of, contract.action_history, 4), contract.history_fill, np.float32)
    return Memory(zeros, zeros, np.zeros((*of, 3), np.float32), fill)


def step(layers: tuple[Layer, ...], readout: str, x: Float32, memory: Memory) -> tuple[Float32, Memory]:
    """Action y (4,) for an observation x (inputs,), and the memory after it."""
    membranes: list[Float32] = []
    spikes: list[Float32] = []
    values, spiking = x, False
    for layer in layers:
        total = weighted_sum(layer, values, spiking=spiking)
        if isinstance(layer, LIF):
            before, fired = memory.membranes[len(membranes)], memory.spikes[len(membranes)]
            membrane = (layer.decay * before + total) - layer.theta * fired
            values, spiking = (membrane > layer.theta).astype(np.float32), True
            membranes.append(membrane)
            spikes.append(values)
        else:
            values, spiking = activated(layer.activation, total), False
    action = activated(readout, values)
    history = memory.history
    if history.shape[-2]:
        history = np.concatenate((history[..., 1:, :], action[..., None, :]), axis=-2)
    return action, Memory(tuple(membranes), tuple(spikes), memory.integral, history)


def flat(memory: Memory) -> Float32:
    """Memory of one vehicle as in `packed.py`: U, s of each LIF layer, integral, action history."""
    layers = (part for pair in zip(memory.membranes, memory.spikes, strict=True) for part in pair)
    return np.concatenate((*layers, memory.integral, memory.history.ravel()))


def weighted_sum(layer: Layer, values: Float32, *, spiking: bool) -> Float32:
    """Sum b + Σ_j w_j x_j of each neuron (n,), from b up in j; of spikes only those that are there."""
    if values.ndim == 1:
        terms: Float32 = layer.weight[:, values > 0] if spiking else layer.weight * values
        # `accumulate`, unlike `sum` and `dot`, is defined term by term: its order is no library's choice
        sums: Float32 = np.add.accumulate(np.concatenate((layer.bias[:, None], terms), axis=1), axis=1)
        last: Float32 = sums[:, -1]
        return last
    totals: Float32 = np.tile(layer.bias, (len(values), 1))
    for column, given in zip(layer.weight.T, values.T, strict=True):
        if spiking:
            totals[given > 0] += column
        else:
            totals += column * given[:, None]
    return totals


def command(action: Float32) -> Float32:
    """Motor commands (4,), fraction 0..1, for an action."""
    within: Float32 = np.minimum(np.maximum((action + ONE) / TWO, np.float32(0)), ONE)
    return within


def activated(name: str, x: Float32) -> Float32:
    """f(x), elementwise."""
    if name == "none":
        return x
    return np.tanh(x) if name == "tanh" else rational_tanh(x)


def rational_tanh(x: Float32) -> Float32:
    """Quotient x (27 + x²) / (27 + 9 x²) for |x| < 3, else the sign of x, where it ends; within 0.024 of tanh."""
    inner = np.minimum(np.maximum(x, -THREE), THREE)
    square = inner * inner
    curve: Float32 = inner * (TWENTY_SEVEN + square) / (TWENTY_SEVEN + NINE * square)
    return curve
