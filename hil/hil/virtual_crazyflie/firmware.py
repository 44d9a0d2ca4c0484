"""The virtual Crazyflie without its socket: datagrams in, datagrams out, a millisecond at a time."""

from collections.abc import Callable, Collection
from typing import Literal

from hil.virtual_crazyflie.body import Body
from hil.virtual_crazyflie.console import Console
from hil.virtual_crazyflie.flight import FlightStack
from hil.virtual_crazyflie.link_services import LinkServices
from hil.virtual_crazyflie.log_blocks import LogBlocks
from hil.virtual_crazyflie.memory import APP, TRAJECTORY, Memories, Memory, PatternMemory, Ram
from hil.virtual_crazyflie.packet import Packet, decode, encode
from hil.virtual_crazyflie.parameters import Parameters
from hil.virtual_crazyflie.platform import Platform
from hil.virtual_crazyflie.service import Service
from hil.virtual_crazyflie.variables import log_table, parameter_table

_MEMORY_BYTES = 4096
_NO_APP = ("pid-firmware", "geometric")  # controllers of the firmware itself; a network comes with an app


class VirtualCrazyflie:
    """A booted Crazyflie and its body. Nothing happens but in `tick`, and in `receive` what a packet asks for.

    `controller` is a name or path as `hil run --controller` takes it; `arming` "auto" arms by itself, as a brushed
    Crazyflie does; `positioning` tells where the estimator has its position from. Raises BadInput for a controller
    that cannot be used. `lacks` names log variables that this firmware does not have.
    """

    flight: FlightStack
    parameters: dict[str, float]  # by full name
    log_blocks: LogBlocks
    boots: int

    def __init__(
        self,
        body: Body,
        *,
        controller: str = "pid-firmware",
        arming: Literal["auto", "manual"] = "auto",
        positioning: Literal["onboard", "external"] = "onboard",
        seed: int = 0,
        lacks: Collection[str] = (),
    ) -> None:
        self.body = body
        self._log_table = log_table().without(lacks)
        self._controller, self._seed = controller, seed
        self._arming: Literal["auto", "manual"] = arming
        self._positioning: Literal["onboard", "external"] = positioning
        self._stored: dict[str, float] = {}  # parameters that survive a reboot
        self._out: list[bytes] = []
        self._unasked: list[Packet] = []
        self.boots = 0
        self.reboot()

    def reboot(self) -> None:
        """Start the firmware anew at time 0, its motors off. The body goes on; stored parameters stay."""
        self.boots += 1
        self._unasked.clear()
        self.parameters = {}
        trajectory = bytearray(_MEMORY_BYTES)
        pattern = PatternMemory(self.parameters)
        memories: list[Memory] = [Ram(TRAJECTORY, trajectory), pattern]
        if self._controller not in _NO_APP:
            memories.append(Ram(APP, bytearray(_MEMORY_BYTES)))
        self._parameter_service = Parameters(parameter_table(), self.parameters, self._stored, self._unasked.append)
        self._parameter_service.boot()
        self.flight = FlightStack(
            self.body,
            parameters=self.parameters,
            trajectory_memory=trajectory,
            console=Console(self._unasked.append).write,
            controller=self._controller,
            arming=self._arming,
            positioning=self._positioning,
            seed=self._seed,
        )
        live: dict[str, Callable[[], float]] = {**self.flight.log_values, "memTst.errCntW": lambda: pattern.errors}
        self.log_blocks = LogBlocks(self._log_table, live, lambda: self.flight.now_ms)
        services: list[Service] = [
            *(self._parameter_service, self.log_blocks, Memories(memories), Platform(), LinkServices()),
            *self.flight.services,
        ]
        self._services = {port: service for service in services for port in service.ports}

    @property
    def now_ms(self) -> int:
        """Milliseconds since boot."""
        return self.flight.now_ms

    def receive(self, datagram: bytes) -> None:
        """Handle what a client sent, at once: replies wait in `outgoing`. Never raises.

        What makes no sense has no reply, and neither has a null packet: it is the link's. After a failed assertion,
        as real ones have them for set-points of a wrong length, nothing has a reply until `reboot`.
        """
        if self.flight.assertion:
            return
        packet = decode(datagram)
        service = self._services.get(packet.port) if packet else None
        if packet and service:
            self._out.extend(map(encode, service.handle(packet)))

    def tick(self) -> None:
        """Let one millisecond pass: first whatever flies, then log data, then what the firmware says by itself."""
        self.flight.tick()
        if self.log_blocks.next_due_ms <= self.flight.now_ms and not self.flight.assertion:
            self._out.extend(map(encode, self.log_blocks.due()))
        if self._unasked:
            self._out.extend(map(encode, self._unasked))
            self._unasked.clear()

    def outgoing(self) -> list[bytes]:
        """Datagrams for the client since the last call, in order."""
        sent, self._out = self._out, []
        return sent

    def set_parameter(self, name: str, value: float) -> None:
        """Change a parameter from inside, as an app aboard does; clients are told. Raises KeyError for no such name."""
        self._parameter_service.update(name, value)
