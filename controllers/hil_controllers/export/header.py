"""hil_network_contract.h: sizes and contract of one network, as constants."""

import zlib

from hil.core.errors import BadInput
from hil_controllers.export.literals import number, remark, text
from hil_controllers.network.contract import Contract
from hil_controllers.network.layers import LIF, MOTORS, Float32, Layer
from hil_controllers.network.model import Network

_MOST = 0xFFFF  # neurons of a layer: their indices are 16 bits


def refuse(network: Network) -> None:
    """Raises BadInput for a network of which no C has the bits."""
    if not network.exact:
        raise BadInput(f"{network.name}: has a tanh, which differs from library to library: it has no C with its bits")
    for number_, layer in enumerate(network.layers):
        if layer.size > _MOST:
            raise BadInput(f"{network.name}: layer {number_} has {layer.size} outputs; in C {_MOST} at most")


def tables(layer: Layer) -> dict[str, Float32]:
    """The constant tables of a layer, in the order of their checksum; weight (inputs, outputs)."""
    made = {"weight": layer.weight.T, "bias": layer.bias}
    if isinstance(layer, LIF):
        made |= {"decay": layer.decay, "threshold": layer.theta}
    return made


def weights_crc32(network: Network) -> int:
    """Checksum of all weights, as `hil_network_weights_crc32` finds it in an image."""
    crc = 0
    for layer in network.layers:
        for values in tables(layer).values():
            crc = zlib.crc32(values.astype("<f4").tobytes(), crc)
    return crc


def hidden(network: Network) -> int:
    """Values of the dense layers before the last."""
    return sum(layer.size for layer in network.layers[:-1] if not isinstance(layer, LIF))


def header(network: Network) -> str:
    """The file's text."""
    contract, sizes = network.contract, network.spiking_sizes
    rows = {
        "NAME": text(network.name),
        "HASH": text(network.hash),
        "VEHICLE": text(contract.vehicle.name),
        "RATE_HZ": f"{contract.rate_hz}u",
        "MOTORS": f"{MOTORS}u",
        "INPUTS": f"{contract.inputs}u",
        "LAYERS": f"{len(network.layers)}u",
        "SPIKING_LAYERS": f"{len(sizes)}u",
        "NEURONS": f"{network.neurons}u",
        "HIDDEN": f"{hidden(network)}u",
        "PARAMETERS": f"{network.parameters}u",
        "TABLES": f"{sum(len(tables(layer)) for layer in network.layers)}u",
        "WEIGHTS_CRC32": f"0x{weights_crc32(network):08x}u",
        **_observation(contract),
    }
    if sizes:
        rows["SPIKING_SIZES"] = "{" + ", ".join(map(str, sizes)) + "}"
    defines = "".join(f"#define HIL_NETWORK_{name} {value}\n" for name, value in rows.items())
    return f"{_remarks(network)}#ifndef HIL_NETWORK_CONTRACT_H\n#define HIL_NETWORK_CONTRACT_H\n\n{defines}\n#endif\n"


def _observation(contract: Contract) -> dict[str, str]:
    integral = contract.integral
    gain = integral.gain_1_s / contract.rate_hz if integral else 0.0
    return {
        "POSITION_CLIP_M": number(contract.position_clip_m),
        "VELOCITY_CLIP_M_S": number(contract.velocity_clip_m_s),
        "POSITION_LEAD_S": number(contract.position_lead_s),
        "VELOCITY_LEAD_S": number(contract.velocity_lead_s),
        "HAS_INTEGRAL": f"{int(integral is not None)}",
        "INTEGRAL_GAIN": f"{number(gain)} /* of a step: gain_1_s / rate_hz */",
        "INTEGRAL_LIMIT_M": number(integral.limit_m if integral else 0.0),
        "HISTORY": f"{contract.action_history}u /* actions */",
        "HISTORY_FILL": f"{number(contract.history_fill)} /* of each action at reset: the vehicle hovers */",
    }


def _remarks(network: Network) -> str:
    contract = network.contract
    layers = ", ".join(f"{layer.size} {'LIF' if isinstance(layer, LIF) else 'dense'}" for layer in network.layers)
    lines = [
        f"{remark(network.name)}: sizes and contract of the network in this folder. Written by hil export.",
        "",
        f"network   {network.hash}",
        f"layers    {contract.inputs} inputs, {layers}",
        f"vehicle   {remark(contract.vehicle.name)} {contract.vehicle.hash[:16]}",
        f"rate      {contract.rate_hz} Hz",
        f"motors    {' '.join(contract.motor_order)}, fraction 0..1 of full speed: {contract.scaling}",
        f"yaw       {contract.yaw}",
        "",
        "observation:",
    ]
    at = 0
    for entry in contract.observation:
        clip = "" if entry.clip is None else f", clipped to +-{entry.clip:g}"
        lines.append(f"  {at:4d} ..{at + entry.size - 1:4d}  {entry.name} ({entry.frame}; {entry.unit}{clip})")
        at += entry.size
    return "/* " + "\n".join(f" * {line}".rstrip() for line in lines)[3:] + "\n */\n"
