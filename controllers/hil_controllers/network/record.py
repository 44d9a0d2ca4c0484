"""What the neurons of one flight did, and whose they were: files that reports read beside the log.

neurons.npz    spikes (ticks, ⌈neurons / 8⌉) bits, first neuron highest, as np.unpackbits(axis=1, count=neurons) reads
               layer_sizes (layers,)      membranes (ticks, k) float32, up to 8 neurons of each layer
               membrane_index (k,) among all neurons      threshold (k,)      rate_hz: ticks are those of the network
network.json   name, hash, layers, parameters, footprint, read-out, contract, provenance
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil_controllers.network.layers import LIF, Float32
from hil_controllers.network.model import Network
from hil_controllers.network.packed import membranes_in, spikes_in

SHOWN = 8  # membranes of each layer
_CHUNK = 256  # ticks


class NeuralRecord:
    """Spikes and some membranes of a flight, tick by tick; empty for a network without spikes."""

    def __init__(self, network: Network) -> None:
        self._network = network
        layers = [layer for layer in network.layers if isinstance(layer, LIF)]
        self._shown = [np.unique(np.linspace(0, x.size - 1, min(SHOWN, x.size)).astype(np.int64)) for x in layers]
        self._threshold = [x.theta[shown] for x, shown in zip(layers, self._shown, strict=True)]
        self._width = 2 * network.neurons  # of U and s
        self._rows = np.empty((_CHUNK, self._width), np.float32)
        self.clear()

    def clear(self) -> None:
        """Forget the flight."""
        self._filled = 0
        self._spikes: list[NDArray[np.uint8]] = []
        self._membranes: list[Float32] = []

    def append(self, memory: Float32) -> None:
        """One tick, of a memory as in `packed.py`."""
        if self._filled == _CHUNK:
            self._pack()
        self._rows[self._filled] = memory[: self._width]
        self._filled += 1

    def write(self, folder: Path) -> None:
        """neurons.npz, of a network that spikes."""
        if not self._network.spiking:
            return
        self._pack()
        sizes = self._network.spiking_sizes
        starts = np.cumsum((0, *sizes[:-1]))
        np.savez(
            folder / "neurons.npz",
            spikes=np.concatenate(self._spikes),
            layer_sizes=np.array(sizes),
            membranes=np.concatenate(self._membranes),
            membrane_index=np.concatenate([start + shown for start, shown in zip(starts, self._shown, strict=True)]),
            threshold=np.concatenate(self._threshold),
            rate_hz=np.array(self._network.contract.rate_hz),
        )

    def _pack(self) -> None:
        rows = self._rows[: self._filled]
        fired = np.concatenate(spikes_in(rows, self._network), axis=1) > 0
        self._spikes.append(np.packbits(fired, axis=1))
        shown = zip(membranes_in(rows, self._network), self._shown, strict=True)
        self._membranes.append(np.concatenate([membranes[:, index] for membranes, index in shown], axis=1))
        self._filled = 0


def described(network: Network, name: str) -> dict[str, Any]:
    """Plain data for network.json; `name` is the controller's in the log."""
    return {
        "name": name,
        "hash": network.hash,
        "spiking": network.spiking,
        "layers": [
            {
                "kind": "lif" if isinstance(layer, LIF) else "dense",
                "inputs": layer.inputs,
                "size": layer.size,
            }
            for layer in network.layers
        ],
        "layer_sizes": [network.contract.inputs, *(layer.size for layer in network.layers)],
        "parameters": network.parameters,
        "footprint_bytes": 4 * network.parameters,
        "readout": network.readout,
        "contract": network.contract.model_dump(mode="json"),
        "provenance": dict(network.provenance),
    }


def write_description(network: Network, name: str, folder: Path) -> None:
    """network.json."""
    text = json.dumps(described(network, name), indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "network.json").write_text(text + "\n", encoding="utf-8")
