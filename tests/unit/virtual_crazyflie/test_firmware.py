import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hil.virtual_crazyflie.body import Body
from hil.virtual_crazyflie.firmware import VirtualCrazyflie
from hil.virtual_crazyflie.packet import decode
from hil.virtual_crazyflie.variables import log_table, parameter_table
from hil_controllers.network.controller import NetworkController
from hil_sim.vehicle_files import load_vehicle

VEHICLE = load_vehicle("cf21-identified")
FLOAT = parameter_table().by_name["locSrv.extPosStdDev"].ident.to_bytes(2, "little")
TENTH = struct.pack("<f", 0.1)


@pytest.fixture
def vehicle() -> VirtualCrazyflie:
    """One that has booted, and nobody heard what it printed."""
    booted = VirtualCrazyflie(Body(VEHICLE))
    for _ in range(5):
        booted.tick()
    booted.outgoing()
    return booted


@pytest.fixture
def ask(vehicle: VirtualCrazyflie) -> Callable[[str], list[str]]:
    """Datagrams to it and from it, in hex."""

    def call(request: str) -> list[str]:
        vehicle.receive(bytes.fromhex(request))
        return [datagram.hex(" ") for datagram in vehicle.outgoing()]

    return call


@pytest.mark.parametrize(
    ("request_hex", "reply"),
    [
        ("fd 00", "f1 " + b"Bitcraze Crazyflie".ljust(30, b"\0").hex(" ")),
        ("dd 00", "d1 00 0c 00 00 00"),
        ("5d 05", "51 05 00 00"),
        ("5c 03", "50 03 94 01 33 6a 49 ab 10 80"),
        ("5c 02 00 00", "50 02 00 00 07 " + b"pm\0vbat\0".hex(" ")),
        ("5c 02 94 01", "50 02"),
        ("4c 01", "40 01 02"),
        ("4c 02 00", "40 02 00 12 00 10 00 00 00 00 00 00 00 00 00 00"),
        ("2c 03", "20 03 0b 01 3e c1 b4 ff"),
        ("2c 02 0e 00", "20 02 0e 00 38 " + b"ring\0effect\0".hex(" ")),
        ("2f 07 0e 00", "23 07 0e 00 00 01"),
        ("2d 0e 00", "21 0e 00 00 07"),
        ("2d 0b 01", "21 0b 01 02"),
        ("fc 00 5e b0 37 91 27 c1 da 41", "f0 00 5e b0 37 91 27 c1 da 41"),
        ("dc 03 01", "d0 03 01"),
        ("dd 01", "d1 01 " + b"2026.08".hex(" ")),
    ],
)
def test_a_client_that_connects_is_answered(ask: Callable[[str], list[str]], request_hex: str, reply: str) -> None:
    assert ask(request_hex) == [reply]


@pytest.mark.parametrize(
    "request_hex", ["ff", "fe 01 02", "de 68 69", "f3", "1c 00", "ee 00", "dd 07", "dc 09", "5f 01"]
)
def test_what_asks_for_nothing_has_no_answer(ask: Callable[[str], list[str]], request_hex: str) -> None:
    assert ask(request_hex) == []


def test_log_data_come_in_the_millisecond_they_are_due(vehicle: VirtualCrazyflie) -> None:
    vehicle.receive(bytes.fromhex("5d 06 01 01 00 00"))
    vehicle.receive(bytes.fromhex("5d 08 01 03 00"))
    vehicle.outgoing()
    came = []
    for _ in range(7):
        vehicle.tick()
        came.append([datagram[2:5] for datagram in vehicle.outgoing()])
    assert came == [[], [], [b"\x08\0\0"], [], [], [b"\x0b\0\0"], []]


def test_a_change_from_inside_is_told_after_the_log_data_of_the_next_millisecond(vehicle: VirtualCrazyflie) -> None:
    vehicle.receive(bytes.fromhex("5d 06 01 01 00 00"))
    vehicle.receive(bytes.fromhex("5d 08 01 01 00"))
    vehicle.outgoing()
    vehicle.set_parameter("locSrv.extPosStdDev", 0.1)
    vehicle.tick()
    log_data, told = vehicle.outgoing()
    assert log_data[0] == 0x52
    assert told == b"\x23\x01" + FLOAT + TENTH


def test_after_a_failed_assertion_nobody_answers_until_a_reboot(
    vehicle: VirtualCrazyflie, ask: Callable[[str], list[str]]
) -> None:
    ask("5d 06 01 01 00 00")
    ask("5d 08 01 01 00")
    ask("7c 07 00")  # a position that ends too soon
    vehicle.tick()
    assert b"".join(datagram[1:] for datagram in vehicle.outgoing()).startswith(b"ASSERT")
    vehicle.tick()
    assert ask("fd 00") == []
    vehicle.reboot()
    assert len(ask("fd 00")) == 1


def test_a_reboot_forgets_log_blocks_trajectories_and_what_was_written(
    vehicle: VirtualCrazyflie, ask: Callable[[str], list[str]]
) -> None:
    ask("5d 06 01 01 00 00")
    ask("4e 00 00 00 00 00 01")
    ask("2e" + (FLOAT + TENTH).hex())
    vehicle.tick()
    vehicle.reboot()
    assert (vehicle.now_ms, vehicle.boots) == (0, 2)
    assert ask("5d 03 01 0a") == ["51 03 01 02"]
    assert ask("4d 00 00 00 00 00 01") == ["41 00 00 00 00 00 00 00"]
    assert ask("2d" + FLOAT.hex()) == ["21 " + (FLOAT + b"\0" + struct.pack("<f", 0.01)).hex(" ")]


