"""What comes out of a training is what was trained."""

import numpy as np
import pytest
import torch

from hil_controllers.training.export import network_of

NETWORKS = {
    "snn": "{kind: snn, hidden: [256, 128]}",
    "ann": "{kind: ann, hidden: [16, 16]}",
    "ann-history": "{kind: ann, hidden: [16, 16], history: 8}",
}


@pytest.fixture(params=NETWORKS)
def trained(request, trainer):
    one = trainer(
        network=NETWORKS[request.param],
        observation="integral: {gain_1_s: 0.3, limit_m: 0.1}, scales: {position: 5, rates: 0.3}, velocity_lead_s: 0.1",
    )
    for _ in range(40):
        one.update()
    return one, network_of(one.policy, one.training, one.vehicle, {})


def test_torch_answers_as_the_network_file_does_spike_for_spike(trained):
    one, network = trained
    golden, policy = network.golden, one.policy
    memory = policy.start(1)
    for t, observation in enumerate(golden.observation):
        with torch.no_grad():
            action, memory = policy.act(torch.from_numpy(np.array(observation[None, :18])), memory)
        assert action[0].tolist() == pytest.approx(golden.output[t].tolist(), abs=2e-5)
        if network.spiking:
            fired = torch.cat(memory[1::2], dim=1)[0].numpy() > 0
            assert (fired == golden.raster(network.neurons)[t]).all(), f"step {t}"


def test_a_network_with_other_weights_is_told_apart(trained):
    one, network = trained
    with torch.no_grad():
        one.policy.linear[0].weight[0, 0] += 0.01
    assert network_of(one.policy, one.training, one.vehicle, {}).hash != network.hash


def test_the_contract_says_what_the_config_said(trained):
    one, network = trained
    contract = network.contract
    assert contract.vehicle.name == "cf-l2f-original"
    assert (contract.latency.least_s, contract.latency.most_s) == one.training.latency_s
    assert contract.sensors == "l2f-original"
    assert contract.velocity_lead_s == 0.1
    assert contract.integral.gain_1_s == 0.3
    assert contract.history_fill == pytest.approx(one.policy.fill)
