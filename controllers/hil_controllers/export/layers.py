"""hil_network_layers.c: the weights of one network as constant tables, and its layers one after the other."""

from hil_controllers.export.header import tables
from hil_controllers.export.literals import bytes_of, numbers, remark, table
from hil_controllers.network.contract import Contract
from hil_controllers.network.layers import LIF, Layer
from hil_controllers.network.model import Network


def layers(network: Network) -> str:
    """The file's text."""
    parts = [
        f"/* {remark(network.name)}: weights and layers. Written by hil export.\n *\n * network   {network.hash}\n */\n"
        '#include "hil_network_layers.h"\n\n#include "hil_layers.h"\n\n'
        f"const uint8_t hil_network_hash[32] = {{\n{bytes_of(bytes.fromhex(network.hash))}}};\n",
        *(_tables(number, layer, network.contract) for number, layer in enumerate(network.layers)),
        _list_of_tables(network),
        _step(network),
    ]
    return "\n".join(parts)


def _tables(number: int, layer: Layer, contract: Contract) -> str:
    kind = "leaky integrate-and-fire neurons" if isinstance(layer, LIF) else "outputs of a dense layer"
    made = tables(layer)
    weight = made.pop("weight")
    rows = [f"static const float weight_{number}[{layer.inputs}][{layer.size}] = {{\n"]
    for index, row in enumerate(weight):
        name = contract.input_name(index) if number == 0 else f"of {index}"
        rows.append(f"    {{ /* {name} */\n{numbers(row, '        ')}    }},\n")
    rows.append("};\n")
    rest = (table(f"{name}_{number}", values) for name, values in made.items())
    return f"/* ---- layer {number}: {layer.size} {kind} ---- */\n\n" + "\n".join(("".join(rows), *rest))


def _list_of_tables(network: Network) -> str:
    names = [f"{name}_{number}" for number, layer in enumerate(network.layers) for name in tables(layer)]
    lines = "".join(f"    {{(const uint8_t *){name}, sizeof {name}}},\n" for name in names)
    checks = "".join(
        f"_Static_assert(sizeof weight_{number} == {layer.inputs}u * {layer.size}u * sizeof(float), "
        f'"layer {number} is {layer.inputs} to {layer.size}");\n'
        for number, layer in enumerate(network.layers)
    )
    first, last = network.layers[0], network.layers[-1]
    checks += (
        f'_Static_assert({first.inputs}u == HIL_NETWORK_INPUTS, "the first layer takes the observation");\n'
        f'_Static_assert({last.size}u == HIL_NETWORK_MOTORS, "the last layer is M1..M4");\n'
        f'_Static_assert({network.neurons}u == HIL_NETWORK_NEURONS, "all neurons are remembered");\n'
    )
    return f"const hil_table hil_network_tables[HIL_NETWORK_TABLES] = {{\n{lines}}};\n\n{checks}"


def _step(network: Network) -> str:
    lines = ["void hil_network_layers(hil_network_state *memory)\n{\n"]
    neurons, values, spiking = 0, 0, 0
    given = f"hil_values(memory->observation, {network.contract.inputs})"
    for number, layer in enumerate(network.layers):
        rest = f"decay_{number}, threshold_{number}" if isinstance(layer, LIF) else "0, 0"
        lines.append(
            f"    const hil_layer layer_{number} = {{{layer.size}, weight_{number}[0], bias_{number}, {rest}}};\n"
        )
        if isinstance(layer, LIF):
            count = f"memory->spikes[{spiking}]"
            lines.append(
                f"    {count} = hil_lif(layer_{number}, {given},\n"
                f"        memory->membrane + {neurons}, memory->spiked + {neurons}, {count});\n"
            )
            given = f"hil_spikes(memory->spiked + {neurons}, memory->spikes[{spiking}])"
            neurons, spiking = neurons + layer.size, spiking + 1
        else:
            last = number == len(network.layers) - 1
            out = "memory->action" if last else f"memory->hidden + {values}"
            bends = int(last or layer.activation == "rational_tanh")
            lines.append(f"    hil_dense(layer_{number}, {given}, {bends}, {out});\n")
            given = f"hil_values({out}, {layer.size})"
            values += layer.size
    return "".join((*lines, "}\n"))
