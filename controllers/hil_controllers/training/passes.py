"""Policies in compiled passes, for back-propagation through hundreds of control steps a second per core.

The same arithmetic as `policies` in torch, to rounding, without its bookkeeping: `forward(t)` is called in order of
time over a window of ticks, `backward(t)` against it; the weights get their gradients in one product at the end.
"""

from abc import ABC, abstractmethod

import numpy as np
import torch
from numba import njit
from torch import nn

from hil_controllers.training.lif import pull
from hil_controllers.training.policies import ACTIONS, Dense, Policy, Spiking

Floats = np.ndarray
_fast = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


class Pass(ABC):
    """A policy over a window of T ticks of n vehicles: shown (T, n, 18) → actions (history + T, n, 4)."""

    def __init__(self, policy: Policy, n: int, ticks: int, *, history: int, fill: float) -> None:
        self.policy, self.n, self.ticks, self.history = policy, n, ticks, history
        self.actions = np.full((history + ticks, n, ACTIONS), fill, np.float32)
        self.of_actions = np.zeros_like(self.actions)
        self._fill, self._scales = fill, policy.scales.numpy()

    @abstractmethod
    def begin(self) -> None:
        """Take the policy's weights; move the memory of the last window to the front of this one."""

    @abstractmethod
    def forward(self, t: int, shown: Floats) -> Floats:
        """Actions (n, 4) at tick t."""

    @abstractmethod
    def backward(self, t: int) -> Floats:
        """Gradient (n, 18) of what was shown at tick t, from `of_actions` of tick t and later."""

    @abstractmethod
    def end(self) -> None:
        """Hand the gradients of the weights to the policy's parameters."""

    @abstractmethod
    def reset(self, which: Floats) -> None:
        """Put these vehicles at the beginning of a flight."""

    @abstractmethod
    def memories(self) -> list[Floats]:
        """Arrays whose end the next window begins with."""

    def snapshot(self) -> list[Floats]:
        """The memory after this window."""
        return [one.copy() for one in self.memories()]

    def restore(self, snapshot: list[Floats]) -> None:
        """Go on from a snapshot."""
        for mine, kept in zip(self.memories(), snapshot, strict=True):
            mine[:] = kept


class _Linear:
    """A linear layer over a window: inputs (T, n, in), outputs (T, n, out); gradients of the weights at the end."""

    def __init__(self, layer: nn.Linear, n: int, ticks: int) -> None:
        self._layer = layer
        self.given = np.empty((ticks, n, layer.in_features), np.float32)
        self.out = np.empty((ticks, n, layer.out_features), np.float32)
        self.of_out = np.empty_like(self.out)

    def begin(self) -> None:
        """Take the layer's weights."""
        self._backward = self._layer.weight.detach().numpy()
        self._forward = np.ascontiguousarray(self._backward.T)
        self._bias = self._layer.bias.detach().numpy()

    def forward(self, t: int) -> Floats:
        """Outputs (n, out) for the inputs of tick t."""
        np.dot(self.given[t], self._forward, out=self.out[t])
        self.out[t] += self._bias
        return np.asarray(self.out[t])

    def backward(self, t: int) -> Floats:
        """Gradient (n, in) of the inputs of tick t, from that of its outputs."""
        return np.asarray(np.dot(self.of_out[t], self._backward))

    def end(self) -> None:
        """Hand the gradients to the layer."""
        of_out = self.of_out.reshape(-1, self.of_out.shape[2])
        given = self.given.reshape(-1, self.given.shape[2])
        self._layer.weight.grad = torch.from_numpy(np.dot(of_out.T, given))
        self._layer.bias.grad = torch.from_numpy(of_out.sum(axis=0))


@_fast
def _fired(current, before, spikes_before, leak, threshold, potential, spikes):  # type: ignore[no-untyped-def]
    """As in `lif`, but contracted where a CPU can: trained networks depend on how it rounds."""
    for row in range(current.shape[0]):
        for k in range(current.shape[1]):
            u = leak[k] * before[row, k] + current[row, k] - threshold[k] * spikes_before[row, k]
            potential[row, k] = u
            spikes[row, k] = np.float32(1) if u > threshold[k] else np.float32(0)


@_fast
def _squashed(current, out):  # type: ignore[no-untyped-def]
    for row in range(current.shape[0]):
        for k in range(current.shape[1]):
            x = min(max(current[row, k], np.float32(-3)), np.float32(3))
            out[row, k] = x * (np.float32(27) + x * x) / (np.float32(27) + np.float32(9) * x * x)


@_fast
def _unsquashed(current, of, out):  # type: ignore[no-untyped-def]
    """`of` times the derivative of x (27 + x²) / (27 + 9 x²), which is (9 − x²)² / (9 (3 + x²)²)."""
    for row in range(current.shape[0]):
        for k in range(current.shape[1]):
            x = current[row, k]
            q = x * x
            low = np.float32(3) + q
            gap = np.float32(9) - q
            slope = gap * gap / (np.float32(9) * low * low)
            out[row, k] = of[row, k] * slope if q < np.float32(9) else np.float32(0)


