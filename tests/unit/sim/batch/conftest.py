"""Batches that differ in every parameter, and backends as they are installed."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from hil_sim.vehicle_files import load_vehicle, vehicle_names

HAS_NUMBA = importlib.util.find_spec("numba") is not None
needs_numba = pytest.mark.skipif(not HAS_NUMBA, reason="numba is not installed")


@pytest.fixture(autouse=True)
def kernels_are_kept_from_run_to_run(request, monkeypatch, tmp_path_factory):
    kept = getattr(request.config, "cache", None)  # pytest may run without
    folder = kept.mkdir("kernels") if kept else tmp_path_factory.mktemp("kernels")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))


@pytest.fixture(params=["numpy", pytest.param("numba", marks=needs_numba)])
def backend(request):
    return request.param


@pytest.fixture
def fleet():
    """Five vehicles that together need every term of the equations, with the delay of the identified one."""
    known = [replace(load_vehicle(name), motor_mismatch_std=0.0, command_delay_s=0.005) for name in vehicle_names()]
    return [*known, replace(known[-1], name="gyroscopic", rotor_momentum_kg_m2_s=3e-6)]


@pytest.fixture
def efficiency(fleet):
    return np.random.default_rng(3).normal(1.0, 0.05, (len(fleet), 4))
