"""Leaky integrate-and-fire neurons over a whole sequence: `lif`'s equations, all steps of a layer in one call.

Between layers nothing goes back in time, so a network over a sequence is, layer by layer, one product for all currents
and one scan of its neurons. On the CPU the scan is compiled; on a GPU it is one kernel where Triton is installed, which
PyTorch for CUDA brings, and a loop over the steps elsewhere.
"""

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class FireSequence(Function):
    """Spikes (T, n, k) of currents (T, n, k), from a potential of zero and no spike on."""

    @staticmethod
    def forward(ctx: Any, current: Tensor, leak: Tensor, threshold: Tensor, slope: float) -> Tensor:  # noqa: D102
        current = current.contiguous()
        potential, spikes = torch.empty_like(current), torch.empty_like(current)
        _way(current).forward(current, leak, threshold, potential, spikes)
        ctx.save_for_backward(potential, spikes, leak, threshold)
        ctx.slope = slope
        return spikes

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_spikes: Tensor) -> Any:  # noqa: D102
        potential, spikes, leak, threshold = ctx.saved_tensors
        steep = 1.0 + ctx.slope * (potential - threshold).abs()
        through = of_spikes / (steep * steep)
        of_current = torch.empty_like(through)
        _way(through).backward(through.contiguous(), leak, of_current)
        of_leak = (of_current[1:] * potential[:-1]).sum((0, 1))
        of_threshold = -through.sum((0, 1)) - (of_current[1:] * spikes[:-1]).sum((0, 1))
        return of_current, of_leak, of_threshold, None


class _Compiled:
    @staticmethod
    def forward(current: Tensor, leak: Tensor, threshold: Tensor, potential: Tensor, spikes: Tensor) -> None:
        _scan(current.numpy(), leak.numpy(), threshold.numpy(), potential.numpy(), spikes.numpy())

    @staticmethod
    def backward(through: Tensor, leak: Tensor, of_current: Tensor) -> None:
        _scan_back(through.numpy(), leak.numpy(), of_current.numpy())


class Looped:
    """The scan as a loop of torch operations: anywhere, and slowly."""

    @staticmethod
    def forward(current: Tensor, leak: Tensor, threshold: Tensor, potential: Tensor, spikes: Tensor) -> None:
        """Fill potentials and spikes."""
        before, fired = torch.zeros_like(current[0]), torch.zeros_like(current[0])
        for t in range(len(current)):
            before = torch.sub(leak * before + current[t], threshold * fired, out=potential[t])
            fired = spikes[t].copy_(before > threshold)

    @staticmethod
    def backward(through: Tensor, leak: Tensor, of_current: Tensor) -> None:
        """Fill the gradient of the currents, from what comes through the spikes."""
        later = torch.zeros_like(through[0])
        for t in range(len(through) - 1, -1, -1):
            later = torch.addcmul(through[t], leak, later, out=of_current[t])


def _way(tensor: Tensor) -> Any:
    if tensor.device.type == "cpu":
        return _Compiled
    if _triton_is_here():
        from hil_controllers.training.lif_kernel import InOneKernel

        return InOneKernel
    return Looped


@cache
def _triton_is_here() -> bool:
    return find_spec("triton") is not None


@njit(cache=True, nogil=True, error_model="numpy")
def _scan(current, leak, threshold, potential, spikes):  # type: ignore[no-untyped-def]
    ticks, n, k = current.shape
    for row in range(n):
        for j in range(k):
            u = current[0, row, j]
            potential[0, row, j] = u
            spikes[0, row, j] = np.float32(1) if u > threshold[j] else np.float32(0)
    for t in range(1, ticks):
        for row in range(n):
            for j in range(k):
                u = (leak[j] * potential[t - 1, row, j] + current[t, row, j]) - threshold[j] * spikes[t - 1, row, j]
                potential[t, row, j] = u
                spikes[t, row, j] = np.float32(1) if u > threshold[j] else np.float32(0)


@njit(cache=True, nogil=True, error_model="numpy")
def _scan_back(through, leak, of_current):  # type: ignore[no-untyped-def]
    ticks, n, k = through.shape
    of_current[ticks - 1] = through[ticks - 1]
    for t in range(ticks - 2, -1, -1):
        for row in range(n):
            for j in range(k):
                of_current[t, row, j] = through[t, row, j] + leak[j] * of_current[t + 1, row, j]
