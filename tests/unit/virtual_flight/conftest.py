import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hil.core.types import Vec3
from hil.virtual_crazyflie.body import Body
from hil.virtual_crazyflie.flight import FlightStack
from hil.virtual_crazyflie.onboard import Flashed
from hil.virtual_crazyflie.packet import Packet
from hil_sim.vehicle_files import load_vehicle

OFF = (0.0, 0.0, 0.0, 0.0)
TAKE_OFF, LAND = b"\x07", b"\x08"


class Bench:
    """A client of one flight stack, without a wire in between."""

    def __init__(
        self,
        *,
        position: Vec3 = (0.0, 0.0, 0.0),
        yaw_rad: float = 0.0,
        seed: int = 3,
        controller: str = "pid-firmware",
        parameters: dict[str, float] | None = None,
        **options: Any,
    ) -> None:
        self.body = Body(load_vehicle("cf21-identified"), position=position, yaw_rad=yaw_rad, seed=seed)
        self.flashed = Flashed.of(controller, self.body.vehicle)
        self.parameters: dict[str, float] = {} if parameters is None else parameters
        self.memory = bytearray(4096)
        self.said: list[str] = []
        self.flight = FlightStack(
            self.body, parameters=self.parameters, trajectory_memory=self.memory, console=self.said.append,
            controller=self.flashed, seed=seed, **options,
        )  # fmt: skip

    def send(self, port: int, channel: int, data: bytes) -> list[bytes]:
        """The data of the replies."""
        (service,) = (one for one in self.flight.services if port in one.ports)
        return [reply.data for reply in service.handle(Packet(port, channel, data))]

    def ms(self, count: int) -> None:
        """Let time pass."""
        for _ in range(count):
            self.flight.tick()

    def every_ms(self, count: int) -> Iterator[int]:
        """Let time pass, and look after each millisecond."""
        for _ in range(count):
            self.flight.tick()
            yield self.flight.now_ms

    @property
    def word(self) -> int:
        return self.flight.supervisor.word

    def vertical(self, command: bytes, height_m: float, duration_s: float) -> int:
        """Take off or land; the errno."""
        request = command + struct.pack("<Bff?f", 0, height_m, 0.0, True, duration_s)
        return self.send(8, 0, request)[0][3]

    def hover(self, height_m: float = 0.6) -> None:
        """Be in the air, standing, flown by the high-level commander."""
        self.ms(20)
        assert self.vertical(TAKE_OFF, height_m, 1.0) == 0
        self.ms(2500)
        assert self.body.state.position[2] > 0.4

    def go_to(self, x: float, y: float, z: float, yaw: float = 0.0, duration_s: float = 2.0) -> int:
        """The errno."""
        return self.send(8, 0, b"\x0c" + struct.pack("<BBBfffff", 0, 0, 0, x, y, z, yaw, duration_s))[0][3]

    def position(self, x: float, y: float, z: float, yaw_deg: float = 0.0) -> None:
        """Stream one position set-point."""
        self.send(7, 0, b"\x07" + struct.pack("<ffff", x, y, z, yaw_deg))

    def ms_until_off(self, within_ms: int = 5000) -> int:
        """How long until all motors have zero."""
        begin = self.flight.now_ms
        for now in self.every_ms(within_ms):
            if self.body.motors_fraction == OFF:
                return now - begin
        raise AssertionError(f"motors still turn after {within_ms} ms")


@pytest.fixture(scope="session")
def boot() -> Callable[..., Bench]:
    return Bench