class SpikingPass(Pass):
    """Layers of leaky integrate-and-fire neurons and a linear read-out of the last spikes."""

    policy: Spiking

    def __init__(self, policy: Spiking, n: int, ticks: int) -> None:
        super().__init__(policy, n, ticks, history=0, fill=policy.fill)
        sizes = [one.numel() for one in policy.leak]
        self._layers = [_Linear(one, n, ticks) for one in policy.linear]  # type: ignore[arg-type]
        self._potentials = [np.zeros((ticks + 1, n, size), np.float32) for size in sizes]
        self._spikes = [np.zeros((ticks + 1, n, size), np.float32) for size in sizes]
        self._of_potential = [np.zeros((n, size), np.float32) for size in sizes]

    @property
    def rates(self) -> list[float]:
        """Share of neurons that spike per tick, by layer, over the last window."""
        return [float(spikes[1:].mean()) for spikes in self._spikes]

    def begin(self) -> None:
        """Take the policy's weights; move the memory of the last window to the front of this one."""
        for layer in self._layers:
            layer.begin()
        self._leak = [one.detach().numpy().clip(0.0, 1.0) for one in self.policy.leak]
        self._threshold = [one.detach().numpy() for one in self.policy.threshold]
        for kept in (*self._potentials, *self._spikes):
            kept[0] = kept[-1]
        self._of_leak = [np.zeros_like(one) for one in self._leak]
        self._of_threshold = [np.zeros_like(one) for one in self._threshold]
        for one in self._of_potential:
            one[:] = 0.0
        self.of_actions[:] = 0.0

    def forward(self, t: int, shown: Floats) -> Floats:
        """Actions (n, 4) at tick t."""
        np.multiply(shown, self._scales, out=self._layers[0].given[t])
        for k, (potential, spikes) in enumerate(zip(self._potentials, self._spikes, strict=True)):
            _fired(
                self._layers[k].forward(t), potential[t], spikes[t], self._leak[k], self._threshold[k],
                potential[t + 1], spikes[t + 1],
            )  # fmt: skip
            self._layers[k + 1].given[t] = spikes[t + 1]
        _squashed(self._layers[-1].forward(t), self.actions[t])
        return np.asarray(self.actions[t])

    def backward(self, t: int) -> Floats:
        """Gradient (n, 18) of what was shown at tick t, from `of_actions` of tick t and later."""
        last = self._layers[-1]
        _unsquashed(last.out[t], self.of_actions[t], last.of_out[t])
        of = last.backward(t)
        for k in range(len(self._leak) - 1, -1, -1):
            potential, spikes = self._potentials[k], self._spikes[k]
            later = self._of_potential[k]  # of the tick after; comes out as that of the tick before
            pull(
                later, of, potential[t + 1], potential[t], spikes[t], self._leak[k], self._threshold[k],
                np.float32(self.policy.slope), self._layers[k].of_out[t], later, self._of_leak[k],
                self._of_threshold[k],
            )  # fmt: skip
            of = self._layers[k].backward(t)
        return np.asarray(of * self._scales)

    def end(self) -> None:
        """Hand the gradients of the weights to the policy's parameters."""
        for layer in self._layers:
            layer.end()
        for leak, threshold, of_leak, of_threshold in zip(
            self.policy.leak, self.policy.threshold, self._of_leak, self._of_threshold, strict=True
        ):
            outside = (leak.detach() < 0.0) | (leak.detach() > 1.0)
            leak.grad = torch.from_numpy(of_leak).masked_fill(outside, 0.0)
            threshold.grad = torch.from_numpy(of_threshold)

    def reset(self, which: Floats) -> None:
        """Put these vehicles at the beginning of a flight."""
        for kept in self.memories():
            kept[which] = 0.0

    def memories(self) -> list[Floats]:
        """Potentials and spikes after the last tick."""
        return [kept[-1] for kept in (*self._potentials, *self._spikes)]


class DensePass(Pass):
    """Layers of rational tanh, with or without a history of actions."""

    policy: Dense

    def __init__(self, policy: Dense, n: int, ticks: int) -> None:
        super().__init__(policy, n, ticks, history=policy.history, fill=policy.fill)
        self._layers = [_Linear(one, n, ticks) for one in policy.linear]  # type: ignore[arg-type]
        self._size = self._layers[0].given.shape[2] - ACTIONS * policy.history

    def begin(self) -> None:
        """Take the policy's weights; move the memory of the last window to the front of this one."""
        for layer in self._layers:
            layer.begin()
        self.actions[: self.history] = self.actions[self.ticks :].copy()[: self.history]
        self.of_actions[:] = 0.0

    def forward(self, t: int, shown: Floats) -> Floats:
        """Actions (n, 4) at tick t."""
        given = self._layers[0].given[t]
        np.multiply(shown, self._scales, out=given[:, : self._size])
        past = self.actions[t : t + self.history]
        given[:, self._size :] = past.transpose(1, 0, 2).reshape(self.n, -1)
        actions = self.actions[self.history + t]
        for layer, into in zip(self._layers, (*(one.given[t] for one in self._layers[1:]), actions), strict=True):
            _squashed(layer.forward(t), into)
        return np.asarray(actions)

    def backward(self, t: int) -> Floats:
        """Gradient (n, 18) of what was shown at tick t, from `of_actions` of tick t and later."""
        of = self.of_actions[self.history + t]
        for layer in reversed(self._layers):
            _unsquashed(layer.out[t], of, layer.of_out[t])
            of = layer.backward(t)
        of_past = of[:, self._size :].reshape(self.n, self.history, ACTIONS).transpose(1, 0, 2)
        self.of_actions[t : t + self.history] += of_past
        return np.ascontiguousarray(of[:, : self._size] * self._scales)

    def end(self) -> None:
        """Hand the gradients of the weights to the policy's parameters."""
        for layer in self._layers:
            layer.end()

    def reset(self, which: Floats) -> None:
        """Put these vehicles at the beginning of a flight."""
        self.actions[self.ticks :, which] = self._fill

    def memories(self) -> list[Floats]:
        """The last actions."""
        return [self.actions[self.ticks :]]


def pass_of(policy: Policy, n: int, ticks: int) -> Pass:
    """The compiled pass of a policy."""
    if isinstance(policy, Spiking):
        return SpikingPass(policy, n, ticks)
    assert isinstance(policy, Dense)
    return DensePass(policy, n, ticks)
