"""Environments as users make them; compiled programs kept between runs."""

import pytest

gymnasium = pytest.importorskip("gymnasium", reason="gymnasium is not installed")
pytest.importorskip("numba", reason="numba is not installed")


@pytest.fixture(autouse=True)
def kernels_are_kept_from_run_to_run(request, monkeypatch, tmp_path_factory):
    kept = getattr(request.config, "cache", None)
    folder = kept.mkdir("kernels") if kept else tmp_path_factory.mktemp("kernels")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))


@pytest.fixture
def make_vec():
    """A hover vector environment of n with these settings."""
    from hil_sim.gym.vector import HoverVectorEnv

    return HoverVectorEnv


@pytest.fixture
def make():
    """A hover environment with these settings."""
    from hil_sim.gym.single import HoverEnv

    return HoverEnv
