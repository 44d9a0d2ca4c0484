"""What a network's neurons did and what an inference costs: plain functions of counts, and the reader of neurons.npz.

Sparsity and synaptic operations are NeuroBench's (Yik et al. 2025, "The neurobench framework for benchmarking
neuromorphic computing algorithms and systems", Nature Communications 16; github.com/NeuroBench/neurobench, metrics
`connection_sparsity`, `activation_sparsity`, `synaptic_operations`), averaged over inferences, biases not counted:

    connection sparsity   zero weights / all weights
    activation sparsity   zero activations / all activations of the neuron layers, over all steps
    dense                 Σ over layers: inputs × outputs
    effective MACs        Σ over layers with real inputs: weights ≠ 0 behind inputs ≠ 0
    effective ACs         Σ over layers with spikes as inputs: weights ≠ 0 behind each spike

Inputs of the network and activations of dense layers count as never zero, which makes effective MACs an upper bound.

Energy is estimated, never measured, with the constants of Loihi (Davies et al. 2018, IEEE Micro 38(1)): E = 81 pJ per
update of a spiking neuron + 1.7 pJ per spike within a tile + 23.6 pJ per synaptic operation. Without fan-out a spike
counts as one synaptic operation; with fan-out as one for every weight ≠ 0 behind it. Real inputs, the read-out's
arithmetic, memory, idle power and spikes between tiles are in neither. The 97 nJ published for the spiking controller
follow from neither: at its published sparsity the formula without fan-out gives 33 nJ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.core.errors import BadInput

NEURONS = "neurons.npz"
LOIHI_SYNOP_J, LOIHI_SPIKE_J, LOIHI_UPDATE_J = 23.6e-12, 1.7e-12, 81e-12

Bits = NDArray[np.bool_]
Values = NDArray[np.float64]


def rates(spikes: ArrayLike, steps: int) -> Values:
    """Spikes of each neuron per step, from its count over `steps` steps. Raises BadInput for counts that cannot be."""
    counts = np.asarray(spikes, np.float64)
    if steps < 1 or (counts < 0).any() or (counts > steps).any():
        raise BadInput(f"spike counts of {steps} steps must be within 0..{steps}")
    return counts / steps


def dead_share(rate: ArrayLike) -> float:
    """Share of neurons that never spike in the window the rates are of."""
    return float(np.mean(np.asarray(rate) == 0.0))


def saturated_share(rate: ArrayLike) -> float:
    """Share of neurons that spike in every step of the window."""
    return float(np.mean(np.asarray(rate) == 1.0))


def activation_sparsity(rate: ArrayLike) -> float:
    """Share of zeros among all activations: 1 − mean rate over neurons."""
    return 1.0 - float(np.mean(np.asarray(rate, np.float64)))


def connection_sparsity(layer_sizes: Sequence[int], fan_out: Sequence[Sequence[int]]) -> float:
    """Share of zero weights; `fan_out[l][j]`: weights ≠ 0 behind input j of layer l."""
    return 1.0 - sum(map(sum, fan_out)) / dense_operations(layer_sizes)


def dense_operations(layer_sizes: Sequence[int]) -> int:
    """Synaptic operations of hardware that skips nothing; `layer_sizes`: inputs first."""
    return sum(before * after for before, after in pairwise(layer_sizes))


@dataclass(frozen=True, slots=True)
class Operations:
    """Synaptic operations per inference."""

    dense: int
    macs: float  # effective
    acs: float  # effective


def operations(
    layer_sizes: Sequence[int],
    spiking_layers: Sequence[bool],
    fan_out: Sequence[Sequence[int]],
    rate: ArrayLike = (),
) -> Operations:
    """Operations of a feed-forward network; `rate` of all spiking neurons, layer after layer. Raises BadInput."""
    rate = np.asarray(rate, np.float64)
    spiking_neurons = sum(size for size, spikes in zip(layer_sizes[1:], spiking_layers, strict=True) if spikes)
    if len(rate) != spiking_neurons:
        raise BadInput(f"{len(rate)} rates for {spiking_neurons} spiking neurons")
    macs, acs, first = 0.0, 0.0, 0
    for index, behind in enumerate(fan_out):
        if index and spiking_layers[index - 1]:
            acs += float(rate[first : first + len(behind)] @ np.asarray(behind, np.float64))
            first += len(behind)
        else:
            macs += sum(behind)
    return Operations(dense_operations(layer_sizes), macs, acs)


@dataclass(frozen=True, slots=True)
class Energy:
    """Estimated energy of one inference, J."""

    without_fan_out_j: float
    with_fan_out_j: float


def energy(rate: ArrayLike, acs: float) -> Energy:
    """Estimate for spiking neurons with these rates whose spikes cause `acs` synaptic operations per inference."""
    rate = np.asarray(rate, np.float64)
    spikes = float(rate.sum())
    base_j = len(rate) * LOIHI_UPDATE_J + spikes * LOIHI_SPIKE_J
    return Energy(base_j + spikes * LOIHI_SYNOP_J, base_j + acs * LOIHI_SYNOP_J)


@dataclass(frozen=True, slots=True, eq=False)
class NeuralRecord:
    """The neurons of one flight, step by step."""

    spikes: Bits  # (steps, neurons)
    layer_sizes: tuple[int, ...]  # of the spiking layers
    membranes: Values  # (steps, k), some neurons of each layer
    membrane_index: tuple[int, ...]  # (k,), among all neurons
    threshold: Values  # (k,)
    rate_hz: float

    @property
    def layers(self) -> list[Bits]:
        """Spikes of each layer, (steps, size)."""
        return np.split(self.spikes, np.cumsum(self.layer_sizes)[:-1], axis=1)


def read_neural_record(run_dir: Path) -> NeuralRecord:
    """The record beside a flight's log. Raises BadInput."""
    path = run_dir / NEURONS
    try:
        with np.load(path, allow_pickle=False) as file:
            data: dict[str, NDArray[Any]] = {name: file[name] for name in file.files}
        sizes = tuple(int(size) for size in data["layer_sizes"])
        record = NeuralRecord(
            spikes=np.unpackbits(data["spikes"], axis=1, count=sum(sizes)).astype(np.bool_),
            layer_sizes=sizes,
            membranes=data["membranes"].astype(np.float64),
            membrane_index=tuple(int(index) for index in data["membrane_index"]),
            threshold=data["threshold"].astype(np.float64),
            rate_hz=float(data["rate_hz"]),
        )
    except FileNotFoundError:
        raise BadInput(f"{path}: missing", hint="flights of a spiking network on target sil have one") from None
    except KeyError as error:
        raise BadInput(f"{path}: damaged: lacks {error}") from None
    except (OSError, ValueError, TypeError, BadZipFile) as error:
        raise BadInput(f"{path}: damaged: {error}") from None
    shape, shown = record.membranes.shape, len(record.membrane_index)
    if shape != (len(record.spikes), shown) or len(record.threshold) != shown:
        raise BadInput(f"{path}: damaged: membranes of shape {shape} for {shown} neurons in {len(record.spikes)} steps")
    if shown and not 0 <= min(record.membrane_index) <= max(record.membrane_index) < sum(sizes):
        raise BadInput(f"{path}: damaged: membrane_index names a neuron that is not there")
    return record
