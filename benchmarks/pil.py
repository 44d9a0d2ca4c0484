"""Steps a second of networks on the emulated Cortex-M4: `python benchmarks/pil.py` prints Markdown.

Golden states, asked one after the other over semihosting and over the emulated USART (a pseudo-terminal), after golden
vectors have been replayed; and what a step costs there in instructions. Best and median of several rounds. The load of
the machine is printed beside: an emulator, its line and this process want two cores.
"""

import argparse
import os
import statistics
import time
from collections.abc import Sequence

from hil.core.arrays import setpoint_of, state_of
from hil.core.clock import WallClock
from hil.targets.pil.chip import Chip
from hil.targets.pil.lines import chip_line
from hil_controllers.network.model import Network
from hil_controllers.network.shipped import load, shipped

LINES = {"qemu:": 3000, "qemu:serial": 300}  # uri: steps of a round
GOALS = {"qemu:": 3000.0, "qemu:serial": 100.0}  # steps a second, wished for


def rates(network: Network, uri: str, rounds: int) -> tuple[list[float], Chip]:
    """Steps a second of each round, and the chip, closed."""
    clock = WallClock()
    chip = Chip(network, lambda: chip_line(uri).line(network, clock), clock)
    states = [state_of(row) for row in network.golden.state.tolist()]
    setpoint = setpoint_of(network.golden.setpoint[0].tolist())
    chip.open()
    try:
        found = []
        for _ in range(rounds):
            chip.reset()
            begin = time.perf_counter()
            for k in range(LINES[uri]):
                chip.act(states[k % len(states)], setpoint)
            found.append(LINES[uri] / (time.perf_counter() - begin))
    finally:
        chip.close()
    return found, chip


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--vehicle", default="cf21-identified")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"`{options.vehicle}`, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the beginning\n")
    heads = ("network", "line", "steps/s, best", "median", "goal", "instructions, mean", "most", "load")
    print(_row(heads))
    print(_row(["---"] * len(heads)))
    for name, path in shipped(options.vehicle).items():
        for uri in LINES:
            found, chip = rates(load(path), uri, options.rounds)
            flight = chip.flight
            assert flight is not None
            costs = [a + b for a, b in zip(flight.cost_observation, flight.cost_network, strict=True)]
            speeds = (f"{max(found):,.0f}", f"{statistics.median(found):,.0f}", f"{GOALS[uri]:,.0f}")
            cost = (f"{statistics.mean(costs):,.0f}", f"{max(costs):,}")
            print(_row((f"`{name}`", f"`{uri}`", *speeds, *cost, f"{os.getloadavg()[0]:.1f}")), flush=True)


if __name__ == "__main__":
    main()
