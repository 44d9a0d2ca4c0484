"""How many control steps a second `hil train` learns from, beside the same update by torch's own bookkeeping.

    OMP_NUM_THREADS=1 python benchmarks/training.py [CONFIG]

Both fly the same batch of vehicles with the same compiled plant and take the same gradients (a test holds them
together); the rival lets torch keep the graph: one autograd function per control step for plant and senses, ordinary
torch modules for the network. CPU time of one thread, the best of three, taken in turn.
"""

import sys
import time
from collections.abc import Callable

import torch

from hil.machine import machine
from hil_controllers.training.apg import Trainer
from hil_controllers.training.config import find_config, read_training
from hil_controllers.training.plant import Held, See, Step

UPDATES, ROUNDS = 10, 3


def torch_update(trainer: Trainer) -> None:
    """The gradients of one window, by torch."""
    flights, policy = trainer._flights, trainer.policy
    flights.begin()
    memory = policy.start(flights.n)
    states = [torch.from_numpy(flights.states[k].copy()) for k in range(flights.lag + 1)]
    commands = [torch.from_numpy(flights.commands[k].copy()) for k in range(flights._kept)][::-1]
    senses = torch.from_numpy(flights._senses[0].copy())
    loss = torch.zeros(())
    for t in range(flights.ticks):
        shown, senses = See.apply(
            flights.program, flights._other[t], states[-1 - flights.lag][:, :10], states[-1][:, 10:13], senses
        )
        action, memory = policy.act(shown, memory)
        commands = [(action + 1.0) * 0.5, *commands[:-1]]
        how = Held(flights._tiles, flights._loads[t], flights._late, flights._lengths, flights.time[t])
        states.append(Step.apply(flights.program, how, states[-1], *commands))
        loss = loss + states[-1].square().mean()
    loss.backward()
    flights.age -= flights.ticks  # the same window again


def rate(update: Callable[[], object], steps: int) -> float:
    """Control steps per CPU-second."""
    begin_s = time.process_time()
    for _ in range(UPDATES):
        update()
    return UPDATES * steps / (time.process_time() - begin_s)


def main() -> None:
    """Print both."""
    _, training, vehicle = read_training(find_config(sys.argv[1] if len(sys.argv) > 1 else "snn-cf-l2f-original"))
    trainer = Trainer(training, vehicle)
    steps = training.method.vehicles * training.method.window
    ways = {"hil train": trainer.update, "torch autograd": lambda: torch_update(trainer)}
    for update in ways.values():
        update()  # compiles
    best = dict.fromkeys(ways, 0.0)
    for _ in range(ROUNDS):
        for name, update in ways.items():
            best[name] = max(best[name], rate(update, steps))
    about = machine()
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    print(f"{training.name} for {vehicle.name}, {training.method.vehicles} vehicles, window {training.method.window}")
    for name, value in best.items():
        print(f"{name:16s}{value:10,.0f} control steps per CPU-second")
    print(f"ratio           {best['hil train'] / best['torch autograd']:10.1f}")


if __name__ == "__main__":
    main()
