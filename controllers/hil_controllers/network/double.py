"""The spikes of a network in float64, in matrix form: a second opinion, sharing no line with the definition.

Where the raster of float32 differs from this one, a membrane came so near its threshold that rounding decided.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil_controllers.network.layers import LIF, Float32, Layer


class Evaluation(NamedTuple):
    """Spikes (steps, neurons of all LIF layers), and the least distance of any membrane from its threshold."""

    raster: NDArray[np.bool_]
    margin: float


def evaluate(layers: tuple[Layer, ...], observations: Float32) -> Evaluation:
    """Spikes for observations (steps, inputs), one after the other, from rest; layer by layer, not step by step."""
    signals = observations.astype(np.float64)
    rasters, margin = [], np.inf
    for layer in layers[:-1]:
        currents = signals @ layer.weight.astype(np.float64).T + layer.bias
        if not isinstance(layer, LIF):
            signals = _bent(layer.activation, currents)
            continue
        decay, threshold = np.clip(layer.beta.astype(np.float64), 0.0, 1.0), layer.theta.astype(np.float64)
        potential, fired = np.zeros(layer.size), np.zeros(layer.size, bool)
        raster = np.empty(currents.shape, bool)
        for k, current in enumerate(currents):
            potential = decay * potential + current - np.where(fired, threshold, 0.0)
            raster[k] = fired = potential > threshold
            margin = min(margin, float(np.abs(potential - threshold).min()))
        rasters.append(raster)
        signals = raster.astype(np.float64)
    width = np.empty((len(observations), 0), bool)
    return Evaluation(np.concatenate((width, *rasters), axis=1), margin)


def _bent(activation: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
    if activation == "none":
        return x
    if activation == "tanh":
        return np.tanh(x)
    x = np.clip(x, -3.0, 3.0)
    return (x**3 + 27.0 * x) / (9.0 * x**2 + 27.0)
