"""Twin critics: what a state and an action are worth, as two dense networks see it (Fujimoto et al. 2018).

They are privileged: besides the 18 numbers a policy is shown they are given the last 32 actions, 146 in all. Q is in
units of one step's reward, (1 − γ) Σ γᵏ r, so that it is near 1 for a vehicle that hovers, whatever γ.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from hil_controllers.training.config import HISTORY
from hil_controllers.training.policies import ACTIONS
from hil_sim.adjoint.senses import SHOWN

INPUTS = SHOWN + ACTIONS * HISTORY + ACTIONS


class Twins(nn.Module):
    """Two critics in one product per layer."""

    def __init__(self, hidden: tuple[int, ...], *, scales: Tensor) -> None:
        super().__init__()
        self.scales = scales  # (18,), as before the policy's first layer
        sizes = (INPUTS, *hidden, 1)
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for given, out in pairwise(sizes):
            bound = 1.0 / math.sqrt(given)
            self.weights.append(nn.Parameter((2.0 * torch.rand(2, given, out) - 1.0) * bound))
            self.biases.append(nn.Parameter((2.0 * torch.rand(2, 1, out) - 1.0) * bound))

    def forward(self, shown: Tensor, history: Tensor, actions: Tensor) -> Tensor:
        """Both values (2, …) of actions (…, 4) where (…, 18) is shown after the actions `history` (…, 128)."""
        given = torch.cat((shown * self.scales, history, actions), dim=-1)
        signal = given.reshape(1, -1, INPUTS).expand(2, -1, -1)
        last = len(self.weights) - 1
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            signal = torch.baddbmm(bias, signal, weight)
            if k < last:
                signal = torch.tanh(signal)
        return signal.reshape(2, *given.shape[:-1])
