"""One step of a network in numpy: the definition that compiled kernels and C must equal, bit for bit."""

from typing import NamedTuple

import numpy as np

from hil_controllers.network.contract import Contract
from hil_controllers.network.layers import LIF, Float32, Layer

THREE, NINE, TWENTY_SEVEN = np.float32(3), np.float32(9), np.float32(27)


class Memory(NamedTuple):
    """What a network remembers from step to step; a new one each step, none is written to."""

    membranes: tuple[Float32, ...]  # U of each LIF layer, (n,), in the layer's own unit
    spikes: tuple[Float32, ...]  # s of each LIF layer, (n,), 0 or 1
    integral: Float32  # of the position error, (3,), m
    history: Float32  # the last actions, (k, 4), oldest first


def start(layers: tuple[Layer, ...], contract: Contract) -> Memory:
    """Memory before the first step."""
    zeros = tuple(np.zeros(layer.size, np.float32) for layer in layers if isinstance(layer, LIF))
    fill = np.full((contract.action_history, 4), contract.history_fill, np.float32)
    return Memory(zeros, zeros, np.zeros(3, np.float32), fill)


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
    history = np.concatenate((memory.history[1:], action[None])) if len(memory.history) else memory.history
    return action, Memory(tuple(membranes), tuple(spikes), memory.integral, history)


def weighted_sum(layer: Layer, values: Float32, *, spiking: bool) -> Float32:
    """Sum b + Σ_j w_j x_j of each neuron (n,), from b up in j; of spikes only those that are there."""
    terms = layer.weight[:, values > 0] if spiking else layer.weight * values
    # `accumulate`, unlike `sum` and `dot`, is defined term by term: its order is no library's choice
    return np.add.accumulate(np.concatenate((layer.bias[:, None], terms), axis=1), axis=1)[:, -1]


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
