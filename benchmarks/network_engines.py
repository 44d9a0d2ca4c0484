"""One step of a network in flight by each engine, side by side: `python benchmarks/network_engines.py` prints Markdown.

Best of several rounds, in this process, calls from Python and conversions included; the golden states of each network,
after those golden vectors have been replayed. The `.memory` of a spiking network is what its record asks for each tick.
"""

import argparse
import importlib.util
import os
import time

from hil.core.arrays import setpoint_of, state_of
from hil_controllers.export.library import compiler
from hil_controllers.network.engines import Backend, Engine, engine
from hil_controllers.network.model import Network
from hil_controllers.network.shipped import load, shipped

ENGINES: tuple[Backend, ...] = ("numpy", "numba", "c")


def microseconds(flying: Engine, network: Network, steps: int, rounds: int) -> float:
    """Time of one `act`, µs: the best round of so many steps."""
    states = [state_of(row) for row in network.golden.state.tolist()]
    setpoint = setpoint_of(network.golden.setpoint[0].tolist())
    best = float("inf")
    for _ in range(rounds):
        flying.reset()
        begin = time.perf_counter()
        for k in range(steps):
            flying.act(states[k % len(states)], setpoint)
        best = min(best, (time.perf_counter() - begin) / steps)
    return 1e6 * best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--vehicle", default="cf21-identified")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    present = [name for name in ENGINES if name != "numba" or importlib.util.find_spec("numba")]
    print(f"`{options.vehicle}`, µs per step; C by {compiler()}; load {os.getloadavg()[0]:.1f}\n")
    print("| network | " + " | ".join(present) + " |")
    print("|---" * (len(present) + 1) + "|")
    for name, path in shipped(options.vehicle).items():
        network = load(path)
        cells = [
            f"{microseconds(engine(network, kind), network, 300 if kind == 'numpy' else 5000, options.rounds):.1f}"
            for kind in present
        ]
        print(f"| `{name}` | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
