"""The virtual Crazyflie without its socket: datagrams in, datagrams out, a millisecond at a time."""

from collections.abc import Callable, Collection
from typing import Literal

from hil.virtual_crazyflie.body import Body
from hil.virtual_crazyflie.console import Console
from hil.virtual_crazyflie.flight import FlightStack
from hil.virtual_crazyflie.link_services import LinkServices
from hil.virtual_crazyflie.log_blocks import LogBlocks
from hil.virtual_crazyflie.memory import APP, TRAJECTORY, Memories, Memory, PatternMemory, Ram
from hil.virtual_crazyflie.onboard import Flashed
from hil.virtual_crazyflie.packet import Packet, decode, encode
from hil.virtual_crazyflie.parameters import Parameters
from hil.virtual_crazyflie.platform import Platform
from hil.virtual_crazyflie.service import Service
from hil.virtual_crazyflie.variables import log_table, parameter_table
from hil_controllers.network.engines import Backend

CONNECTED_MS = 2000  # how long after a client's last packet `radio.isConnected` says so
_MEMORY_BYTES = 4096
_NO_APP = ("pid-firmware", "geometric")  # controllers of the firmware itself; a network comes with an app


class VirtualCrazyflie:
    """A booted Crazyflie and its body. Nothing happens but in `tick`, and in `receive` what a packet asks for.

    `controller` is a name or path as `hil run --controller` takes it, read once, `engine` what steps a network (None:
    the fastest that is here); `arming` "auto" arms by itself, as a brushed Crazyflie does; `positioning` tells where
    the estimator has its position from; `lacks` names log variables that this firmware does not have. Raises BadInput
    for a controller that cannot be used, TargetUnavailable for an engine that is not here.
    """

    flight: FlightStack
    parameters: dict[str, float]  # by full name
    log_blocks: LogBlocks
    log_values: dict[str, Callable[[], float]]  # of the live log variables, by full name
    boots: int

    def __init__(
        self,
        body: Body,
        *,
        controller: str = "pid-firmware",
        arming: Literal["auto", "manual"] = "auto",
        positioning: Literal["onboard", "external"] = "onboard",
        seed: int = 0,
        engine: Backend | None = None,
        lacks: Collection[str] = (),
    ) -> None:
        self.body = body
        self._log_table = log_table().without(lacks)
        self._flashed, self._seed = Flashed.of(controller, body.vehicle, engine), seed
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
        self._heard_ms = -CONNECTED_MS
        trajectory = bytearray(_MEMORY_BYTES)
        pattern = PatternMemory(self.parameters)
        memories: list[Memory] = [Ram(TRAJECTORY, trajectory), pattern]
        if self._flashed.word not in _NO_APP:
            memories.append(Ram(APP, bytearray(_MEMORY_BYTES)))
        self._parameter_service = Parameters(parameter_table(), self.parameters, self._stored, self._unasked.append)
        self._parameter_service.boot()
        self.flight = FlightStack(
            self.body,
            parameters=self.parameters,
            trajectory_memory=trajectory,
            console=Console(self._unasked.append).write,
            controller=self._flashed,
            arming=self._arming,
            positioning=self._positioning,
            seed=self._seed,
        )
        self.log_values = {
            **self.flight.log_values,
            "memTst.errCntW": lambda: pattern.errors,
            "radio.isConnected": lambda: self._is_connected,
        }
        self.log_blocks = LogBlocks(self._log_table, self.log_values, lambda: self.flight.now_ms)
        services: list[Service] = [
            *(self._parameter_service, self.log_blocks, Memories(memories), Platform(), LinkServices()),
            *self.flight.services,
        ]
        self._services = {port: service for service in services for port in service.ports}

    @property
    def now_ms(self) -> int:
        """Milliseconds since boot."""
        return self.flight.now_ms

    @property
    def _is_connected(self) -> bool:
        return self.now_ms - self._heard_ms < CONNECTED_MS

    def receive(self, datagram: bytes) -> None:
        """Handle what a client sent, at once: replies wait in `outgoing`. Never raises.

        What makes no sense has no reply, and neither has a null packet: it is the link's. After a failed assertion,
        as real ones have them for set-points of a wrong length, nothing has a reply until `reboot`.
        """
        if self.flight.assertion:
            return
        packet = decode(datagram)
        self._heard_ms = self.now_ms
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
