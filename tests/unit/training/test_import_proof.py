"""The check that a network spikes as its original: it passes snntorch's equations, and no other rule."""

import numpy as np
import pytest
import torch

from hil.core.errors import BadInput
from hil_controllers.network.layers import TENSORS
from hil_controllers.training.importing.equations import Equations, TorchLayer
from hil_controllers.training.importing.proof import Answer, different, proven


@pytest.fixture(scope="module")
def net(networks):
    return networks.snn(sizes=(16, 8), readout="tanh")


def in_torch(net):
    """The network's layers as tensors."""
    return [TorchLayer(*(torch.tensor(getattr(layer, name)) for name in TENSORS[type(layer)])) for layer in net.layers]


class Rule:
    """An original in numpy with the membrane rule given: (β, θ, U, I, s) → U, s."""

    def __init__(self, net, rule, readout=np.tanh):
        self.net, self.rule, self.readout = net, rule, readout

    def run(self, observations):
        hidden, last = self.net.layers[:-1], self.net.layers[-1]
        state = [(np.zeros(layer.size), np.zeros(layer.size)) for layer in hidden]
        rows, actions = [], []
        for signal in observations.astype(float):
            for k, layer in enumerate(hidden):
                current = layer.weight.astype(float) @ signal + layer.bias
                state[k] = self.rule(layer.beta.astype(float), layer.theta.astype(float), *state[k], current)
                signal = state[k][1]
            rows.append(np.concatenate([spikes for _, spikes in state]) > 0)
            actions.append(self.readout(last.weight.astype(float) @ signal + last.bias))
        return Answer(np.array(rows), np.array(actions, np.float32))


def clipped(beta):
    return np.clip(beta, 0, 1)


def subtract(beta, theta, u, s, current):
    u = clipped(beta) * u + current - theta * s
    return u, (u > theta) * 1.0


def to_zero(beta, theta, u, s, current):
    u = clipped(beta) * u * (1 - s) + current
    return u, (u > theta) * 1.0


def never(beta, theta, u, s, current):
    u = clipped(beta) * u + current
    return u, (u > theta) * 1.0


def at_once(beta, theta, u, s, current):
    u = clipped(beta) * u + current
    s = (u > theta) * 1.0
    return u - theta * s, s


def before_the_leak(beta, theta, u, s, current):
    u = clipped(beta) * (u - theta * s) + current
    return u, (u > theta) * 1.0


def unclipped(beta, theta, u, s, current):
    u = beta * u + current - theta * s
    return u, (u > theta) * 1.0


def by_one(beta, theta, u, s, current):
    u = clipped(beta) * u + current - s
    return u, (u > theta) * 1.0


def one_threshold(beta, theta, u, s, current):
    u = clipped(beta) * u + current - theta * s
    return u, (u > 1) * 1.0


def of_spikes(beta, theta, u, s, current):  # membranes overwritten by spikes, as one published forward() does
    u = clipped(beta) * s + current - theta * (s > theta)
    return u, (u > theta) * 1.0


def filtered(beta, theta, u, s, current):  # a leak that also scales the current
    u = clipped(beta) * u + (1 - clipped(beta)) * current - theta * s
    return u, (u > theta) * 1.0


def test_snntorchs_equations_spike_as_the_network(net):
    assert different(net, Equations(in_torch(net), "tanh")) is None
    assert different(net, Rule(net, subtract)) is None


WRONG = (to_zero, never, at_once, before_the_leak, unclipped, by_one, one_threshold, of_spikes, filtered)


@pytest.mark.parametrize("rule", WRONG, ids=lambda rule: rule.__name__)
def test_an_original_with_another_rule_is_refused_for_its_spikes(net, rule):
    with pytest.raises(BadInput, match=r"not spike-exact, so not imported: at golden step \d+ neuron \d+ of layer \d"):
        proven(lambda seed: net, Rule(net, rule))


@pytest.mark.parametrize(
    "readout", [np.arctan, lambda x: x, lambda x: 1 / (1 + np.exp(-x)), lambda x: np.clip(x, -1, 1)]
)
def test_an_original_with_another_read_out_is_refused(net, readout):
    with pytest.raises(BadInput, match=r"spikes agree, but at golden step \d+ M\d is .* by the read-out tanh"):
        proven(lambda seed: net, Rule(net, subtract, readout))


def test_an_original_that_answers_with_no_number_is_refused(net):
    assert different(net, Rule(net, subtract, lambda x: x * np.nan)) is not None


@pytest.mark.parametrize("layer", [0, 1])
def test_one_weight_that_differs_is_seen(net, layer):
    layers = in_torch(net)
    layers[layer].weight[3] *= -1
    assert different(net, Equations(layers, "tanh")) is not None


def test_an_original_with_other_neurons_is_refused(net, networks):
    other = networks.snn(sizes=(16, 9), readout="tanh")
    assert different(net, Equations(in_torch(other), "tanh")) == (
        "the original has 25 neurons that spike, the network 24"
    )


def test_where_rounding_decides_a_spike_other_golden_vectors_are_tried(net):
    class Once:
        """Differs the first time it is asked."""

        asked = 0

        def run(self, observations):
            self.asked += 1
            answer = Equations(in_torch(net), "tanh").run(observations)
            return Answer(answer.raster ^ (self.asked == 1), answer.action)

    seeds = []

    def build(seed):
        seeds.append(seed)
        return net

    proven(build, Once())
    assert seeds == [0, 1000]
