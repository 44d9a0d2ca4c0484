"""Neurons over a whole sequence are the neurons step by step: spikes, and gradients."""

import pytest
import torch

from hil_controllers.training.lif import Fire
from hil_controllers.training.lif_sequence import FireSequence, Looped, _Compiled

TICKS, N, K, SLOPE = 12, 3, 5, 2.0


@pytest.fixture
def given():
    """Currents (T, n, k), leaks and thresholds (k,), and what the loss makes of the spikes (T, n, k)."""
    torch.manual_seed(4)
    parts = torch.randn(TICKS, N, K), torch.rand(K), torch.rand(K)
    return *(one.requires_grad_(True) for one in parts), torch.randn(TICKS, N, K)


def step_by_step(current, leak, threshold):
    potential, spikes, all_spikes = torch.zeros(N, K), torch.zeros(N, K), []
    for one in current:
        potential, spikes = Fire.apply(one, potential, spikes, leak, threshold, SLOPE)
        all_spikes.append(spikes)
    return torch.stack(all_spikes)


def test_spikes_and_gradients_over_a_sequence_are_those_step_by_step(given):
    *parts, of_spikes = given
    found = []
    for way in (step_by_step, lambda *parts: FireSequence.apply(*parts, SLOPE)):
        spikes = way(*parts)
        found.append((spikes.detach(), *torch.autograd.grad((spikes * of_spikes).sum(), parts)))
    assert found[0][0].equal(found[1][0])
    assert 0.1 < found[0][0].mean() < 0.9
    for expected, gradient in zip(found[0][1:], found[1][1:], strict=True):
        assert torch.allclose(expected, gradient, atol=1e-5)


def test_the_loop_of_a_gpu_without_triton_gives_what_the_compiled_scan_gives(given):
    current, leak, threshold, of_spikes = (one.detach() for one in given)
    found = []
    for way in (_Compiled, Looped):
        potential, spikes, of_current = (torch.empty_like(current) for _ in range(3))
        way.forward(current, leak, threshold, potential, spikes)
        way.backward(of_spikes, leak, of_current)
        found.append((potential, spikes, of_current))
    for expected, other in zip(*found, strict=True):
        assert torch.allclose(expected, other, atol=1e-6)


def test_a_spike_that_is_not_read_gives_its_neuron_no_gradient(given):
    current, leak, threshold, of_spikes = given
    unread = of_spikes.clone()
    unread[..., 0] = 0.0
    (of_current,) = torch.autograd.grad((FireSequence.apply(current, leak, threshold, SLOPE) * unread).sum(), current)
    assert not of_current[..., 0].any()
    assert of_current[..., 1:].all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_spikes_and_gradients_are_those_of_the_cpu(given):
    *parts, of_spikes = given
    found = []
    for device in ("cpu", "cuda"):
        moved = [one.detach().to(device).requires_grad_(True) for one in parts]
        spikes = FireSequence.apply(*moved, SLOPE)
        gradients = torch.autograd.grad((spikes * of_spikes.to(device)).sum(), moved)
        found.append([one.detach().cpu() for one in (spikes, *gradients)])
    for expected, other in zip(*found, strict=True):
        assert torch.allclose(expected, other, atol=1e-4)
