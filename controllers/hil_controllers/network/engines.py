"""What steps a network in flight: the numpy definition, the compiled kernel or the network's C, with equal bits.

An engine remembers one flight. `memory` is flat, as in `packed.py`: a network's record is made of it.
"""

import importlib.util
from functools import lru_cache
from struct import Struct
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from hil.core.arrays import setpoint_values
from hil.core.errors import BadInput, HilError, TargetUnavailable
from hil.core.types import Setpoint, State, Vec4
from hil_controllers.network.golden import Flown
from hil_controllers.network.layers import Float32
from hil_controllers.network.model import Network
from hil_controllers.network.packed import Packed, pack
from hil_controllers.network.reference import command, flat

Backend = Literal["numba", "numpy", "c"]


class Engine(Protocol):
    """One flight of a network."""

    def reset(self) -> None:
        """Be at the first step."""
        ...

    def act(self, state: State, setpoint: Setpoint) -> Vec4:
        """Motor commands of the next step, fractions 0..1."""
        ...

    @property
    def memory(self) -> Float32:
        """U and s of each LIF layer, then the rest; not to be written to."""
        ...


def chosen(network: Network, backend: Backend | None) -> Backend:
    """The backend to fly a network with; None: the kernel where it has the bits of the definition and numba is here."""
    if backend is not None:
        return backend
    return "numba" if network.exact and importlib.util.find_spec("numba") else "numpy"


def require(network: Network, backend: Backend | None) -> None:
    """Raises BadInput for a backend without this network's bits, TargetUnavailable for one that is not here."""
    if backend == "c":
        from hil_controllers.export import host

        host.require(network)
    if backend == "numba" and not network.exact:
        raise BadInput(f"{network.name}: has a tanh, which the compiled kernel has not", hint="--engine numpy flies it")
    if backend == "numba" and importlib.util.find_spec("numba") is None:
        raise TargetUnavailable("--engine numba needs the package numba", hint="pip install 'hil-bench[fast]'")


def engine(network: Network, backend: Backend | None = None) -> Engine:
    """An engine at the first step. Whatever is compiled has replayed the golden vectors' inputs before it flies."""
    backend = chosen(network, backend)
    if backend == "c":
        from hil_controllers.export.host import host_engine

        return host_engine(network)
    return _Compiled(network) if backend == "numba" else _Definition(network)


class _Definition:
    def __init__(self, network: Network) -> None:
        self._network = network
        self.reset()

    def reset(self) -> None:
        self._memory = self._network.start()

    def act(self, state: State, setpoint: Setpoint) -> Vec4:
        x, self._memory = self._network.observe(state, setpoint, self._memory)
        y, self._memory = self._network.step(x, self._memory)
        m1, m2, m3, m4 = command(y).tolist()
        return (m1, m2, m3, m4)

    @property
    def memory(self) -> Float32:
        return flat(self._memory)


class _Compiled:
    _STATE, _SETPOINT = Struct("13d"), Struct("11d")

    def __init__(self, network: Network) -> None:
        from hil_controllers.network import kernels

        self._packed = compiled(network)
        self._kernel: Any = kernels.act
        self._numbers = np.zeros(28)
        self._setpoint: Setpoint | None = None  # of which the numbers are
        self._answer = self._numbers[24:]
        self._scratch = scratch(self._packed)
        self._memory = self._packed.first.copy()

    def reset(self) -> None:
        self._memory[:] = self._packed.first

    def act(self, state: State, setpoint: Setpoint) -> Vec4:
        table, weights, limits, places, _ = self._packed
        (px, py, pz), (vx, vy, vz), (qx, qy, qz, qw), (wx, wy, wz) = state
        self._STATE.pack_into(self._numbers.data, 0, px, py, pz, vx, vy, vz, qx, qy, qz, qw, wx, wy, wz)
        if setpoint is not self._setpoint:
            self._SETPOINT.pack_into(self._numbers.data, self._STATE.size, *setpoint_values(setpoint))
            self._setpoint = setpoint
        self._kernel(table, weights, limits, places, self._memory, self._numbers, *self._scratch)
        m1, m2, m3, m4 = self._answer.tolist()
        return (m1, m2, m3, m4)

    @property
    def memory(self) -> Float32:
        return self._memory


def scratch(packed: Packed) -> tuple[Float32, Float32, NDArray[np.int64]]:
    """What a kernel needs beside a flight's memory."""
    widest = packed.places[3]
    return np.empty(widest, np.float32), np.empty(widest, np.float32), np.empty(widest, np.int64)


@lru_cache(maxsize=16)
def compiled(network: Network) -> Packed:
    """The flat form of a network, once the kernel has replayed its golden inputs. Raises HilError if it cannot."""
    from hil_controllers.network import kernels

    packed, golden = pack(network), network.golden
    flown = Flown(network.layers, network.readout, network.contract)
    steps = [flown.given(state, setpoint) for state, setpoint in zip(golden.state, golden.setpoint, strict=True)]
    observations, actions = np.empty_like(golden.observation), np.empty_like(golden.output)
    spikes = np.empty((len(golden), network.neurons), bool)
    table, weights, limits, places, first = packed
    kernels.replay(
        *(table, weights, limits, places, first.copy(), golden.state, golden.setpoint),
        *(observations, actions, spikes, *scratch(packed)),
    )
    for number, step in enumerate(steps):  # against the definition, not the file: that may have been forced
        made = (observations[number], spikes[number], actions[number])
        if not all(map(np.array_equal, made, step)):
            raise HilError(f"{network.name}: the compiled kernel differs from the definition at golden step {number}")
    return packed
