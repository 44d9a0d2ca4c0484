"""The network on a chip as what steps a flight: asked step by step, once it has proved to be the network."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from hil.core.clock import Clock
from hil.core.errors import HilError, Refused
from hil.core.types import Setpoint, State, Vec4
from hil.link.client import Client, LinkCounts
from hil.link.dead import RequestRefused, Stranger
from hil.link.greeting import greet
from hil.link.messages import HelloAnswer, StatisticsAnswer, Status, StepAnswer, StepRequest
from hil.link.transport import Transport
from hil_controllers.export.header import weights_crc32
from hil_controllers.export.memory import CMemory, state_bytes
from hil_controllers.export.setpoint import said, said_by
from hil_controllers.network.golden import Flown
from hil_controllers.network.layers import Float32
from hil_controllers.network.model import Network
from hil_controllers.network.reference import command

_NO_COMMAND = (float("nan"),) * 4  # of a step that the chip refused for its numbers, as any other engine has it
_OF_NUMBERS = (Status.NOT_FINITE, Status.DIVERGED)


@dataclass(slots=True)
class Flight:
    """What one flight was on the chip; of every step its costs and its spikes per layer."""

    hello: HelloAnswer
    cost_observation: list[int] = field(default_factory=list)
    cost_network: list[int] = field(default_factory=list)
    spikes: list[tuple[int, ...]] = field(default_factory=list)
    statistics: StatisticsAnswer | None = None  # once it is over; None where the chip could not be asked any more
    counts: LinkCounts | None = None


class Chip:
    """An engine (`hil_controllers.network.engines`) that is somewhere else. To be opened, and closed."""

    def __init__(self, network: Network, line: Callable[[], Transport], clock: Clock) -> None:
        self._network, self._line, self._clock = network, line, clock
        self._transport: Transport | None = None
        self._client: Client | None = None
        self._setpoint: Setpoint | None = None  # of which `_wanted` is
        self.flight: Flight | None = None

    def open(self) -> None:
        """Make the line and prove the network. Raises TargetUnavailable, Refused."""
        self.close()
        self._transport = self._line()
        try:
            self._transport.open()
            client = Client(self._transport, self._clock)
            hello = greet(client, self._network.hash, weights_crc32(self._network))
            agree(hello, self._network)
            prove(client, self._network)
        except BaseException:
            self.close()
            raise
        self._client, self.flight = client, Flight(hello)

    def close(self) -> None:
        """Ask what only the chip knows, then let go of the line. Any number of times."""
        if self._client is not None and self.flight is not None:
            with suppress(HilError):
                self.flight.statistics = self._client.statistics()
            self.flight.counts = self._client.counts
        self._client = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def reset(self) -> None:
        """Be at the first step."""
        if self._client is None:
            raise Stranger("the chip's line is not open")
        assert self.flight is not None
        self._client.reset()
        self.flight = Flight(self.flight.hello)
        self._setpoint = None

    def act(self, state: State, setpoint: Setpoint) -> Vec4:
        """Motor commands of the next step, fractions 0..1; NaN for what is not finite in float32."""
        assert self._client is not None, "open() comes first"
        assert self.flight is not None
        if setpoint is not self._setpoint:
            wanted, bits = said_by(setpoint)
            self._wanted, self._setpoint = _wanted(wanted, bits), setpoint
        try:
            answer = self._client.step(StepRequest._make((*state, *self._wanted)))
        except RequestRefused as refusal:
            if refusal.status in _OF_NUMBERS:
                return _NO_COMMAND
            self._gone()
            raise
        except HilError:
            self._gone()
            raise
        flight = self.flight
        flight.cost_observation.append(answer.cost_observation)
        flight.cost_network.append(answer.cost_network)
        flight.spikes.append(answer.spikes)
        if answer.step != len(flight.spikes):
            self._gone()
            raise Stranger(f"the chip is at step {answer.step}, not {len(flight.spikes)}: it has begun anew")
        return answer.motors

    @property
    def memory(self) -> Float32:
        """U and s of each LIF layer, then the rest, as in `packed.py`: as the chip has it now."""
        assert self._client is not None, "open() comes first"
        return _memory(self._client, self._network).flat()

    def _gone(self) -> None:
        self._client = None  # nothing more is asked: what state it is in, nobody knows


def agree(hello: HelloAnswer, network: Network) -> None:
    """Raises Stranger where a chip that carries this network does not have its sizes."""
    contract = network.contract
    for what, there, here in (
        ("a state of {} bytes", hello.state_bytes, state_bytes(network)),
        ("{} spiking layers", hello.spiking_layers, len(network.spiking_sizes)),
        ("{} inputs", hello.observation_floats, contract.inputs),
        ("{} steps a second", hello.rate_hz, contract.rate_hz),
    ):
        if there != here:
            raise Stranger(
                f"the network on the chip has {what.format(there)}, not {here}",
                hint="build its firmware anew from this version",
            )


def prove(client: Client, network: Network) -> None:
    """Raises Refused unless a chip replays a network's golden inputs as the definition does, bit for bit.

    Motors and numbers of spikes at every step, all that the network remembers at the last.
    """
    definition = Flown(network.layers, network.readout, network.contract)
    edges = np.cumsum(network.spiking_sizes)[:-1]
    client.reset()
    for number, (state, setpoint) in enumerate(zip(network.golden.state, network.golden.setpoint, strict=True)):
        step, answer = definition.given(state, setpoint), _given(client, state, setpoint, number)
        spikes = tuple(int(layer.sum()) for layer in np.split(step.spikes, edges)) if network.spiking else ()
        if answer.spikes != spikes:
            raise _differs(network, number, f"{answer.spikes} spikes, not {spikes}")
        if not np.array_equal(np.array(answer.motors, np.float32), command(step.output)):
            raise _differs(network, number, "motors")
    if not np.array_equal(_memory(client, network).flat(), definition.memory):
        raise _differs(network, len(network.golden) - 1, "membranes")


def _given(client: Client, state: Float32, setpoint: Float32, number: int) -> StepAnswer:
    x = state.tolist()
    try:
        return client.step(StepRequest._make((x[0:3], x[3:6], x[6:10], x[10:13], *_wanted(*said(setpoint)))))
    except RequestRefused as refusal:
        raise Refused(f"the chip failed at golden step {number}: {refusal.message}") from refusal


def _wanted(numbers: Float32, bits: int) -> tuple[list[float], list[float], list[float], int]:
    values: list[float] = numbers.tolist()
    return values[0:3], values[3:6], values[6:9], bits


def _memory(client: Client, network: Network) -> CMemory:
    return CMemory(network, client.state(state_bytes(network)))


def _differs(network: Network, number: int, what: str) -> Refused:
    return Refused(
        f"{network.name}: the chip differs from the definition at golden step {number}: {what}",
        hint="was its image compiled with -ffp-contract=off, as hil does? --target sil flies the definition",
    )
