"""`hil import-network`: a network file from a torch state_dict, spike for spike, or the reason why not."""

import json
import math
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hil.core.errors import BadInput

if TYPE_CHECKING:
    from hil_controllers.network import Contract, Network
    from hil_controllers.training.importing.layout import Layout
    from hil_controllers.training.importing.tensors import Tensors

_READOUTS = ("tanh", "rational_tanh")


def import_network(
    file: Annotated[Path, typer.Argument(help="A torch state_dict, or a checkpoint with one in it (.pt, .pth).")],
    layout: Annotated[
        Path | None, typer.Option("--map", help="Which tensor is what: a .yaml as --show prints.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="Only tensors whose name begins so, such as actor.")] = "",
    ignore: Annotated[list[str] | None, typer.Option(help="Tensors to leave out, a pattern; may be repeated.")] = None,
    readout: Annotated[str, typer.Option(help="What follows the last layer: tanh or rational_tanh.")] = "tanh",
    vehicle: Annotated[str, typer.Option(help="Vehicle it was trained for: name or .toml.")] = "cf-l2f-package",
    sensors: Annotated[str, typer.Option(help="Sensor preset it was trained with.")] = "l2f-package",
    latency_s: Annotated[
        tuple[float, float], typer.Option(help="Least and most command delay it was trained with.")
    ] = (0.0, 0.0),
    position_clip_m: Annotated[float, typer.Option(help="Position error is clipped to ± this.")] = 0.5,
    velocity_clip_m_s: Annotated[float, typer.Option(help="Velocity error is clipped to ± this.")] = 2.0,
    name: Annotated[str | None, typer.Option(help="Name of the network; default: the file's.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; default NAME.safetensors.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite.")] = False,
    show: Annotated[bool, typer.Option("--show", help="List what is in the file, and the map; write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Make a network file of a torch state_dict with snntorch's names, spike for spike, or say why not.

    Layers are found by shapes, and by numbers in names. Nothing in the file is executed.
    """
    if find_spec("torch") is None or find_spec("numba") is None:
        raise BadInput("reading torch files needs torch and numba", hint="pip install 'hil-bench[train]'")
    if readout not in _READOUTS:
        raise BadInput(f"--readout {readout}: must be one of {', '.join(_READOUTS)}")
    called = name or file.stem
    if not re.fullmatch(r"[A-Za-z0-9._-]+", called):
        raise BadInput(f"{called!r} cannot name a network", hint="--name, of letters, digits, - _ and .")
    target = out or Path(f"{called}.safetensors")
    if not show:
        _check(target, force=force)
    contract = _contract(vehicle, sensors, latency_s, position_clip_m, velocity_clip_m_s)

    from hil_controllers.training.importing.layout import read_layout
    from hil_controllers.training.importing.state_dict import import_state_dict

    mapped = read_layout(layout) if layout else None
    patterns = tuple(ignore or ())
    if show:
        _show(file, mapped, contract, prefix, patterns)
        return
    imported = import_state_dict(
        file, contract=contract, name=called, layout=mapped, prefix=prefix, ignore=patterns, readout=readout
    )
    network = imported.network
    network.save(target)
    if as_json:
        print(json.dumps(_summary(network, target), indent=2, ensure_ascii=False))
        return
    _table(file, imported.tensors, imported.taken, imported.layout)
    _told(network)
    print(target)


def _check(target: Path, *, force: bool) -> None:
    if target.suffix != ".safetensors":
        raise BadInput(f"--out {target}: must end in .safetensors")
    if not target.parent.is_dir():
        raise BadInput(f"--out {target}: no folder {target.parent}")
    if target.is_dir():
        raise BadInput(f"--out {target}: is a folder")
    if target.exists() and not force:
        raise BadInput(f"{target} exists", hint="--force overwrites it, --out writes elsewhere")


def _contract(
    vehicle: str, sensors: str, latency_s: tuple[float, float], position_clip_m: float, velocity_clip_m_s: float
) -> "Contract":
    from pydantic import ValidationError

    from hil.core.errors import unknown_name
    from hil.scenario.sensor_presets import PRESETS
    from hil_controllers.network import Contract
    from hil_sim.vehicle_files import load_vehicle

    if sensors not in PRESETS:
        raise BadInput(f"--sensors: {unknown_name('sensor preset', sensors, PRESETS)}")
    least_s, most_s = latency_s
    if not 0 <= least_s <= most_s < math.inf:
        raise BadInput(f"--latency-s {least_s:g} {most_s:g}: must be finite, not negative, and least first")
    try:
        return Contract.of(
            load_vehicle(vehicle), latency_s=latency_s, sensors=sensors,
            position_clip_m=position_clip_m, velocity_clip_m_s=velocity_clip_m_s,
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"contract.{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _show(file: Path, mapped: "Layout | None", contract: "Contract", prefix: str, ignore: tuple[str, ...]) -> None:
    from hil_controllers.training.importing.state_dict import understood
    from hil_controllers.training.importing.tensors import read_tensors

    tensors = read_tensors(file)
    try:
        taken, found = understood(tensors, inputs=contract.inputs, layout=mapped, prefix=prefix, ignore=ignore)
    except BadInput as error:
        _table(file, tensors, tensors, None)
        raise BadInput(f"{file}: {error.message}", hint=error.hint) from error
    _table(file, tensors, taken, found)
    print(f"\nthe map, as --map takes it:\n\n{found.as_yaml()}", end="")


def _table(file: Path, tensors: "Tensors", taken: "Tensors", layout: "Layout | None") -> None:
    from hil_controllers.training.importing.discovery import roles
    from hil_controllers.training.importing.tensors import shape

    said = roles(tensors, taken, layout)
    wide = max(map(len, tensors))
    print(f"{file}: {len(tensors)} tensors")
    for name, tensor in tensors.items():
        print(f"  {name:<{wide}}  {shape(tensor):<10}  {said[name]}")


def _told(network: "Network") -> None:
    of = network.contract
    sizes = " – ".join(map(str, (of.inputs, *(layer.size for layer in network.layers))))
    rate = network.golden.spike_rate(network.neurons)
    groups = ", ".join(f"{entry.name} {entry.size}" for entry in of.observation)
    print(
        f"network {network.name}: {sizes}, read-out {network.readout}, hash {network.hash[:12]}\n"
        f"contract: {of.vehicle.name}, sensors {of.sensors}, delay {of.latency.least_s:g} to {of.latency.most_s:g} s, "
        f"{of.rate_hz} Hz\n"
        f"  observation {of.inputs} = {groups}; clipped to ±{of.position_clip_m:g} m, ±{of.velocity_clip_m_s:g} m/s; "
        f"no integral, no lead\n"
        f"  action {of.scaling}, {', '.join(of.motor_order)}\n"
        "on trust, as no tensor says it:\n"
        + "".join(f"  - {line}\n" for line in network.provenance["on trust"])
        + f"spike-exact: all {network.neurons} neurons over {len(network.golden)} golden steps, "
        f"{rate:.1%} spiking, {len(network.golden.silent)} of the first layer never"
    )


def _summary(network: "Network", target: Path) -> dict[str, Any]:
    return {
        "file": str(target),
        "name": network.name,
        "hash": network.hash,
        "layer_sizes": [network.contract.inputs, *(layer.size for layer in network.layers)],
        "readout": network.readout,
        "golden_steps": len(network.golden),
        "spike_rate": network.golden.spike_rate(network.neurons),
        "contract": network.contract.model_dump(mode="json"),
        "provenance": dict(network.provenance),
    }
