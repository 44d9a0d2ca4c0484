"""Golden vectors prove what they are for: enough of the network, from two evaluations that agree."""

from dataclasses import replace

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil_controllers.network import LIF, Dense, Network
from hil_controllers.network.double import evaluate
from hil_controllers.network.golden import LEAST_STEPS, SPIKE_RATE


def test_they_are_long_enough_and_replay(network):
    assert len(network.golden) >= LEAST_STEPS
    network.replay()


@pytest.mark.parametrize("kind", ["snn", "snn with integral", "snn with history", "three spiking layers"])
def test_spike_rates_are_those_of_flight_and_every_first_layer_neuron_is_exercised(networks, kind):
    network = networks.of(kind)
    low, high = SPIKE_RATE
    assert low <= network.golden.sweep_rate(network.neurons) <= high
    first = network.golden.raster(network.neurons)[:, : network.spiking_sizes[0]]
    assert first.any(axis=0).all()
    assert not network.golden.silent


def test_the_raster_is_that_of_float64(network):
    raster = evaluate(network.layers, network.golden.observation).raster
    assert np.array_equal(raster, network.golden.raster(network.neurons))


def test_they_sweep_wide(network):
    x = network.golden.observation
    assert np.abs(x[:, :3]).max() == pytest.approx(network.contract.position_clip_m)
    assert np.abs(x[:, 15:18]).max() > 5.0
    assert x[:, 11].min() < 0.6
    assert np.isnan(network.golden.setpoint[:, 3]).any()
    assert np.isfinite(network.golden.setpoint[:, 3]).any()


def picky(networks, *, threshold):
    """One neuron listens to a single attitude and to one corner of errors and rates; the others to noise."""
    lif = networks.lif(np.random.default_rng(2), 32, 18, 1.5)
    weight, bias, beta, theta = (np.array(a) for a in (lif.weight, lif.bias, lif.beta, lif.theta))
    weight[5] = 0.0
    weight[5, :3], weight[5, 12:15], weight[5, 15:18] = (1, -1, 1), (-0.5, 0.5, 0.5), (0.02, 0.02, -0.02)
    weight[5, 3:12] = np.array([[0, -1, 0], [-1, 0, 0], [0, 0, -1]], np.float32).ravel()  # upside down
    bias[5], beta[5], theta[5] = 0.0, 0.5, threshold
    layers = (LIF(weight, bias, beta, theta), networks.dense(np.random.default_rng(3), 4, 32))
    return Network.build(name="picky", layers=layers, contract=networks.contract())


def test_a_neuron_that_no_sweep_meets_is_driven_by_the_observation_it_listens_to(networks):
    # greatest drive: 1.5 + 3 + 3 + 2.1 = 9.6, twice that with the decay of 0.5
    network = picky(networks, threshold=18.0)
    assert network.golden.silent == ()
    assert network.golden.raster(32)[:120, 5].sum() == 0
    assert network.golden.raster(32)[:, 5].any()


def test_a_neuron_that_nothing_can_drive_is_named(networks):
    assert picky(networks, threshold=20.0).golden.silent == (5,)


def changed(network, **arrays):
    golden = {name: getattr(network.golden, name) for name in ("state", "setpoint", "observation", "output", "spikes")}
    made = type(network.golden)(**(golden | arrays), silent=network.golden.silent)
    return Network(
        name=network.name, contract=network.contract, layers=network.layers, readout=network.readout, golden=made
    )


def test_too_few_steps_are_no_proof(networks):
    network = networks.of("ann")
    cut = {
        name: getattr(network.golden, name)[:99] for name in ("state", "setpoint", "observation", "output", "spikes")
    }
    with pytest.raises(BadInput, match="99 golden steps, at least 100 are needed"):
        changed(network, **cut).replay()


def test_silent_neurons_that_are_not_named_are_told(networks):
    network = networks.of("snn")
    raster = network.golden.raster(network.neurons)
    raster[:, 17] = False
    with pytest.raises(BadInput, match="leave 1 first-layer neurons silent, 0 are named"):
        changed(network, spikes=np.packbits(raster, axis=1)).replay()


