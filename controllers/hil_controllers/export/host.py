"""A network flown by its own C in this process, once the library has proved to be its, whole, and to have its bits."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from struct import Struct
from typing import Any

import numpy as np

from hil.core.errors import Refused, TargetUnavailable
from hil.core.types import Setpoint, State, Vec4
from hil_controllers.export.header import refuse, weights_crc32
from hil_controllers.export.library import compiler, library_of
from hil_controllers.export.memory import CMemory, state_bytes
from hil_controllers.export.setpoint import said, said_by
from hil_controllers.network.golden import Flown
from hil_controllers.network.layers import Float32
from hil_controllers.network.model import Network
from hil_controllers.network.reference import command

NOT_FINITE = 1  # hil_status

# hil_network.h as far as a host needs it: a state is 13 floats, a set-point 9 floats and a word, a memory is bytes.
# (No `const`: cffi would take those for macros.)
_DECLARED = """
    void hil_network_reset(void *memory);
    int hil_network_act(void *memory, const void *state, const void *setpoint, float motors[4]);
    uint32_t hil_network_weights_crc32(void);
    extern uint8_t hil_network_hash[32];
    extern uint32_t hil_network_state_bytes;
"""


def require(network: Network) -> None:
    """Raises TargetUnavailable where this machine cannot compile and load C, BadInput for a network that has none."""
    refuse(network)
    if find_spec("cffi") is None:
        raise TargetUnavailable("--engine c needs the package cffi", hint="pip install 'hil-bench[c]'")
    compiler()


class HostEngine:
    """One flight of a network by a library of its C; any number of them share one library."""

    _STATE = Struct("13d")

    def __init__(self, network: Network, library: "Library") -> None:
        self._act, self._reset = library.c.hil_network_act, library.c.hil_network_reset
        memory = np.zeros(state_bytes(network), np.uint8)
        self.c_memory = CMemory(network, memory)
        self._doubles, self._state = np.zeros(13), np.zeros(13, np.float32)
        self._wanted, self._motors = np.zeros(10, np.float32), np.zeros(4, np.float32)
        self._setpoint: Setpoint | None = None  # which `_wanted` is
        pointer = library.pointer
        self._given = (pointer(memory), pointer(self._state), pointer(self._wanted), pointer(self._motors))
        self.reset()

    def reset(self) -> None:
        """Be at the first step."""
        self._reset(self._given[0])

    def act(self, state: State, setpoint: Setpoint) -> Vec4:
        """Motor commands of the next step, fractions 0..1; NaN for what is not finite in float32."""
        (px, py, pz), (vx, vy, vz), (qx, qy, qz, qw), (wx, wy, wz) = state
        self._STATE.pack_into(self._doubles.data, 0, px, py, pz, vx, vy, vz, qx, qy, qz, qw, wx, wy, wz)
        self._state[:] = self._doubles
        if setpoint is not self._setpoint:
            self._want(*said_by(setpoint))
            self._setpoint = setpoint
        if self._act(*self._given) == NOT_FINITE:
            self._motors[:] = np.nan
        m1, m2, m3, m4 = self._motors.tolist()
        return (m1, m2, m3, m4)

    def given(self, state: Float32, setpoint: Float32) -> Float32:
        """Motor commands (4,) of the next step, for a state (13,) and a set-point (11,) as golden vectors have them."""
        self._state[:], self._setpoint = state, None
        self._want(*said(setpoint))
        self._act(*self._given)
        return self._motors.copy()

    @property
    def memory(self) -> Float32:
        """U and s of each LIF layer, then the rest, as in `packed.py`."""
        return self.c_memory.flat()

    def _want(self, numbers: Float32, bits: int) -> None:
        self._wanted[:9] = numbers
        self._wanted.view(np.uint32)[9] = bits


class Library:
    """A compiled network, loaded."""

    def __init__(self, path: Path) -> None:
        from cffi import FFI

        self._ffi = FFI()
        self._ffi.cdef(_DECLARED)
        self.c: Any = self._ffi.dlopen(str(path))

    def pointer(self, array: "np.ndarray[Any, Any]") -> Any:
        """Address of an array, which stays alive as long as this does."""
        kind = "float[]" if array.dtype == np.float32 else "uint8_t[]"
        return self._ffi.from_buffer(kind, array)

    @property
    def hash(self) -> str:
        """The network's, as the library has it."""
        return bytes(self.c.hil_network_hash).hex()


def host_engine(network: Network) -> HostEngine:
    """An engine at the first step. Raises Refused where the C does not answer as the definition does."""
    require(network)
    return HostEngine(network, proven(network))


@lru_cache(maxsize=16)
def proven(network: Network) -> Library:
    """The library of a network that has passed `prove`, or Refused."""
    library = Library(library_of(network))
    prove(network, library)
    return library


def prove(network: Network, library: Library) -> None:
    """Raises Refused unless a library is this network's, undamaged, and replays its golden inputs bit for bit.

    They are held against the definition, not against the file: that may have been forced.
    """
    if library.hash != network.hash:
        raise _refused(network, f"is that of network {library.hash[:12]}, not {network.hash[:12]}")
    if library.c.hil_network_state_bytes != state_bytes(network):
        raise _refused(network, "has another memory than this version of hil reads")
    if library.c.hil_network_weights_crc32() != weights_crc32(network):
        raise _refused(network, "has other weights: their checksum differs")
    definition = Flown(network.layers, network.readout, network.contract)
    engine = HostEngine(network, library)
    for number, (state, setpoint) in enumerate(zip(network.golden.state, network.golden.setpoint, strict=True)):
        step = definition.given(state, setpoint)
        motors = engine.given(state, setpoint)
        for what, one, other in (
            ("observation", engine.c_memory.observation, step.observation),
            ("membranes and spikes", engine.memory, definition.memory),
            ("read-out", engine.c_memory.action, step.output),
            ("motors", motors, command(step.output)),
        ):
            if not np.array_equal(one, other):
                raise _refused(network, f"differs from the definition at golden step {number}: {what}")


def _refused(network: Network, why: str) -> Refused:
    return Refused(f"{network.name}: the C library {why}", hint="--engine numpy flies the definition")
