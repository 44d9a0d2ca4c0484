"""hil_golden_vectors.c: a network's golden vectors as tables."""

from hil_controllers.export.literals import bytes_of, remark
from hil_controllers.export.setpoint import said
from hil_controllers.network.layers import Float32
from hil_controllers.network.model import Network
from hil_controllers.network.reference import command


def vectors(network: Network, steps: int | None = None) -> str:
    """The file's text, of the first `steps` golden vectors, or of all."""
    golden = network.golden
    steps = len(golden) if steps is None else min(steps, len(golden))
    rows = "".join(_row(network, k) for k in range(steps))
    text = (
        f"/* {remark(network.name)}: {steps} golden vectors. Written by hil export.\n *\n"
        f" * network   {network.hash}\n */\n"
        '#include "hil_golden.h"\n\n'
        f"const uint32_t hil_golden_steps = {steps};\n\n"
        f"const hil_golden_step hil_golden_vectors[{steps}] = {{\n{rows}}};\n"
    )
    if network.spiking:
        wide = golden.spikes.shape[1]
        bits_rows = "".join(
            f"    {{\n{bytes_of(golden.spikes[k].tobytes(), '        ')}    }}, /* {k} */\n" for k in range(steps)
        )
        text += f"\nconst uint8_t hil_golden_spikes[{steps}][{wide}] = {{\n{bits_rows}}};\n"
    return text


def _row(network: Network, step: int) -> str:
    state, output = network.golden.state[step], network.golden.output[step]
    given, bits = said(network.golden.setpoint[step])
    states = ", ".join(_braced(state[first:end]) for first, end in ((0, 3), (3, 6), (6, 10), (10, 13)))
    setpoint = ", ".join(_braced(given[first:end]) for first, end in ((0, 3), (3, 6), (6, 9)))
    answers = f"{_braced(output)}, {_braced(command(output))}"
    return f"    {{{{{states}}},\n     {{{setpoint}, {bits}u}},\n     {answers}}}, /* {step} */\n"


def _braced(values: Float32) -> str:
    return "{" + ", ".join(f"{value!s}f" for value in values) + "}"
