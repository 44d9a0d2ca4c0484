"""Networks as C, compiled on this machine: skipped, with the reason, where that cannot be."""

import importlib.util
import shutil
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from hil_controllers.network import LIF, Contract, Dense, Integral, Network

STRICT = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-Wdouble-promotion", "-Wconversion", "-Wshadow", "-Wpedantic")
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]


@pytest.fixture(autouse=True)
def _needs_a_compiler():
    if not COMPILERS:
        pytest.skip("no C compiler: apt-get install gcc libc6-dev")


@pytest.fixture
def needs_cffi():
    if importlib.util.find_spec("cffi") is None:
        pytest.skip("no cffi: pip install 'hil-bench[c]'")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Libraries of tests go to a cache of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def with_leads(networks):
    """Leads both ways, an integral and a history at once, and layer sizes that fill no block."""
    rng = np.random.default_rng(5)
    contract = Contract.of(
        networks.vehicle,
        latency_s=(0.0, 0.0),
        sensors="l2f-original",
        action_history=3,
        integral=Integral(gain_1_s=1.3, limit_m=0.07),
        position_lead_s=-0.02,
        velocity_lead_s=0.15,
        position_clip_m=0.3,
    )
    layers = (networks.lif(rng, 21, 30, 1.5), networks.lif(rng, 18, 21, 2.0), networks.dense(rng, 4, 18))
    return Network.build(name="leads", layers=layers, contract=contract)


def mixed(networks):
    """Dense before, between and behind spiking layers, bent and not."""
    rng = np.random.default_rng(6)
    layers = (
        networks.dense(rng, 19, 18, "rational_tanh"),
        networks.lif(rng, 37, 19, 1.5),
        networks.dense(rng, 7, 37, "none"),
        networks.lif(rng, 16, 7, 1.5),
        networks.dense(rng, 4, 16),
    )
    return Network.build(name="mixed", layers=layers, contract=networks.contract(), draft=True)


def below_zero(networks):
    """Thresholds of both signs: some neurons spike at rest."""
    rng = np.random.default_rng(7)
    lif = networks.lif(rng, 48, 18, 1.5)
    lif = LIF(lif.weight, lif.bias - 0.5, lif.beta, rng.uniform(-0.2, 1.0, 48))
    return Network.build(
        name="below zero", layers=(lif, networks.dense(rng, 4, 48)), contract=networks.contract(), draft=True
    )


def smallest(networks):
    """One neuron."""
    lif = LIF(np.ones((1, 18)), [0.1], [0.9], [0.5])
    layers = (lif, Dense(np.ones((4, 1)), np.arange(4) / 4))
    return Network.build(name="smallest", layers=layers, contract=networks.contract(), draft=True)


MORE = {"leads": with_leads, "mixed": mixed, "below zero": below_zero, "smallest": smallest}
LIKE_SHIPPED = ("snn", "snn with integral", "snn with history", "three spiking layers", "ann-history", "ann")


@pytest.fixture(scope="session")
def of_kind(networks):
    """`of_kind(name)`: a network of each kind in `LIKE_SHIPPED` and `MORE`, made once."""
    return cache(lambda kind: MORE[kind](networks) if kind in MORE else networks.of(kind))


@pytest.fixture(params=(*LIKE_SHIPPED, *MORE))
def any_network(request, of_kind):
    return of_kind(request.param)


@pytest.fixture(scope="session")
def strict():
    return SimpleNamespace(flags=STRICT, compilers=COMPILERS)
