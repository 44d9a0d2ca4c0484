"""The networks in torch, to be trained: spiking, or dense with or without a history of actions."""

from abc import ABC, abstractmethod
from itertools import pairwise

import torch
from torch import Tensor, nn

from hil.core.vehicle import Vehicle
from hil_controllers.training.config import Training
from hil_controllers.training.lif import Fire
from hil_sim.adjoint.senses import SHOWN

ACTIONS = 4


def rational_tanh(x: Tensor) -> Tensor:
    """X (27 + x²) / (27 + 9 x²) within ±3, where it reaches ±1 with slope 0."""
    x = x.clamp(-3.0, 3.0)
    square = x * x
    return x * (27.0 + square) / (27.0 + 9.0 * square)


class Policy(nn.Module, ABC):
    """Actions (n, 4) in −1..1 from what is shown (n, 18) and a memory, a tuple of tensors (n, …).

    `fill` is the action that a vehicle hovers with: what came before the first. The first layer gets what is shown
    times `scales`.
    """

    fill: float
    linear: nn.ModuleList
    scales: Tensor  # (18,), on what is shown, before the first layer

    @abstractmethod
    def start(self, n: int) -> tuple[Tensor, ...]:
        """The memory of n vehicles at t = 0."""

    @abstractmethod
    def act(self, shown: Tensor, memory: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Actions and the memory after them."""


class Spiking(Policy):
    """Linear layers with leaky integrate-and-fire neurons between them; the last one reads the current spikes out."""

    def __init__(self, sizes: tuple[int, ...], *, scales: Tensor, slope: float, fill: float) -> None:
        super().__init__()
        self.scales = scales
        self.slope, self.fill = slope, fill
        self.passes = 0  # network steps for each observation, from a memory of zero; 0: one, and memory goes on
        self.linear = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, (*sizes[1:], ACTIONS), strict=True))
        self.leak = nn.ParameterList(nn.Parameter(torch.rand(size)) for size in sizes[1:])
        self.threshold = nn.ParameterList(nn.Parameter(torch.rand(size)) for size in sizes[1:])

    def start(self, n: int) -> tuple[Tensor, ...]:
        """Potentials and spikes of zero."""
        return tuple(torch.zeros(n, one.numel()) for one in self.leak for _ in range(2))

    def act(self, shown: Tensor, memory: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """One network step."""
        after: list[Tensor] = []
        signal = shown * self.scales
        for index, linear in enumerate(self.linear[:-1]):
            leak, threshold = self.leak[index].clamp(0.0, 1.0), self.threshold[index]
            potential, signal = Fire.apply(  # type: ignore[no-untyped-call]
                linear(signal), memory[2 * index], memory[2 * index + 1], leak, threshold, self.slope
            )
            after += (potential, signal)
        return rational_tanh(self.linear[-1](signal)), tuple(after)


class Dense(Policy):
    """A multi-layer perceptron; with `history`, of the last so many actions too, oldest first."""

    def __init__(self, sizes: tuple[int, ...], *, scales: Tensor, history: int, fill: float) -> None:
        super().__init__()
        self.scales = scales
        self.history, self.fill = history, fill
        widths = (sizes[0] + ACTIONS * history, *sizes[1:], ACTIONS)
        self.linear = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def start(self, n: int) -> tuple[Tensor, ...]:
        """A history of hovering."""
        return (torch.full((n, ACTIONS * self.history), self.fill),) if self.history else ()

    def act(self, shown: Tensor, memory: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """One network step."""
        signal = torch.cat((shown * self.scales, *memory), dim=1)
        for linear in self.linear:
            signal = rational_tanh(linear(signal))
        return signal, (torch.cat((memory[0][:, ACTIONS:], signal), dim=1),) if memory else ()


def policy_of(training: Training, vehicle: Vehicle) -> Policy:
    """The policy that a training begins with: the same for the same seed."""
    fill = 2.0 * vehicle.hover_command - 1.0
    of = training.observation.scales
    scales = torch.tensor([of.position] * 3 + [of.rotation] * 9 + [of.velocity] * 3 + [of.rates] * 3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        network, sizes = training.network, (SHOWN, *training.network.hidden)
        if network.kind == "snn":
            return Spiking(sizes, scales=scales, slope=network.slope.at(0.0), fill=fill)
        return Dense(sizes, scales=scales, history=network.history, fill=fill)
