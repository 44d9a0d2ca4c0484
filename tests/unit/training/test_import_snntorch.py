"""Modules of snntorch, run as they are: imported spike for spike, or refused by name or for their spikes."""

import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip("snntorch", reason="needs snntorch: pip install snntorch")

import snntorch as snn

from hil.core.errors import BadInput
from hil_controllers.training.importing import import_snntorch, import_state_dict


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        yield


@pytest.fixture
def contract(networks):
    return networks.contract()


def leaky(n, **more):
    settings = {"threshold": 0.3 + torch.rand(n), "init_hidden": True, "learn_beta": True, "learn_threshold": True}
    return snn.Leaky(**{"beta": torch.rand(n) * 1.4 - 0.2} | settings | more)


def sequential(first=None, second=None, last=None, *, between=()):
    return nn.Sequential(
        nn.Linear(18, 16), first or leaky(16), *between, nn.Linear(16, 8), second or leaky(8), last or nn.Linear(8, 4),
        nn.Tanh(),
    )  # fmt: skip


class Explicit(nn.Module):
    """Hands its membranes from step to step itself."""

    def __init__(self, scale=1.0, swap=False):
        super().__init__()
        self.fc1, self.lif1 = nn.Linear(18, 16), leaky(16, init_hidden=False)
        self.fc2, self.lif2 = nn.Linear(16, 8), leaky(8, init_hidden=False)
        self.out, self.scale, self.swap = nn.Linear(8, 4), scale, swap
        self.reset()

    def reset(self):
        self.mem1, self.mem2 = self.lif1.reset_mem(), self.lif2.reset_mem()

    def forward(self, x):
        spk1, self.mem1 = self.lif1(self.fc1(x) * self.scale, self.mem1)
        if self.swap:
            self.mem1 = spk1
        spk2, self.mem2 = self.lif2(self.fc2(spk1), self.mem2)
        return torch.tanh(self.out(spk2)), (self.mem1, self.mem2)


def test_a_sequential_of_linear_and_leaky_is_imported_spike_for_spike(contract):
    module = sequential()
    network = import_snntorch(module, contract=contract, name="n")
    assert [layer.size for layer in network.layers] == [16, 8, 4]
    assert np.array_equal(network.layers[0].beta, module[1].beta.detach().numpy())
    assert 0.02 < network.golden.spike_rate(network.neurons) < 0.9
    network.replay()


def test_the_papers_layout_is_imported_spike_for_spike(contract):
    module = nn.Sequential(
        nn.Linear(18, 256), leaky(256), nn.Linear(256, 128), leaky(128), nn.Linear(128, 4), nn.Tanh()
    )
    assert import_snntorch(module, contract=contract, name="n").spiking_sizes == (256, 128)


def test_a_module_that_keeps_its_own_membranes_is_imported(contract):
    assert import_snntorch(Explicit(), contract=contract, name="n").spiking_sizes == (16, 8)


def test_a_module_with_its_state_outside_is_imported_by_a_step(contract):
    class Outside(Explicit):
        def forward(self, x, memory):
            self.mem1, self.mem2 = memory
            return super().forward(x)

    module, memory = Outside(), []

    def reset():
        memory[:] = [module.lif1.reset_mem(), module.lif2.reset_mem()]

    def step(x):
        action, memory[:] = module(x, memory)
        return action

    with pytest.raises(BadInput, match=r"cannot be stepped with observations \(1, 18\): TypeError") as refused:
        import_snntorch(module, contract=contract, name="n")
    assert "step=" in refused.value.hint
    assert import_snntorch(module, contract=contract, name="n", step=step, reset=reset).spiking_sizes == (16, 8)


@pytest.mark.parametrize(
    "settings", [{"beta": 0.9, "threshold": 1.0}, {"beta": 0.5, "threshold": 1}, {"beta": torch.tensor([0.7])}]
)
def test_lone_decays_and_thresholds_are_imported(contract, settings):
    given = settings | {"learn_threshold": False}
    module = sequential(leaky(16, **given), leaky(8, **given))
    assert import_snntorch(module, contract=contract, name="n").spiking_sizes == (16, 8)


def test_its_state_dict_gives_the_same_network(contract, tmp_path):
    module = sequential()
    torch.save(module.state_dict(), tmp_path / "n.pt")
    of_file = import_state_dict(tmp_path / "n.pt", contract=contract, name="n").network
    assert of_file.hash == import_snntorch(module, contract=contract, name="n").hash


def test_dropout_that_is_off_and_missing_biases_do_no_harm(contract):
    module = sequential(last=nn.Linear(8, 4, bias=False), between=(nn.Dropout(0.5),)).eval()
    assert (import_snntorch(module, contract=contract, name="n").layers[-1].bias == 0).all()


