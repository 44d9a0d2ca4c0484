"""The compiled program uses vector instructions, and no arithmetic that would cost bits."""

import platform
import re

import numpy as np
import pytest

numba = pytest.importorskip("numba", reason="numba is not installed")
if platform.machine() not in ("x86_64", "AMD64"):
    pytest.skip("reads x86 assembly", allow_module_level=True)

from hil_sim.batch import program  # noqa: E402  after the reasons to skip
from hil_sim.batch.terms import ALL_TERMS  # noqa: E402

PACKED = re.compile(r"\bv?(?:add|sub|mul|div|sqrt)p[sd]\b")
LOOSE = re.compile(r"\bf(?:add|sub|mul|div|neg)\b.*\b(?:fast|nnan|ninf|nsz|arcp|contract|afn|reassoc)\b|\bfast\b")
ALIGNED = re.compile(r"\band[lq]?\s+\$-(?:32|64), %rsp")
FUSED = re.compile(r"\bvf(?:n?m(?:add|sub))|llvm\.fma|llvm\.fmuladd")


def compiled_afresh(text):
    """Assembly and intermediate code of `fly`; numba keeps neither of what it reads from its cache."""
    names = {}
    exec(compile(text.replace("cache=True, ", ""), "<program>", "exec"), names)
    tile = np.ones(program.TILE, np.float32)
    given, alike = np.ones(len(program.VALUES) * program.LANES, np.float32), np.ones(len(program.VALUES), np.float32)
    piece = np.array([0.01, 0.0], np.float32)
    names["fly"](tile, given, alike, np.ones(64, np.float32), np.zeros(1, np.int64), piece)
    (assembly,), (code,) = names["fly"].inspect_asm().values(), names["fly"].inspect_llvm().values()
    return assembly, code


@pytest.mark.parametrize("terms", [frozenset(), ALL_TERMS], ids=["base", "full"])
def test_the_program_is_packed_strict_arithmetic(terms):
    assembly, code = compiled_afresh(program.module(terms, "float32", varying=program.VALUES if terms else ()))
    assert len(PACKED.findall(assembly)) > 300
    assert not FUSED.search(assembly + code)
    assert not LOOSE.search(code)
    assert "fmul" in code
    if numba.config.CPU_FEATURES is None and "+avx512f" in _host_features():
        assert "zmm" in assembly


def test_vectors_that_are_put_aside_straddle_no_cache_lines_whoever_calls():
    text = program.module(frozenset(), "float32", varying=())
    if not re.search(r"[yz]mm", compiled_afresh(text)[0]):
        pytest.skip("vectors of 16 bytes are always aligned")
    assert ALIGNED.search(compiled_afresh(text)[0])
    assert not ALIGNED.search(compiled_afresh(text.replace("    widest()\n", ""))[0])


def test_a_program_compiled_with_fastmath_is_caught():
    text = program.module(frozenset(), "float32", varying=()).replace("(cache=True,", "(fastmath=True, cache=True,")
    _, code = compiled_afresh(text.replace("forceinline=True,", "forceinline=True, fastmath=True,"))
    assert LOOSE.search(code)


def test_a_program_that_lost_its_vectors_is_caught(monkeypatch):
    monkeypatch.setattr(numba.config, "LOOP_VECTORIZE", 0)
    assembly, _ = compiled_afresh(program.module(frozenset(), "float32", varying=()))
    assert len(PACKED.findall(assembly)) < 300


def _host_features():
    from llvmlite import binding

    return binding.get_host_cpu_features().flatten()