def test_the_first_step_and_layer_that_differ_are_named(networks):
    network = networks.of("snn")
    raster = network.golden.raster(network.neurons)
    raster[40:, 256 + 3] ^= True
    with pytest.raises(BadInput, match=r"golden step 40: LIF layer 1: neuron 3 (spikes|is silent)"):
        changed(network, spikes=np.packbits(raster, axis=1)).replay()
    output = np.array(network.golden.output)
    output[77, 2] += 1e-6
    with pytest.raises(BadInput, match="golden step 77: read-out: M3 is"):
        changed(network, output=output).replay()
    observation = np.array(network.golden.observation)
    observation[5, 13] = 9.0
    with pytest.raises(BadInput, match=r"golden step 5: observation: velocity_error\[1\] is .* recorded 9"):
        changed(network, observation=observation).replay()


def test_a_network_without_spikes_has_an_empty_raster(networks):
    network = networks.of("ann")
    assert not network.spiking
    assert network.golden.spikes.shape == (len(network.golden), 0)
    assert isinstance(network.layers[0], Dense)


def biased(networks, bias):
    """A network whose neurons nearly all spike, or hardly ever, whatever the state."""
    lif = networks.lif(np.random.default_rng(2), 32, 18, 0.1)
    layers = (
        LIF(lif.weight, np.full(32, bias), np.zeros(32), np.ones(32)),
        networks.dense(np.random.default_rng(3), 4, 32),
    )
    return lambda: Network.build(name="biased", layers=layers, contract=networks.contract())


@pytest.mark.parametrize(("bias", "told"), [(-9.0, "0.0 % of neurons spike"), (9.0, "100.0 % of neurons spike")])
def test_a_network_that_is_dead_or_saturated_is_not_built(networks, bias, told):
    with pytest.raises(BadInput, match=f"{told} in a step of the sweep, 5 to 40 % are needed"):
        biased(networks, bias)()


def test_golden_vectors_of_a_dead_network_are_refused(networks, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("hil_controllers.network.golden.SPIKE_RATE", (0.0, 1.0))
        dead = biased(networks, -9.0)()
    with pytest.raises(BadInput, match=r"golden vectors: 0\.0 % of neurons spike"):
        dead.replay()


def test_a_neuron_is_not_silent_because_the_file_says_so(networks):
    network = picky(networks, threshold=18.0)
    parts = ("state", "setpoint", "observation", "output", "spikes")
    cut = replace(network.golden, **{name: getattr(network.golden, name)[:120] for name in parts})
    golden = replace(cut, silent=tuple(np.flatnonzero(~cut.raster(32).any(axis=0)).tolist()))
    assert 5 in golden.silent
    with pytest.raises(BadInput, match="neuron 5 of the first layer is named silent, but an observation drives it"):
        replace(network, golden=golden).replay()


@pytest.mark.parametrize("part", ["observation", "output"])
def test_of_a_tanh_network_nan_is_another_number(networks, part):
    network = networks.ann(readout="tanh", activation="tanh")
    values = np.array(getattr(network.golden, part))
    values[7, 2] = np.nan
    with pytest.raises(BadInput, match=r"golden step 7: .* recorded nan"):
        changed(network, **{part: values}).replay()


def test_a_draft_may_spike_as_rarely_as_it_likes_and_its_file_is_refused(networks, tmp_path):
    rng = np.random.default_rng(0)
    deaf = networks.lif(rng, 16, 18, 1e-6)
    layers = (replace(deaf, bias=np.full(16, -1.0), theta=np.full(16, 1.0)), networks.dense(rng, 4, 16))
    with pytest.raises(BadInput):
        Network.build(name="deaf", layers=layers, contract=networks.contract())
    draft = Network.build(name="deaf", layers=layers, contract=networks.contract(), draft=True)
    draft.save(tmp_path / "deaf.safetensors")
    with pytest.raises(BadInput, match="golden vectors"):
        Network.load(tmp_path / "deaf.safetensors")
