"""The network file: tensors in safetensors, everything else as JSON in its metadata.

    layers.<k>.weight | bias | beta | theta                                   float32
    golden.state | setpoint | observation | output                            float32
    golden.spikes                                                             uint8, bits, first neuron highest
    metadata "hil_network"    {format, version, name, hash, readout, layers, equations, contract, provenance, golden}

The header of a safetensors file is JSON, so `head -c 20000 FILE` shows what a network was trained for. The equations
are written out, because a neuron that resets otherwise is another network: a file that says others is refused.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hil.core.errors import BadInput
from hil.core.whole_file import write_whole
from hil_controllers.network.contract import Contract
from hil_controllers.network.golden import Golden
from hil_controllers.network.layers import LIF, TENSORS, Dense, Layer

if TYPE_CHECKING:
    from hil_controllers.network.model import Network

FORMAT, VERSION, KEY = "hil-network", 1, "hil_network"
EQUATIONS = {
    "current": "i = b + sum over j of w[j] x[j], float32, from b up in j; of spikes only those that are there",
    "lif": "u = (clip(beta, 0, 1) u + i) - theta s; s = u > theta",
    "reset": "subtract theta, one step after the spike",
    "start": "u = 0, s = 0",
    "rational_tanh": "x (27 + x^2) / (27 + 9 x^2) for |x| < 3, else sign(x)",
}
_GOLDEN = ("state", "setpoint", "observation", "output", "spikes")
_HINT = "was it changed by hand, or made by another version? --force flies it all the same"


def write(network: "Network", path: Path) -> None:
    """Write the file, whole or not at all. Raises BadInput where it cannot be written."""
    from safetensors.numpy import save

    tensors = {f"golden.{name}": getattr(network.golden, name) for name in _GOLDEN}
    for number, layer in enumerate(network.layers):
        tensors |= {f"layers.{number}.{name}": getattr(layer, name) for name in TENSORS[type(layer)]}
    header = {
        "format": FORMAT,
        "version": VERSION,
        "name": network.name,
        "hash": network.hash,
        "readout": network.readout,
        "layers": [_described(layer) for layer in network.layers],
        "equations": EQUATIONS,
        "contract": network.contract.model_dump(mode="json"),
        "provenance": dict(network.provenance),
        "golden": {
            "steps": len(network.golden),
            "spike_rate": network.golden.spike_rate(network.neurons),
            "silent": list(network.golden.silent),
        },
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, save(tensors, metadata={KEY: json.dumps(header, ensure_ascii=False)}))
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from error


def read(path: Path, *, force: bool) -> "Network":
    """The network in a file, replayed. Raises BadInput; with `force` only where it cannot be flown at all."""
    from hil_controllers.network.model import Network

    tensors, header = _parts(path)
    try:
        if not force and header["equations"] != EQUATIONS:
            key = next(
                k for k in {**EQUATIONS, **header["equations"]} if header["equations"].get(k) != EQUATIONS.get(k)
            )
            said = header["equations"].get(key, "nothing")
            raise BadInput(f"equations.{key}: the file says {said!r}; this version flies {EQUATIONS.get(key)!r}")
        contract = _contract(header["contract"], force=force)
        network = Network(
            name=str(header["name"]),
            contract=contract,
            layers=tuple(_layer(number, entry, tensors) for number, entry in enumerate(header["layers"])),
            readout=str(header["readout"]),
            golden=Golden(
                **{name: _tensor(tensors, f"golden.{name}") for name in _GOLDEN},
                silent=tuple(map(int, header["golden"]["silent"])),
            ),
            provenance=dict(header["provenance"]),
        )
        if not force:
            if network.hash != header["hash"]:
                raise BadInput("weights or contract are not those that the header's hash was made of")
            network.replay()
    except BadInput as error:
        raise BadInput(f"{path}: {error.message}", hint="" if force else _HINT) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"{path}: not a network file of this version of hil: {error!r}") from error
    return network


def _parts(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            header = json.loads((opened.metadata() or {}).get(KEY, "null"))
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from error
    except (SafetensorError, ValueError, TypeError) as error:
        raise BadInput(f"{path}: not a network file: {error}") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise BadInput(f"{path}: a safetensors file, but not a network of hil", hint="hil import-network makes one")
    if header.get("version") != VERSION:
        raise BadInput(f"{path}: network file version {header.get('version')}; this hil reads {VERSION}")
    return tensors, header


def _described(layer: Layer) -> dict[str, Any]:
    if isinstance(layer, LIF):
        return {"kind": "lif", "inputs": layer.inputs, "size": layer.size}
    return {"kind": "dense", "inputs": layer.inputs, "size": layer.size, "activation": layer.activation}


def _layer(number: int, entry: dict[str, Any], tensors: dict[str, Any]) -> Layer:
    kinds: dict[str, type[Layer]] = {"dense": Dense, "lif": LIF}
    if entry["kind"] not in kinds:
        raise BadInput(f"layers.{number}: kind {entry['kind']!r} is none of {', '.join(kinds)}")
    kind = kinds[entry["kind"]]
    arrays = {name: _tensor(tensors, f"layers.{number}.{name}") for name in TENSORS[kind]}
    layer = Dense(**arrays, activation=entry["activation"]) if kind is Dense else LIF(**arrays)
    if (layer.inputs, layer.size) != (entry["inputs"], entry["size"]):
        raise BadInput(f"layers.{number}: the header says {entry['inputs']} to {entry['size']}, the weights do not")
    return layer


def _tensor(tensors: dict[str, Any], name: str) -> Any:
    if name not in tensors:
        raise BadInput(f"{name} is missing")
    wanted = np.uint8 if name == "golden.spikes" else np.float32
    if tensors[name].dtype != wanted:
        raise BadInput(f"{name} is {tensors[name].dtype}, not {np.dtype(wanted)}")
    return tensors[name]


def _contract(data: dict[str, Any], *, force: bool) -> Contract:
    try:
        return Contract.read(data)
    except BadInput:
        if not force:
            raise
        return Contract.as_built(data)
