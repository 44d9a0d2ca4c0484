import pytest

from hil.virtual_crazyflie.memory import APP, Memories, PatternMemory, Ram
from hil.virtual_crazyflie.packet import Packet

INFO, READ, WRITE = range(3)


@pytest.fixture
def trajectory() -> bytearray:
    return bytearray(4096)


@pytest.fixture
def memories(trajectory: bytearray) -> Memories:
    return Memories([Ram(0x12, trajectory), PatternMemory({"memTst.resetW": 0})])


def ask(memories: Memories, channel: int, data: bytes) -> bytes | None:
    replies = list(memories.handle(Packet(4, channel, data)))
    assert all(reply[:2] == (4, channel) for reply in replies)
    return replies[0].data if replies else None


def at(number: int, address: int) -> bytes:
    return bytes((number,)) + address.to_bytes(4, "little")


def test_memories_are_told_with_type_and_size(memories: Memories) -> None:
    assert ask(memories, INFO, b"\1") == b"\1\2"
    assert ask(memories, INFO, b"\2\0") == b"\2\0\x12" + b"\0\x10\0\0" + bytes(8)
    assert ask(memories, INFO, b"\2\1") == b"\2\1\x15" + b"\0\x10\0\0" + bytes(8)


def test_a_memory_that_is_not_there_has_an_answer_without_one(memories: Memories) -> None:
    assert ask(memories, INFO, b"\2\7") == b"\2\7"


def test_what_is_written_is_read_and_is_there_for_the_firmware(memories: Memories, trajectory: bytearray) -> None:
    data = bytes(range(24))
    assert ask(memories, WRITE, at(0, 4072) + data) == at(0, 4072) + b"\0"
    assert ask(memories, READ, at(0, 4072) + b"\x18") == at(0, 4072) + b"\0" + data
    assert trajectory[4072:] == data


@pytest.mark.parametrize(
    ("channel", "data"),
    [(READ, at(0, 4090) + b"\x07"), (WRITE, at(0, 4090) + bytes(7)), (READ, at(0, 2**32 - 1) + b"\1")],
)
def test_beyond_the_end_is_an_error_and_changes_nothing(
    memories: Memories, trajectory: bytearray, channel: int, data: bytes
) -> None:
    assert ask(memories, channel, data) == data[:5] + b"\5"
    assert trajectory == bytes(4096)


@pytest.mark.parametrize(("channel", "rest"), [(READ, b"\1"), (WRITE, b"\1")])
def test_a_memory_that_is_not_there_is_an_error(memories: Memories, channel: int, rest: bytes) -> None:
    assert ask(memories, channel, at(2, 0) + rest) == at(2, 0) + b"\5"


def test_more_than_a_packet_holds_is_an_error(memories: Memories) -> None:
    assert ask(memories, READ, at(0, 0) + b"\x19") == at(0, 0) + b"\5"


@pytest.mark.parametrize("channel", range(4))
@pytest.mark.parametrize("data", [b"", b"\0", b"\2", b"\0\0\0\0"])
def test_a_packet_that_ends_too_soon_has_no_answer(memories: Memories, channel: int, data: bytes) -> None:
    assert ask(memories, channel, data) is None


def test_the_tester_reads_as_a_pattern_and_counts_what_breaks_it() -> None:
    parameters: dict[str, float] = {"memTst.resetW": 0}
    tester = PatternMemory(parameters)
    memories = Memories([tester])
    assert ask(memories, READ, at(0, 254) + b"\4") == at(0, 254) + b"\0" + b"\xfe\xff\x00\x01"
    ask(memories, WRITE, at(0, 254) + b"\xfe\xff\x07\x01")
    assert tester.errors == 1
    parameters["memTst.resetW"] = 1
    ask(memories, WRITE, at(0, 0) + b"\x00\x02\x03")
    assert (tester.errors, parameters["memTst.resetW"]) == (2, 0)


def test_an_app_brings_a_memory_of_its_own() -> None:
    memories = Memories([Ram(APP, bytearray(64))])
    assert ask(memories, INFO, b"\2\0") == b"\2\0\x18" + b"\x40\0\0\0" + bytes(8)
