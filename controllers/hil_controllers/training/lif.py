"""Leaky integrate-and-fire neurons for training: exact spikes forward, a surrogate slope backward.

    U[t] = clip(β, 0, 1) U[t−1] + I[t] − θ s[t−1]        s[t] = [U[t] > θ]
    ∂s/∂U ≈ 1 / (1 + k |U − θ|)²                          fast sigmoid, already divided by k

No gradient goes back through the reset (through s[t−1]); so does snntorch. Equations and slope: Van den Berghe et al.,
NeurIPS 2025 (arXiv 2510.24461).
"""

from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


@njit(cache=True, nogil=True, error_model="numpy")
def _fire(current, before, spikes_before, leak, threshold, potential, spikes):  # type: ignore[no-untyped-def]
    for row in range(current.shape[0]):
        for k in range(current.shape[1]):
            u = (leak[k] * before[row, k] + current[row, k]) - threshold[k] * spikes_before[row, k]
            potential[row, k] = u
            spikes[row, k] = np.float32(1) if u > threshold[k] else np.float32(0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def pull(  # type: ignore[no-untyped-def]
    of_potential, of_spikes, potential, before, spikes_before, leak, threshold, slope, pulled, of_before, of_leak,
    of_threshold,
):  # fmt: skip
    """Gradients of currents `pulled` and of potentials before, (n, k); added to those of leak and threshold, (k,).

    `of_before` may be `of_potential` itself.
    """
    one = np.float32(1)
    for row in range(potential.shape[0]):
        for k in range(potential.shape[1]):
            steep = one + slope * abs(potential[row, k] - threshold[k])
            through = of_spikes[row, k] / (steep * steep)
            total = of_potential[row, k] + through
            pulled[row, k] = total
            of_before[row, k] = leak[k] * total
            of_leak[k] += total * before[row, k]
            of_threshold[k] -= through + total * spikes_before[row, k]


class Fire(Function):
    """Potentials and spikes (n, k) after a step, from currents, potentials and spikes before it (n, k)."""

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any, current: Tensor, before: Tensor, spikes_before: Tensor, leak: Tensor, threshold: Tensor, slope: float
    ) -> tuple[Tensor, Tensor]:
        u, s, beta, theta = before.numpy(), spikes_before.numpy(), leak.numpy(), threshold.numpy()
        potential, spikes = np.empty(current.shape, np.float32), np.empty(current.shape, np.float32)
        _fire(current.numpy(), u, s, beta, theta, potential, spikes)
        ctx.kept, ctx.slope = (potential, u, s, beta, theta), np.float32(slope)
        return torch.from_numpy(potential), torch.from_numpy(spikes)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_potential: Tensor, of_spikes: Tensor) -> Any:  # noqa: D102
        potential, before, spikes_before, leak, threshold = ctx.kept
        pulled, of_before = np.empty(potential.shape, np.float32), np.empty(potential.shape, np.float32)
        of_leak, of_threshold = np.zeros(leak.shape, np.float32), np.zeros(threshold.shape, np.float32)
        pull(
            of_potential.numpy(), of_spikes.numpy(), potential, before, spikes_before, leak, threshold, ctx.slope,
            pulled, of_before, of_leak, of_threshold,
        )  # fmt: skip
        gradients = (torch.from_numpy(one) for one in (pulled, of_before, of_leak, of_threshold))
        of_current, of_before_t, of_leak_t, of_threshold_t = gradients
        return of_current, of_before_t, None, of_leak_t, of_threshold_t, None
