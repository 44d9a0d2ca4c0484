"""The numpy definition does what its equations say, on cases small enough to work out by hand."""

import numpy as np
import pytest

from hil.core.errors import BadInput
from hil.core.types import LEVEL, Setpoint, State
from hil_controllers.network import LIF, Dense, Integral
from hil_controllers.network.layers import checked
from hil_controllers.network.reference import rational_tanh, start, step


def one_neuron(*, bias, beta, theta):
    lif = LIF(np.zeros((1, 18)), [bias], [beta], [theta])
    return (lif, Dense(np.ones((4, 1)), np.zeros(4)))


def spikes_of(layers, contract, steps):
    memory, fired = start(layers, contract), []
    for _ in range(steps):
        _, memory = step(layers, "rational_tanh", np.zeros(18, np.float32), memory)
        fired.append(int(memory.spikes[0][0]))
    return fired, memory


def test_a_neuron_is_reset_by_subtraction_one_step_after_it_spiked(networks):
    # U: 0.75, 1.125 (spike), 1.3125 - 1 = 0.3125, 0.90625, 1.203125 (spike), 0.3515625
    fired, memory = spikes_of(one_neuron(bias=0.75, beta=0.5, theta=1.0), networks.contract(), 6)
    assert fired == [0, 1, 0, 0, 1, 0]
    assert memory.membranes[0][0] == np.float32(0.3515625)


def test_a_membrane_at_its_threshold_does_not_spike(networks):
    assert spikes_of(one_neuron(bias=1.0, beta=0.0, theta=1.0), networks.contract(), 3)[0] == [0, 0, 0]


@pytest.mark.parametrize(("trained", "used"), [(-0.3, 0.0), (1.7, 1.0)])
def test_decay_is_clipped_to_0_1(networks, trained, used):
    for beta in (trained, used):
        fired, memory = spikes_of(one_neuron(bias=0.25, beta=beta, theta=10.0), networks.contract(), 4)
        assert fired == [0] * 4
        assert memory.membranes[0][0] == np.float32(1.0 if used else 0.25)


def test_the_sum_goes_up_in_j_from_the_bias(networks):
    big = np.float32(2**24)
    weight = np.zeros((4, 18), np.float32)
    weight[0, :3] = (big, -big, 1.0)
    weight[1, :3] = (1.0, big, -big)
    x = np.ones(18, np.float32)
    layers = (Dense(weight, np.ones(4)), Dense(np.eye(4) / 4, np.zeros(4)))
    y, _ = step(layers, "rational_tanh", x, start(layers, networks.contract()))
    # 1 + 2^24 = 2^24 in float32 (round to even): (1 + big - big) + 1 = 1, and (1 + 1 + big) - big = 2
    assert y[:2].tolist() == rational_tanh(np.array([0.25, 0.5], np.float32)).tolist()


def test_rational_tanh_ends_at_3_and_stays_near_tanh():
    x = np.linspace(-6, 6, 4001).astype(np.float32)
    y = rational_tanh(x)
    assert (y[np.abs(x) >= 3] == np.sign(x[np.abs(x) >= 3])).all()
    assert np.abs(y - np.tanh(x)).max() < 0.024
    assert rational_tanh(np.array([3e38], np.float32)) == 1.0


def observed(network, state, setpoint, memory=None):
    return network.observe(state, setpoint, memory or network.start())


def test_the_observation_is_what_the_contract_lists(networks):
    network = networks.of("ann-history")
    half = np.sqrt(0.5)
    state = State((1.0, -0.2, 0.3), (0.5, -3.0, 0.1), (0.0, 0.0, half, half), (0.1, 0.2, 0.3))  # yaw 90°
    x, _ = observed(network, state, Setpoint((0.9, 0.5, 0.3), (0.25, 0.0, 0.0)))
    assert x[:3] == pytest.approx([0.1, -0.5, 0.0], abs=1e-7)
    assert x[3:12] == pytest.approx([0, -1, 0, 1, 0, 0, 0, 0, 1], abs=1e-7)
    assert x[12:15] == pytest.approx([0.25, -2.0, 0.1])
    assert x[15:18] == pytest.approx([0.1, 0.2, 0.3])
    assert x[18:].tolist() == [np.float32(2 * networks.vehicle.hover_command - 1)] * 128


def test_a_set_point_without_velocity_means_zero(networks):
    network = networks.of("ann")
    state = State((0.0, 0.0, 1.0), (0.3, 0.2, 0.1), LEVEL, (0.0, 0.0, 0.0))
    x, _ = observed(network, state, Setpoint((0.0, 0.0, 1.0)))
    assert x[12:15].tolist() == np.array([0.3, 0.2, 0.1], np.float32).tolist()


def test_the_history_holds_the_last_actions_oldest_first(networks):
    network = networks.of("snn with history")
    memory, actions = network.start(), []
    state, setpoint = State((0.1, 0.0, 1.0), (0.0,) * 3, LEVEL, (0.0,) * 3), Setpoint((0.0, 0.0, 1.0))
    for _ in range(6):
        x, memory = network.observe(state, setpoint, memory)
        y, memory = network.step(x, memory)
        actions.append(y)
    x, _ = network.observe(state, setpoint, memory)
    assert np.array_equal(x[18:].reshape(4, 4), actions[-4:])


def test_the_integral_grows_by_gain_times_error_and_stops_at_its_limit(networks):
    network = networks.snn(sizes=(8,), integral=Integral(gain_1_s=2.0, limit_m=0.05))
    state, setpoint = State((0.2, -0.9, 1.0), (0.0,) * 3, LEVEL, (0.0,) * 3), Setpoint((0.0, 0.0, 1.0))
    memory, entries = network.start(), []
    for _ in range(30):
        x, memory = network.observe(state, setpoint, memory)
        entries.append(x[:3])
    assert entries[0] == pytest.approx([0.2 + 0.02 * 0.2, -0.5, 0.0])  # the sum is clipped, too
    assert entries[-1] == pytest.approx([0.25, -0.5, 0.0])
    assert memory.integral == pytest.approx([0.05, -0.05, 0.0])


def test_a_yaw_other_than_0_is_refused(networks):
    network = networks.of("ann")
    with pytest.raises(BadInput, match=r"no yaw input: a set-point with yaw 0\.3 rad"):
        observed(network, State((0.0,) * 3, (0.0,) * 3, LEVEL, (0.0,) * 3), Setpoint((0.0,) * 3, yaw=0.3))


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        (lambda n: (n.lif(np.random.default_rng(0), 4, 18, 1.0),), "the last layer is the read-out"),
        (
            lambda n: (n.dense(np.random.default_rng(0), 4, 17),),
            "takes 17 inputs, but the contract's observation has 18",
        ),
        (lambda n: (n.dense(np.random.default_rng(0), 3, 18),), "must have 4 outputs, M1..M4, not 3"),
    ],
)
def test_layers_that_do_not_fit_are_bad_input(networks, layers, told):
    with pytest.raises(BadInput, match=told):
        checked(layers(networks), 18)


def test_weights_that_are_not_finite_or_misshapen_are_bad_input():
    with pytest.raises(BadInput, match="weight has entries that are not finite"):
        Dense(np.full((4, 18), np.nan), np.zeros(4))
    with pytest.raises(BadInput, match=r"theta has shape \(3,\)"):
        LIF(np.zeros((4, 18)), np.zeros(4), np.zeros(4), np.zeros(3))
