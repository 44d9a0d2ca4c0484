"""A network from a torch state_dict: tensors and their names, and nothing of the program that they belong to."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from hil.core.errors import BadInput
from hil_controllers.network import LIF, Contract, Dense, Network
from hil_controllers.network.layers import Layer
from hil_controllers.training.importing.discovery import FIXED, HINT, discovered, is_state, refuse_foreign
from hil_controllers.training.importing.equations import Equations, TorchLayer
from hil_controllers.training.importing.layout import Layout
from hil_controllers.training.importing.neurons import numbers, per_neuron, refuse_graded, refuse_reset, thresholds
from hil_controllers.training.importing.proof import proven
from hil_controllers.training.importing.tensors import Tensors, chosen, read_tensors, shape

TRUSTED = (
    "forward() calls the layers once per step in this order, and keeps membranes from step to step",
    "Leaky without inhibition or state quantisation, with reset_delay",
)


class Imported(NamedTuple):
    """The network, the map by which it was read, all tensors of the file, and those that were not left out."""

    network: Network
    layout: Layout
    tensors: Tensors
    taken: Tensors


def import_state_dict(
    path: Path,
    *,
    contract: Contract,
    name: str,
    layout: Layout | None = None,
    prefix: str = "",
    ignore: tuple[str, ...] = (),
    readout: str = "tanh",
) -> Imported:
    """The network in a torch file of tensors, spike for spike by snntorch's equations. Raises BadInput.

    Without a `layout` layers are found by shapes and names. What no tensor says is taken on trust (`TRUSTED`), and the
    network's provenance lists it.
    """
    tensors = read_tensors(path)
    try:
        taken, found = understood(tensors, inputs=contract.inputs, layout=layout, prefix=prefix, ignore=ignore)
        settings = _checked(taken, found)
        read = [_layer(taken, found, number) for number in range(len(found.layers))]
        provenance = {
            "made by": "hil import-network",
            "file": path.name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "layout": found.model_dump(mode="json", exclude_none=True),
            "spike-exact with": f"snntorch's equations (Leaky) in torch {torch.__version__}, on the golden vectors",
            "on trust": [*TRUSTED, *([] if settings else ["reset_mechanism 'subtract'"]), f"read-out {readout}"],
        }

        def build(seed: int) -> Network:
            return Network.build(
                name=name, layers=[layer for layer, _ in read], contract=contract, readout=readout, seed=seed,
                provenance=provenance,
            )  # fmt: skip

        network = proven(build, Equations([original for _, original in read], readout))
        return Imported(network, found, tensors, taken)
    except BadInput as error:
        raise BadInput(f"{path}: {error.message}", hint=error.hint) from error


def understood(
    tensors: Tensors, *, inputs: int, layout: Layout | None, prefix: str, ignore: tuple[str, ...]
) -> tuple[Tensors, Layout]:
    """The tensors that are not left out, and the map: the one given, or the one found. Raises BadInput."""
    if layout:
        prefix, ignore = prefix or layout.prefix, tuple(dict.fromkeys((*layout.ignore, *ignore)))
    taken = chosen(tensors, prefix=prefix, ignore=ignore)
    return taken, layout or discovered(taken, inputs=inputs, prefix=prefix, ignore=ignore)


def _checked(tensors: Tensors, layout: Layout) -> bool:
    """Whether the file says how all neurons reset. Raises BadInput for a tensor that cannot be part of the network."""
    refuse_foreign(tensors)
    used = {name for layer in layout.layers for name in layer.names()}
    if missing := sorted(used - set(tensors)):
        raise BadInput(f"{missing[0]} is in the map, but not in the file", hint=f"there are {', '.join(tensors)}")
    left = [name for name in tensors if name not in used]
    said = 0
    for name in left:
        last = name.rpartition(".")[2]
        if last == FIXED[0]:
            refuse_graded(name, tensors[name])
        elif last == FIXED[1]:
            refuse_reset(name, tensors[name])
            said += 1
        elif not is_state(name):
            raise BadInput(f"{name} ({shape(tensors[name])}) is part of no layer", hint=HINT)
    return said >= len(layout.layers) - 1


def _layer(tensors: Tensors, layout: Layout, number: int) -> tuple[Layer, TorchLayer]:
    said = layout.layers[number]
    weight = tensors[said.weight]
    if weight.ndim != 2:
        raise BadInput(f"{said.weight} is {shape(weight)}, a weight is outputs × inputs")
    n = weight.shape[0]
    matrix = numbers(said.weight, weight, weight.shape)
    bias = numbers(said.bias, tensors[said.bias], (n,)) if said.bias else np.zeros(n, np.float32)
    torch_bias = tensors[said.bias].float() if said.bias else None
    if said.beta is None or said.threshold is None:
        return Dense(matrix, bias), TorchLayer(weight.float(), torch_bias)
    beta, theta = _value(tensors, said.beta), _value(tensors, said.threshold)
    where = f"layers.{number}"
    lif = LIF(
        matrix,
        bias,
        beta=per_neuron(_called(said.beta, f"{where}.beta"), beta, n),
        theta=thresholds(_called(said.threshold, f"{where}.threshold"), theta, n),
    )
    return lif, TorchLayer(weight.float(), torch_bias, beta.float(), theta.float())


def _value(tensors: Tensors, said: str | float) -> Tensor:
    return tensors[said] if isinstance(said, str) else torch.tensor(said)


def _called(said: str | float, where: str) -> str:
    return said if isinstance(said, str) else where
