"""The scan of `lif_sequence` as one GPU kernel each way: a program steps a block of neurons through time.

A loop in torch starts five kernels a step and layer, some thousand an update, and a GPU spends its time starting them.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK = 256


@triton.jit
def _forward(  # type: ignore[no-untyped-def]
    current, leak, threshold, potential, spikes, size, neurons, TICKS: tl.constexpr, BLOCK: tl.constexpr
):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    here = at < size
    beta = tl.load(leak + at % neurons, mask=here, other=0.0)
    theta = tl.load(threshold + at % neurons, mask=here, other=0.0)
    u = tl.zeros((BLOCK,), tl.float32)
    fired = tl.zeros((BLOCK,), tl.float32)
    for t in range(TICKS):
        place = at + t * size
        u = beta * u + tl.load(current + place, mask=here, other=0.0) - theta * fired
        fired = tl.where(u > theta, 1.0, 0.0)
        tl.store(potential + place, u, mask=here)
        tl.store(spikes + place, fired, mask=here)


@triton.jit
def _backward(through, leak, of_current, size, neurons, TICKS: tl.constexpr, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    here = at < size
    beta = tl.load(leak + at % neurons, mask=here, other=0.0)
    later = tl.zeros((BLOCK,), tl.float32)
    for back in range(TICKS):
        place = at + (TICKS - 1 - back) * size
        later = tl.load(through + place, mask=here, other=0.0) + beta * later
        tl.store(of_current + place, later, mask=here)


class InOneKernel:
    """The scan as one kernel each way; everything float32 and contiguous, below 2³¹ numbers."""

    @staticmethod
    def forward(current: Tensor, leak: Tensor, threshold: Tensor, potential: Tensor, spikes: Tensor) -> None:
        """Fill potentials and spikes."""
        ticks, n, neurons = current.shape
        with torch.no_grad():
            _forward[(triton.cdiv(n * neurons, _BLOCK),)](
                current, leak, threshold, potential, spikes, n * neurons, neurons, TICKS=ticks, BLOCK=_BLOCK
            )

    @staticmethod
    def backward(through: Tensor, leak: Tensor, of_current: Tensor) -> None:
        """Fill the gradient of the currents, from what comes through the spikes."""
        ticks, n, neurons = through.shape
        _backward[(triton.cdiv(n * neurons, _BLOCK),)](
            through, leak, of_current, n * neurons, neurons, TICKS=ticks, BLOCK=_BLOCK
        )
