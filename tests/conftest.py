"""Networks with random weights, for all tests: none of them flies well, all of them can be asked."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from hil_controllers.network import LIF, Contract, Dense, Integral, Network
from hil_sim.vehicle_files import load_vehicle

VEHICLE = load_vehicle("cf-l2f-original")


def contract(*, history=0, integral=None, vehicle=VEHICLE):
    return Contract.of(
        vehicle, latency_s=(0.0, 0.02), sensors="l2f-original", action_history=history, integral=integral
    )


def lif(rng, n, inputs, gain):
    return LIF(
        rng.normal(0.0, gain / np.sqrt(inputs), (n, inputs)),
        rng.normal(0.0, 0.2, n),
        rng.uniform(-0.1, 1.1, n),
        rng.uniform(0.3, 1.0, n),
    )


def dense(rng, n, inputs, activation="none"):
    return Dense(rng.normal(0.0, 1 / np.sqrt(inputs), (n, inputs)), rng.normal(0.3, 0.1, n), activation)


def snn(*, sizes=(256, 128), seed=1, name="snn", integral=None, history=0, vehicle=VEHICLE, readout="rational_tanh"):
    rng = np.random.default_rng(seed)
    layers, inputs = [], 18 + 4 * history
    for n in sizes:
        layers.append(lif(rng, n, inputs, 2.0 if layers else 1.5))
        inputs = n
    return Network.build(
        name=name,
        layers=(*layers, dense(rng, 4, inputs)),
        contract=contract(history=history, integral=integral, vehicle=vehicle),
        provenance={"made by": "tests", "seed": seed},
        readout=readout,
    )


def ann(*, history=32, seed=1, activation="rational_tanh", vehicle=VEHICLE, readout="rational_tanh"):
    rng = np.random.default_rng(seed)
    inputs = 18 + 4 * history
    layers = (dense(rng, 64, inputs, activation), dense(rng, 64, 64, activation), dense(rng, 4, 64))
    name = "ann-history" if history else "ann"
    return Network.build(name=name, layers=layers, contract=contract(history=history, vehicle=vehicle), readout=readout)


INTEGRAL = Integral(gain_1_s=0.8, limit_m=0.1)
KINDS = {
    "snn": lambda: snn(),
    "snn with integral": lambda: snn(integral=INTEGRAL),
    "snn with history": lambda: snn(sizes=(40, 24), history=4),
    "three spiking layers": lambda: snn(sizes=(33, 17, 9)),
    "ann-history": lambda: ann(),
    "ann": lambda: ann(history=0),
}


@pytest.fixture(scope="session")
def networks():
    """Makers of networks (`snn`, `ann`), of their parts, and `of(kind)` for the kinds below, each made once."""
    return SimpleNamespace(
        snn=snn, ann=ann, contract=contract, lif=lif, dense=dense, of=cache(lambda kind: KINDS[kind]()), vehicle=VEHICLE
    )


@pytest.fixture(params=KINDS)
def network(request, networks):
    """One network of each kind."""
    return networks.of(request.param)
