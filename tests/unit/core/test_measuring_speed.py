"""What every benchmark stands on: calls take turns, medians are of the rounds, and the machine is described."""

import os
import sys

import pytest

from hil.machine import machine
from hil.stopwatch import in_turn, one_core


class Clock:
    """A clock that only calls move."""

    now_s = 0.0

    def __call__(self):
        return self.now_s

    def takes(self, *seconds):
        """A call that takes these seconds in turn."""
        left = iter(seconds)

        def call():
            self.now_s += next(left)

        return call


def test_cases_take_turns_in_every_round_and_figures_are_medians_and_quartiles():
    clock, told = Clock(), []
    cases = {"a": clock.takes(1, 2, 9, 3, 4), "b": clock.takes(10, 10, 10, 10, 10)}
    times = in_turn(cases, rounds=5, clock=clock, told=lambda done, total: told.append((done, total, clock.now_s)))
    assert (times["a"].median, times["a"].quartiles) == (3, (2, 4))
    assert (times["b"].median, times["b"].quartiles) == (10, (10, 10))
    assert told[:3] == [(1, 10, 1), (2, 10, 11), (3, 10, 13)]
    assert told[-1][:2] == (10, 10)


def test_a_quick_case_is_called_until_the_round_is_long_enough():
    clock = Clock()
    times = in_turn({"quick": clock.takes(*[0.5] * 100)}, rounds=3, clock=clock, round_s=4)
    assert times["quick"].median == 0.5
    assert clock.now_s == 0.5 * (3 + 3 * 8)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system pins nothing")
def test_one_core_is_given_back():
    before = os.sched_getaffinity(0)
    with one_core() as core:
        assert os.sched_getaffinity(0) == {core}
    assert os.sched_getaffinity(0) == before


def test_the_machine_has_cpu_instructions_versions_cores_and_load():
    found = machine()
    assert {"cpu", "vectors", "cores", "load_1_min", "python", "hil", "numpy", "numba"} <= found.keys()
    assert found["cpu"]
    assert found["load_1_min"] >= 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads what Linux lists")
def test_the_machine_is_known_without_numba(monkeypatch):
    with_numba = machine()["vectors"]
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    without = machine()
    assert without["llvm_cpu"] is None
    assert without["vectors"] is not None
    assert with_numba in (without["vectors"], None)
