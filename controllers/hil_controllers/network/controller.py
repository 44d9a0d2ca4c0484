"""A network as a controller, of one flight or of many at once."""

from pathlib import Path
from typing import Any

import numpy as np

from hil.core.arrays import MOTORS, Floats
from hil.core.errors import BadInput
from hil.core.interfaces import BatchController, Controller
from hil.core.types import Command, Setpoint, State
from hil_controllers.network import reference
from hil_controllers.network.engines import Backend, Engine, chosen, compiled, engine, scratch
from hil_controllers.network.model import Network
from hil_controllers.network.observation import integrated, observe
from hil_controllers.network.record import NeuralRecord, write_description

FAMILY = "network"
_YAW = 9  # column of a set-point


class NetworkController(Controller):
    """Flies a network; with a `record`, its neurons are kept tick by tick.

    What steps it is an engine of this process, or `flown_by`, one that is somewhere else.
    """

    family = FAMILY

    def __init__(
        self,
        network: Network,
        *,
        name: str | None = None,
        backend: Backend | None = None,
        flown_by: Engine | None = None,
    ) -> None:
        self.network = network
        self.name, self.rate_hz = name or network.name, network.contract.rate_hz
        self.content_hash = network.hash
        self.record: NeuralRecord | None = None
        self._engine = flown_by or engine(network, backend)

    def reset(self) -> None:
        """Forget everything: the next `act` is the first of a flight."""
        self._engine.reset()
        if self.record is not None:
            self.record.clear()

    def act(self, state: State, setpoint: Setpoint) -> Command:
        """Command for the next 1 / rate_hz seconds. Raises BadInput for a set-point with a yaw other than 0."""
        if setpoint.yaw != 0.0:
            raise _turned(self.name, setpoint.yaw)
        motors = self._engine.act(state, setpoint)
        if self.record is not None:
            self.record.append(self._engine.memory)
        return Command(motors)

    def keep(self, folder: Path) -> None:
        """Write network.json, and neurons.npz of what was recorded."""
        write_description(self.network, self.name, folder)
        if self.record is not None:
            self.record.write(folder)


class NetworkBatch(BatchController):
    """Flies a network in many vehicles at once, each with the bits of a flight alone."""

    family = FAMILY

    def __init__(self, network: Network, *, name: str | None = None, backend: Backend | None = None) -> None:
        self.network = network
        self.name, self.rate_hz = name or network.name, network.contract.rate_hz
        self.content_hash = network.hash
        self._compiled = chosen(network, backend) == "numba"
        self._counts: list[np.ndarray[Any, np.dtype[np.int64]]] = []
        self._steps: list[np.ndarray[Any, np.dtype[np.int64]]] = []

    def reset(self, n: int) -> None:
        """Forget everything: the next `act` is the first of n flights. Spike counts of earlier flights are kept."""
        self._flights: _Flights = (_CompiledFlights if self._compiled else _NumpyFlights)(self.network, n)
        self._counts.append(self._flights.counts)
        self._steps.append(self._flights.steps)

    def act(self, states: Floats, setpoints: Floats) -> Floats:
        """Commands (n, 4) for states (n, 13) and set-points (n, 11); of flights that are over, anything."""
        yaws = setpoints[:, _YAW]
        if yaws.any():
            raise _turned(self.name, float(yaws[yaws.nonzero()[0][0]]))
        return self._flights.act(states, setpoints)

    def spike_counts(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Spikes of each neuron of all LIF layers, (flights, neurons): all flights so far, in the order of the logs."""
        return np.concatenate(self._counts or [np.empty((0, self.network.neurons), np.int64)])

    @property
    def steps(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Steps of each of these flights, (flights,)."""
        return np.concatenate(self._steps or [np.empty(0, np.int64)])


class _NumpyFlights:
    def __init__(self, network: Network, n: int) -> None:
        self._network = network
        self._memory = reference.start(network.layers, network.contract, (n,))
        self.counts, self.steps = np.zeros((n, network.neurons), np.int64), np.zeros(n, np.int64)

    def act(self, states: Floats, setpoints: Floats) -> Floats:
        network, memory = self._network, self._memory
        seen, wanted = states.astype(np.float32), setpoints.astype(np.float32)
        integral = integrated(memory.integral, seen, wanted, network.contract)
        x = observe(seen, wanted, integral, memory.history, network.contract)
        y, self._memory = reference.step(network.layers, network.readout, x, memory._replace(integral=integral))
        flying = ~np.isnan(states[:, 0])
        self.steps += flying
        if network.spiking:
            self.counts[flying] += np.concatenate(self._memory.spikes, axis=1)[flying] > 0
        return reference.command(y).astype(np.float64)


class _CompiledFlights:
    def __init__(self, network: Network, n: int) -> None:
        from hil_controllers.network import kernels

        self._kernel: Any = kernels.act_all
        self._packed = compiled(network)
        self._memories = np.tile(self._packed.first, (n, 1))
        self._scratch = scratch(self._packed)
        self.counts, self.steps = np.zeros((n, network.neurons), np.int64), np.zeros(n, np.int64)

    def act(self, states: Floats, setpoints: Floats) -> Floats:
        table, weights, limits, places, _ = self._packed
        commands = np.zeros((len(states), MOTORS))
        given = (np.ascontiguousarray(states), np.ascontiguousarray(setpoints))
        self._kernel(
            table, weights, limits, places, self._memories, *given, commands, *self._scratch, self.counts, self.steps
        )
        return commands


_Flights = _NumpyFlights | _CompiledFlights


def _turned(name: str, yaw: float) -> BadInput:
    return BadInput(f"{name} has no yaw input: a set-point with yaw {yaw:g} rad is refused")
