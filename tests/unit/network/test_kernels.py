"""Compiled, a network has the bits of the numpy definition."""

import importlib.util

import numpy as np
import pytest

from hil.core.types import Setpoint, State

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")


def flight(steps, seed):
    """States and set-points (steps, 13), (steps, 11), rough ones: far, fast, any attitude, some without velocity."""
    rng = np.random.default_rng(seed)
    states = np.cumsum(rng.normal(0.0, 0.05, (steps, 13)), axis=0)
    states[:, 6:10] /= np.linalg.norm(states[:, 6:10], axis=1, keepdims=True)
    setpoints = np.zeros((steps, 11))
    setpoints[:, :9] = rng.normal(0.0, 0.3, (steps, 9))
    setpoints[rng.random(steps) < 0.5, 3:6] = np.nan
    return states, setpoints


def by_definition(network, states, setpoints):
    memory, actions, fired = network.start(), [], []
    for state, setpoint in zip(states, setpoints, strict=True):
        said = None if np.isnan(setpoint[3]) else tuple(setpoint[3:6])
        given = State(tuple(state[:3]), tuple(state[3:6]), tuple(state[6:10]), tuple(state[10:]))
        x, memory = network.observe(given, Setpoint(tuple(setpoint[:3]), said), memory)
        y, memory = network.step(x, memory)
        actions.append(y)
        fired.append(np.concatenate([*memory.spikes, np.empty(0)]))
    return np.array(actions), np.array(fired), memory


@pytest.mark.parametrize("seed", range(2))
def test_a_long_flight_has_the_bits_of_the_definition(network, seed):
    from hil_controllers.network import kernels
    from hil_controllers.network.engines import scratch
    from hil_controllers.network.packed import membranes_in, pack

    states, setpoints = flight(1500, seed)
    actions, fired, memory = by_definition(network, states, setpoints)
    table, weights, limits, places, kept = pack(network)
    spikes = np.zeros(fired.shape, bool)
    observation, compiled = np.empty((1500, network.contract.inputs), np.float32), np.empty((1500, 4), np.float32)
    kernels.replay(
        table, weights, limits, places, kept, states, setpoints, observation, compiled, spikes, *scratch(pack(network))
    )
    assert np.array_equal(compiled, actions)
    assert np.array_equal(spikes, fired > 0)
    for there, here in zip(membranes_in(kept, network), memory.membranes, strict=True):
        assert np.array_equal(there, here)
    assert not network.spiking or 0.02 < fired.mean() < 0.6