def test_a_module_is_left_as_it_was(contract):
    module = sequential()
    import_snntorch(module, contract=contract, name="n")
    assert not any(one._forward_hooks for one in module.modules())
    assert not module[1].mem.any()
    assert module[1].beta.grad is None


REFUSED = {
    "reset to zero": (lambda: sequential(leaky(16, reset_mechanism="zero")), r"1.reset_mechanism is 1 \('zero'\)"),
    "no reset": (lambda: sequential(None, leaky(8, reset_mechanism="none")), r"3.reset_mechanism is 2 \('none'\)"),
    "reset at once": (lambda: sequential(leaky(16, reset_delay=False)), "1.reset_delay is False"),
    "tall spikes": (lambda: sequential(leaky(16, graded_spikes_factor=0.5)), "1.graded_spikes_factor is 0.5"),
    "tall spikes, learned": (
        lambda: sequential(leaky(16, graded_spikes_factor=torch.rand(16), learn_graded_spikes_factor=True)),
        "1.graded_spikes_factor is 0",
    ),
    "quantised": (lambda: sequential(leaky(16, state_quant=torch.round)), "1.state_quant is set"),
    "recurrent": (
        lambda: sequential(snn.RLeaky(beta=0.9, linear_features=16, init_hidden=True)), "1 is RLeaky: its recurrent"
    ),
    "second order": (lambda: sequential(snn.Synaptic(alpha=0.9, beta=0.8, init_hidden=True)), "1 is Synaptic: its"),
    "two currents": (lambda: sequential(snn.Alpha(alpha=0.9, beta=0.8, init_hidden=True)), "1 is Alpha: its two"),
    "R and C": (lambda: sequential(snn.Lapicque(beta=0.9, init_hidden=True)), "1 is Lapicque: its R and C"),
    "negative threshold": (lambda: sequential(leaky(16, threshold=torch.full((16,), -0.1))), "1.threshold: neuron 0"),
    "dropout": (lambda: sequential(between=(nn.Dropout(0.5),)).train(), "2 is Dropout in training mode after 1"),
    "batch norm": (lambda: sequential(between=(nn.BatchNorm1d(16),)).eval(), "2 is BatchNorm1d after 1: fold it"),
    "ReLU": (lambda: sequential(between=(nn.ReLU(),)), "2 is ReLU after 1: only Linear"),
    "spiking outputs": (lambda: nn.Sequential(nn.Linear(18, 4), leaky(4)), "the last layer is 1: the read-out must be"),
    "two linears": (lambda: nn.Sequential(nn.Linear(18, 16), nn.Linear(16, 4)), "1 is Linear after 0"),
    "half": (lambda: sequential().bfloat16(), "0.weight is bfloat16, float32 is wanted"),
    "other inputs": (lambda: nn.Sequential(nn.Linear(20, 4)), "cannot be stepped with observations"),
    "other outputs": (lambda: sequential(last=nn.Linear(8, 3)), "the last layer must have 4 outputs"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_represented_is_refused_by_name(contract, what):
    make, reason = REFUSED[what]
    with pytest.raises(BadInput, match=reason) as refused:
        import_snntorch(make(), contract=contract, name="n")
    assert "\n" not in refused.value.message


@pytest.mark.filterwarnings("ignore")
def test_inhibition_is_refused(contract):
    with pytest.raises(BadInput, match=r"1.inhibition is on"):
        import_snntorch(sequential(leaky(16, inhibition=True)), contract=contract, name="n")


def reset_loaded_after(mechanism):
    """Leaky steps by the reset that it was made with, whatever `reset_mechanism_val` a state_dict brings later."""
    module = sequential(leaky(16, reset_mechanism=mechanism))
    module.load_state_dict(sequential().state_dict())
    return module


def with_state_function(name):
    """Leaky whose settings say subtract and whose step is another."""
    module = sequential()
    module[1].state_function = getattr(module[1], name)
    return module


class Sigmoid(Explicit):
    def forward(self, x):
        return torch.sigmoid(super().forward(x)[0])


SEEN = {
    "a reset to zero under another name": lambda: with_state_function("_base_zero"),
    "no reset under another name": lambda: with_state_function("_base_int"),
    "a factor in forward": lambda: Explicit(scale=1.1),
    "membranes that are overwritten by spikes": lambda: Explicit(swap=True),
    "another read-out in forward": Sigmoid,
}


@pytest.mark.parametrize("what", SEEN)
def test_what_no_setting_tells_is_seen_in_spikes_and_actions(contract, what):
    with pytest.raises(BadInput, match=r"not spike-exact, so not imported: .*golden step \d+"):
        import_snntorch(SEEN[what](), contract=contract, name="n")


def test_a_reset_that_a_state_dict_only_seems_to_change_is_refused(contract):
    with pytest.raises(BadInput, match=r"1.reset_mechanism is 'zero'"):
        import_snntorch(reset_loaded_after("zero"), contract=contract, name="n")
