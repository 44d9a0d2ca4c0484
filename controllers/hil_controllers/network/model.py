"""A network as one frozen thing: made by a trainer, saved, loaded, asked step by step."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hil.core.arrays import setpoint_values, state_values
from hil.core.errors import BadInput
from hil.core.types import Setpoint, State
from hil_controllers.network import golden as vectors
from hil_controllers.network import reference
from hil_controllers.network.contract import Contract
from hil_controllers.network.golden import Golden
from hil_controllers.network.layers import LIF, READOUTS, TENSORS, Float32, Layer, checked, is_exact
from hil_controllers.network.observation import integrated, observe
from hil_controllers.network.reference import Memory


@dataclass(frozen=True, eq=False, kw_only=True)
class Network:
    """A network for `step` and `observe` in numpy: the definition. `Network.build` makes one, `Network.load` reads one.

    Two networks with equal `hash` answer alike: it covers weights, read-out and contract.
    """

    name: str
    contract: Contract
    layers: tuple[Layer, ...]
    readout: str
    golden: Golden
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.readout not in READOUTS:
            raise BadInput(f"read-out {self.readout!r} is none of {', '.join(READOUTS)}")
        checked(self.layers, self.contract.inputs)

    @classmethod
    def build(
        cls,
        *,
        name: str,
        layers: Sequence[Layer],
        contract: Contract,
        provenance: Mapping[str, Any] | None = None,
        readout: str = "rational_tanh",
        seed: int = 0,
        draft: bool = False,
    ) -> "Network":
        """A network with golden vectors of its own, from `seed` on. Raises BadInput for layers that do not fit.

        A `draft` may spike as rarely or as often as it likes: it flies, but a file of it would be refused.
        """
        layers = checked(tuple(layers), contract.inputs)
        return cls(
            name=name,
            contract=contract,
            layers=layers,
            readout=readout,
            golden=vectors.golden_for(layers, readout, contract, seed=seed, draft=draft),
            provenance=json.loads(json.dumps(dict(provenance or {}))),
        )

    @classmethod
    def load(cls, path: Path | str, *, force: bool = False) -> "Network":
        """The network in a file, its golden vectors replayed. Raises BadInput.

        `force` loads one whose contract, equations or golden vectors are not what they must be, as far as it can.
        """
        from hil_controllers.network import file

        return file.read(Path(path), force=force)

    def save(self, path: Path | str) -> None:
        """Write the network to a file, whole or not at all. The same network gives the same bytes."""
        from hil_controllers.network import file

        file.write(self, Path(path))

    def replay(self) -> None:
        """Raises BadInput with the first step and layer that do not come out as golden vectors worth the name say."""
        vectors.check(self.golden, self.layers, self.contract)
        vectors.replay(self.golden, self.layers, self.readout, self.contract)

    def start(self) -> Memory:
        """Memory before the first step: no potential, no spikes, no integral, a history of hovering."""
        return reference.start(self.layers, self.contract)

    def observe(self, state: State, setpoint: Setpoint, memory: Memory) -> tuple[Float32, Memory]:
        """Observation (inputs,) and the memory that `step` is to be given with it; once per step.

        Raises BadInput for a yaw other than 0.
        """
        if setpoint.yaw != 0.0:
            raise BadInput(f"{self.name} has no yaw input: a set-point with yaw {setpoint.yaw:g} rad is refused")
        seen = np.array(state_values(state), np.float32)
        wanted = np.array(setpoint_values(setpoint), np.float32)
        integral = integrated(memory.integral, seen, wanted, self.contract)
        return observe(seen, wanted, integral, memory.history, self.contract), memory._replace(integral=integral)

    def step(self, x: Float32, memory: Memory) -> tuple[Float32, Memory]:
        """Action y (4,), M1..M4, for an observation x (inputs,), and the memory after it."""
        return reference.step(self.layers, self.readout, np.asarray(x, np.float32), memory)

    @property
    def spiking(self) -> bool:
        """Whether any layer spikes."""
        return bool(self.neurons)

    @property
    def spiking_sizes(self) -> tuple[int, ...]:
        """Neurons of each LIF layer, in order."""
        return tuple(layer.size for layer in self.layers if isinstance(layer, LIF))

    @property
    def neurons(self) -> int:
        """Neurons of all LIF layers."""
        return sum(self.spiking_sizes)

    @property
    def parameters(self) -> int:
        """Trained numbers: weights, biases, β and θ."""
        return sum(int(getattr(layer, name).size) for layer in self.layers for name in TENSORS[type(layer)])

    @property
    def exact(self) -> bool:
        """Whether equal bits are claimed for it everywhere: no part of it is `tanh`."""
        return is_exact(self.layers, self.readout)

    @cached_property
    def hash(self) -> str:
        """sha256 over weights, read-out and contract."""
        digest = hashlib.sha256(self.readout.encode())
        for layer in self.layers:
            digest.update(json.dumps([type(layer).__name__, getattr(layer, "activation", "")]).encode())
            for name in TENSORS[type(layer)]:
                array: Float32 = getattr(layer, name)
                digest.update(json.dumps([name, array.shape]).encode() + array.astype("<f4").tobytes())
        digest.update(json.dumps(self.contract.model_dump(mode="json"), sort_keys=True).encode())
        return digest.hexdigest()
