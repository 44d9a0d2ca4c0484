"""What a figure of speed means nothing without: the CPU, its vector instructions, the versions, the load."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import hil

_VECTORS = ("avx512f", "avx2", "avx", "sse4.2", "sve", "neon")  # the widest first
_ALSO_CALLED = {"asimd": "neon", "sse4_2": "sse4.2"}  # by Linux
_LIBRARIES = ("numpy", "numba", "llvmlite", "gymnasium", "pyarrow", "matplotlib")


def machine() -> dict[str, Any]:
    """Plain data; None for what is not installed or not known. Ask before measuring: the load is of the last minute."""
    llvm_cpu, features = _compilers_view()
    return {
        "cpu": cpu_model(),
        "llvm_cpu": llvm_cpu,
        "vectors": next((isa for isa in _VECTORS if isa in features), None),
        "cores": os.cpu_count(),
        "load_1_min": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "hil": hil.__version__,
        **{name: version_of(name) for name in _LIBRARIES},
    }


def cpu_model() -> str:
    """What the processor is called."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def version_of(package: str) -> str | None:
    """The installed version, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _compilers_view() -> tuple[str | None, set[str]]:
    """What numba compiles for: CPU and instructions; without it, the instructions that the system lists."""
    try:
        from llvmlite import binding
    except ImportError:
        flags = (_cpuinfo("flags") or _cpuinfo("Features")).split()
        return None, {_ALSO_CALLED.get(flag, flag) for flag in flags}
    return binding.get_host_cpu_name(), {name for name, there in binding.get_host_cpu_features().items() if there}


def _cpuinfo(key: str) -> str:
    try:
        listing = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""
    lines = (line.partition(":") for line in listing.splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == key), "")