def test_a_reboot_keeps_the_body_and_stored_parameters(
    vehicle: VirtualCrazyflie, ask: Callable[[str], list[str]]
) -> None:
    body = vehicle.body
    ask("2e" + (FLOAT + TENTH).hex())
    ask("2f 03" + FLOAT.hex())
    vehicle.reboot()
    assert vehicle.body is body
    assert ask("2d" + FLOAT.hex()) == ["21 " + (FLOAT + b"\0" + TENTH).hex(" ")]


def test_a_network_comes_with_an_app_and_the_app_with_a_memory(trained: Path) -> None:
    network = trained / VEHICLE.name / "snn.safetensors"
    vehicle = VirtualCrazyflie(Body(VEHICLE), controller=str(network))
    vehicle.receive(bytes.fromhex("4c 02 02"))
    (reply,) = vehicle.outgoing()
    assert reply[:4] == b"\x40\x02\x02\x18"


def test_a_reboot_flies_the_network_it_was_started_with_whatever_became_of_its_file(
    trained: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.safetensors"
    file.write_bytes((trained / VEHICLE.name / "ann.safetensors").read_bytes())
    vehicle = VirtualCrazyflie(Body(VEHICLE), controller=str(file))
    file.write_bytes((trained / VEHICLE.name / "wild.safetensors").read_bytes())
    first = vehicle.flight.onboard._other
    vehicle.reboot()
    file.unlink()
    vehicle.reboot()
    again = vehicle.flight.onboard._other
    assert isinstance(first, NetworkController)
    assert isinstance(again, NetworkController)
    assert again is not first
    assert again.network is first.network


def test_it_says_that_it_is_connected_while_a_client_speaks_and_two_seconds_longer(vehicle: VirtualCrazyflie) -> None:
    connected = vehicle.log_values["radio.isConnected"]
    before = connected()
    vehicle.receive(b"\xfd\x00")
    said = []
    for _ in range(2000):
        said.append(connected())
        vehicle.tick()
    after = connected()
    vehicle.receive(b"\xfd\x00")
    vehicle.reboot()
    assert (before, set(said), after, connected()) == (False, {True}, False, False)


def test_what_the_vehicle_logs_is_in_the_table(vehicle: VirtualCrazyflie) -> None:
    assert set(vehicle.log_values) <= set(log_table().by_name)


def test_every_parameter_has_a_value_whoever_reads_it(vehicle: VirtualCrazyflie) -> None:
    assert set(vehicle.parameters) == set(parameter_table().by_name)


def datagrams() -> st.SearchStrategy[bytes]:
    """Any bytes, and packets that begin like one: a port, and a low command byte."""
    begins = st.builds(
        lambda port, channel, command, rest: bytes((port << 4 | channel, command)) + rest,
        *(st.sampled_from((2, 3, 4, 5, 6, 7, 8, 9, 13, 15)), st.integers(0, 3), st.integers(0, 15)),
        st.binary(max_size=29),
    )
    return st.binary(max_size=40) | begins


@given(st.lists(datagrams(), max_size=30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_datagram_raises_and_every_answer_is_a_packet(received: list[bytes]) -> None:
    vehicle = VirtualCrazyflie(Body(VEHICLE))
    for datagram in received:
        vehicle.receive(datagram)
        vehicle.tick()
        if vehicle.flight.assertion:
            vehicle.reboot()
    assert all(decode(answer) is not None and answer[0] & 0x0C == 0 for answer in vehicle.outgoing())


def written() -> st.SearchStrategy[bytes]:
    """Writes to parameters, of numbers that are none or of no use; resets of the estimator; poses."""
    table = parameter_table().variables
    floats = [one.ident for one in table if one.number.code == "f"]
    heard = [ident for ident in floats if table[ident].name.startswith(("kalman.initial", "kalman.max", "locSrv."))]
    reset = parameter_table().by_name["kalman.resetEstimation"].ident
    writes = st.builds(
        lambda ident, value: b"\x2e" + struct.pack("<Hf", ident, value),
        st.sampled_from(floats) | st.sampled_from(heard),
        st.sampled_from((math.inf, -math.inf, math.nan, 3e38, -3e38, 0.0)),
    )
    pose = b"\x6d\x08" + struct.pack("<7f", 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    return writes | st.just(b"\x2e" + struct.pack("<HB", reset, 1)) | st.just(pose)


@given(st.lists(written(), max_size=30), st.sampled_from(("onboard", "external")))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_value_of_a_parameter_raises(received: list[bytes], positioning: Literal["onboard", "external"]) -> None:
    vehicle = VirtualCrazyflie(Body(VEHICLE), positioning=positioning)
    vehicle.tick()
    vehicle.receive(b"\x8c\x07" + struct.pack("<Bff?f", 0, 0.5, 0.0, True, 0.02))
    for datagram in received:
        vehicle.receive(datagram)
        for _ in range(12):
            vehicle.tick()
    assert all(isinstance(read(), (int, float)) for read in vehicle.log_values.values())
