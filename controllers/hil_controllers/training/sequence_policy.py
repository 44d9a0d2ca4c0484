"""A policy over whole sequences, time first: what it answers to each step, with gradients for its weights."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from hil_controllers.training.lif_sequence import FireSequence
from hil_controllers.training.policies import ACTIONS, Dense, Policy, Spiking, rational_tanh
from hil_sim.adjoint.senses import SHOWN


def actions_over(policy: Policy, shown: Tensor, history: Tensor) -> Tensor:
    """Actions (T, B, 4) in −1..1, see `readout_over`."""
    return rational_tanh(readout_over(policy, shown, history))


def readout_over(policy: Policy, shown: Tensor, history: Tensor) -> Tensor:
    """Read-out (T, B, 4), of which `rational_tanh` makes actions.

    `shown` is (T, B, 18), and `history` (T, B, 4 k) the k ≥ `policy.history` actions before each step, oldest first. A
    spiking policy begins with the memory of a flight's beginning; the first steps of a sequence from within a flight
    are its warm-up. With `passes` there is no memory from step to step: each observation is held for so many network
    steps from zero, and the last one answers.
    """
    signal = shown * policy.scales
    if isinstance(policy, Spiking):
        steps = signal.shape[:-1]
        if policy.passes:
            signal = signal.reshape(1, -1, SHOWN).expand(policy.passes, -1, -1)
        for linear, leak, threshold in zip(policy.linear[:-1], policy.leak, policy.threshold, strict=True):
            signal = FireSequence.apply(linear(signal), leak.clamp(0.0, 1.0), threshold, policy.slope)  # type: ignore[no-untyped-call]
        if policy.passes:
            signal = signal[-1].reshape(*steps, -1)
    else:
        assert isinstance(policy, Dense)
        if policy.history:
            signal = torch.cat((signal, history[..., -ACTIONS * policy.history :]), dim=-1)
        for linear in policy.linear[:-1]:
            signal = rational_tanh(linear(signal))
    last = policy.linear[-1]
    assert isinstance(last, nn.Linear)
    return functional.linear(signal, last.weight, last.bias)
