"""`docs/virtual-crazyflie.md` says what is live, and what there is to read about; these say whether that is so."""

import re
import struct
from pathlib import Path
from typing import Any

from hil.virtual_crazyflie.body import Body
from hil.virtual_crazyflie.firmware import VirtualCrazyflie
from hil.virtual_crazyflie.flight import FlightStack
from hil.virtual_crazyflie.memory import PatternMemory
from hil.virtual_crazyflie.onboard import Flashed
from hil.virtual_crazyflie.packet import Packet
from hil_sim.vehicle_files import load_vehicle

VEHICLE = load_vehicle("cf21-identified")

PAGE = (Path(__file__).parents[3] / "docs" / "virtual-crazyflie.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| ((?:`\w+` ?)+)\|$", re.MULTILINE)
SECTION = re.compile(r"^##+ (.+)$", re.MULTILINE)
MATTERING = re.compile(r"^These change (.+?)\n\n", re.MULTILINE | re.DOTALL)
REFERENCE = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)")


def test_the_page_lists_the_log_variables_that_are_live() -> None:
    listed = {f"{row[1]}.{name}" for row in ROW.finditer(PAGE) for name in re.findall(r"`(\w+)`", row[2])}
    assert listed == set(VirtualCrazyflie(Body(VEHICLE)).log_values)


class Read(dict[str, float]):
    """Parameters that remember which of them were read."""

    def __init__(self, values: dict[str, float]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> float:
        self.names.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def test_the_page_lists_the_parameters_that_change_anything() -> None:
    (paragraph,) = MATTERING.findall(PAGE)
    body = Body(VEHICLE)
    parameters = Read(VirtualCrazyflie(body).parameters)
    flight = FlightStack(
        body,
        parameters=parameters,
        trajectory_memory=bytearray(4096),
        console=lambda _: None,
        controller=Flashed.of("pid-firmware", VEHICLE),
    )
    services = {port: service for service in flight.services for port in service.ports}

    def vertical(command: int, height_m: float) -> None:
        (answer,) = services[8].handle(Packet(8, 0, struct.pack("<BBff?f", command, 1, height_m, 0.0, True, 0.5)))
        assert answer.data[3] == 0

    services[8].handle(Packet(8, 0, b"\x00\x01"))
    services[6].handle(Packet(6, 1, b"\x08" + struct.pack("<7f", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)))
    PatternMemory(parameters).write(0, b"\x00")
    for stay_ms, then in (
        (20, lambda: vertical(7, 0.4)),
        (2500, lambda: vertical(8, 0.0)),
        (4000, lambda: vertical(7, 0.4)),
        (2500, body.tumble),
        (2500, lambda: None),
    ):
        for _ in range(stay_ms):
            flight.tick()
        then()
    assert parameters.names == set(re.findall(r"`(\w+\.\w+)`", paragraph))


def test_every_section_that_the_page_refers_to_is_there() -> None:
    referred = set(REFERENCE.findall(PAGE))
    assert referred
    assert referred <= set(SECTION.findall(PAGE))
