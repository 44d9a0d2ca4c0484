"""A network's C behind the link: the motors, spikes and membranes of the definition in numpy, bit for bit."""

import shutil
import subprocess

import numpy as np
import pytest

from hil.core.clock import WallClock
from hil.link.child_lines import stdio
from hil.link.client import Client
from hil.link.dead import RequestRefused
from hil.link.greeting import greet
from hil.link.messages import Status, StepRequest
from hil_controllers.export.folder import export_c
from hil_controllers.export.header import weights_crc32
from hil_controllers.export.memory import CMemory, state_bytes
from hil_controllers.export.setpoint import said
from hil_controllers.network.golden import Flown
from hil_controllers.network.reference import command

WITHIN_S = 30.0
ON_LINK = ("hil_frame.c", "hil_link.c", "host_peer.c", "network_on_link.c", "host_network.c")


@pytest.fixture
def client(network, peers, tmp_path):
    """A client of a program that carries the network, greeted."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    export_c(network, tmp_path / "network")
    own = [path for path in (tmp_path / "network").glob("*.c") if "golden" not in path.name]
    sources = [*(peers.sources / name for name in ON_LINK), *own]
    command = [compiler, *peers.strict, "-O2", f"-I{tmp_path / 'network'}", f"-I{peers.sources}"]
    subprocess.run([*command, *map(str, sources), "-o", str(tmp_path / "peer")], check=True)
    with stdio([str(tmp_path / "peer")], WallClock()) as line:
        client = Client(line, WallClock())
        greet(client, network.hash, weights_crc32(network), within_s=WITHIN_S)
        client.reset()
        yield client


def _request(state, setpoint):
    wanted, bits = said(setpoint)
    x, w = state.tolist(), wanted.tolist()
    return StepRequest(
        tuple(x[0:3]), tuple(x[3:6]), tuple(x[6:10]), tuple(x[10:13]), tuple(w[0:3]), tuple(w[3:6]), tuple(w[6:9]), bits
    )


def test_golden_vectors_come_back_bit_for_bit(network, client):
    golden = network.golden
    for number, (state, setpoint) in enumerate(zip(golden.state, golden.setpoint, strict=True), start=1):
        answer = client.step(_request(state, setpoint))
        assert answer.step == number
        assert np.array_equal(np.float32(answer.motors), command(golden.output[number - 1]))


def test_membranes_spikes_and_history_are_those_of_the_definition(network, client):
    definition = Flown(network.layers, network.readout, network.contract)
    for state, setpoint in zip(network.golden.state[:40], network.golden.setpoint[:40], strict=True):
        definition.given(state, setpoint)
        answer = client.step(_request(state, setpoint))
        memory = CMemory(network, client.state(state_bytes(network)))
        assert np.array_equal(memory.flat(), definition.memory)
        assert memory.spike_counts == answer.spikes


def test_after_a_reset_the_same_comes_again(network, client):
    requests = [_request(*pair) for pair in zip(network.golden.state[:20], network.golden.setpoint[:20], strict=True)]
    first = [client.step(request) for request in requests]
    client.reset()
    assert [client.step(request) for request in requests] == first


def test_a_state_that_is_not_finite_is_refused_and_forgotten(network, client):
    request = _request(network.golden.state[0], network.golden.setpoint[0])
    before = client.state(state_bytes(network))
    with pytest.raises(RequestRefused) as raised:
        client.step(request._replace(rates_rad_s=(0.0, float("nan"), 0.0)))
    assert raised.value.status == Status.NOT_FINITE
    assert client.state(state_bytes(network)) == before
