import struct
from types import SimpleNamespace

import pytest

from hil.virtual_crazyflie.log_blocks import LogBlocks
from hil.virtual_crazyflie.packet import Packet
from hil.virtual_crazyflie.variables import log_table

FLOAT, FP16, U8, I16 = 7, 8, 1, 5
IDS = {name: variable.ident for name, variable in log_table().by_name.items()}
UNKNOWN = 404


def columns(*named: tuple[int, int]) -> bytes:
    """Variables of a block: the type each is fetched as, and its id."""
    return b"".join(struct.pack("<BH", kind, ident) for kind, ident in named)


FLOATS = columns(*[(FLOAT, ident) for ident in range(6)])  # 24 of 26 bytes


@pytest.fixture
def log() -> SimpleNamespace:
    live = {"stateEstimate.x": lambda: 1.5, "supervisor.info": lambda: 0x20E}
    bench = SimpleNamespace(now_ms=1000, live=live)
    blocks = LogBlocks(log_table(), live, lambda: bench.now_ms)

    def ask(*data: int | bytes) -> int:
        sent = b"".join(bytes((part,)) if isinstance(part, int) else part for part in data)
        (reply,) = blocks.handle(Packet(5, 1, sent))
        assert (reply.port, reply.channel, reply.data[:2]) == (5, 1, sent[:2].ljust(2, b"\0"))
        return reply.data[2]

    def pass_ms(duration_ms: int) -> list[bytes]:
        data = []
        for _ in range(duration_ms):
            bench.now_ms += 1
            data += blocks.due()
        assert all((packet.port, packet.channel) == (5, 2) for packet in data)
        return [packet.data for packet in data]

    bench.blocks, bench.ask, bench.pass_ms = blocks, ask, pass_ms
    return bench


def test_a_block_delivers_every_period_with_the_time_since_boot(log: SimpleNamespace) -> None:
    assert log.ask(6, 1, columns((FLOAT, IDS["stateEstimate.x"]))) == 0
    assert log.ask(3, 1, 10) == 0
    assert log.pass_ms(99) == []
    value = struct.pack("<f", 1.5)
    assert log.pass_ms(201) == [b"\1" + (1000 + n).to_bytes(3, "little") + value for n in (100, 200, 300)]


def test_a_period_may_be_one_millisecond(log: SimpleNamespace) -> None:
    log.ask(6, 1, columns((U8, 0)))
    log.ask(8, 1, b"\1\0")
    assert len(log.pass_ms(50)) == 50


def test_the_time_stamp_wraps_after_24_bits(log: SimpleNamespace) -> None:
    log.now_ms = (1 << 24) - 2
    log.ask(6, 1, columns((U8, 0)))
    log.ask(8, 1, b"\1\0")
    assert [data[1:4] for data in log.pass_ms(3)] == [b"\xff\xff\xff", b"\0\0\0", b"\1\0\0"]


def test_a_start_with_period_0_delivers_once(log: SimpleNamespace) -> None:
    log.ask(6, 1, columns((U8, 0)))
    log.ask(3, 1, 0)
    assert len(log.pass_ms(100)) == 1


def test_a_single_delivery_leaves_the_running_period_alone(log: SimpleNamespace) -> None:
    log.ask(6, 1, columns((U8, 0)))
    log.ask(3, 1, 1)
    log.ask(3, 1, 0)
    assert len(log.pass_ms(100)) == 11


def test_a_block_started_again_has_the_new_period_only(log: SimpleNamespace) -> None:
    log.ask(6, 1, columns((U8, 0)))
    log.ask(3, 1, 1)
    log.ask(3, 1, 5)
    assert len(log.pass_ms(100)) == 2


@pytest.mark.parametrize("end", [(4, 1), (2, 1), (5,)], ids=["stopped", "deleted", "reset"])
def test_a_block_that_is_ended_delivers_nothing_more(log: SimpleNamespace, end: tuple[int, ...]) -> None:
    log.ask(6, 1, columns((U8, 0)))
    log.ask(3, 1, 1)
    log.pass_ms(20)
    assert log.ask(*end) == 0
    assert log.pass_ms(100) == []


def test_a_block_made_again_does_not_run_on_the_timer_of_the_deleted_one(log: SimpleNamespace) -> None:
    log.ask(6, 1, columns((U8, 0)))
    log.ask(3, 1, 1)
    log.ask(2, 1)
    log.ask(6, 1, columns((U8, 0)))
    assert log.pass_ms(100) == []


@pytest.mark.parametrize("command", [(2, 9), (3, 9, 10), (4, 9), (7, 9), (8, 9, b"\x0a\0")])
def test_a_block_that_is_not_there_is_answered_with_enoent(log: SimpleNamespace, command: tuple[int, ...]) -> None:
    assert log.ask(*command) == 2


def test_a_block_that_is_there_already_is_answered_with_eexist(log: SimpleNamespace) -> None:
    log.ask(6, 1, columns((U8, 0)))
    assert log.ask(6, 1, columns((U8, 0))) == 17


def test_an_unknown_command_is_answered_with_enoexec(log: SimpleNamespace) -> None:
    assert log.ask(0, 1) == 8
    assert log.ask(9, 1) == 8


def test_an_unknown_variable_is_answered_with_enoent_and_leaves_those_before_it(log: SimpleNamespace) -> None:
    assert log.ask(6, 1, columns((U8, 0), (U8, UNKNOWN))) == 2
    log.ask(3, 1, 0)
    assert [len(data) for data in log.pass_ms(1)] == [4 + 1]


def test_more_than_26_bytes_are_answered_with_e2big(log: SimpleNamespace) -> None:
    assert log.ask(6, 1, FLOATS) == 0
    assert log.ask(7, 1, columns((FLOAT, 6))) == 7
    assert log.ask(7, 1, columns((FP16, 6))) == 0


def test_a_seventeenth_block_is_answered_with_enomem(log: SimpleNamespace) -> None:
    assert [log.ask(6, block, columns((U8, 0))) for block in range(17)] == [0] * 16 + [12]


def test_a_129th_variable_is_answered_with_enomem_until_a_block_is_deleted(log: SimpleNamespace) -> None:
    for block in range(15):
        assert log.ask(6, block, columns(*[(U8, 0)] * 8)) == 0
    assert log.ask(6, 15, columns(*[(U8, 0)] * 9)) == 12
    log.ask(4, 0)
    assert log.ask(7, 1, columns((U8, 0))) == 12
    log.ask(2, 0)
    assert log.ask(7, 1, columns((U8, 0))) == 0


@pytest.mark.parametrize(
    ("name", "kind", "sent"),
    [
        ("stateEstimate.x", FP16, struct.pack("<e", 1.5)),
        ("stateEstimate.x", I16, struct.pack("<h", 1)),
        ("supervisor.info", FLOAT, struct.pack("<f", 0x20E)),
        ("supervisor.info", U8, b"\x0e"),
        ("pm.vbat", FLOAT, bytes(4)),
    ],
    ids=["float as half", "float as integer", "integer as float", "integer as a narrower one", "constant"],
)
def test_a_variable_is_fetched_as_another_type(log: SimpleNamespace, name: str, kind: int, sent: bytes) -> None:
    log.ask(6, 1, columns((kind, IDS[name])))
    log.ask(3, 1, 0)
    (data,) = log.pass_ms(1)
    assert data[4:] == sent


def test_an_upper_half_of_the_type_byte_changes_nothing(log: SimpleNamespace) -> None:
    log.ask(6, 1, columns((0x88, IDS["stateEstimate.x"])))
    log.ask(3, 1, 0)
    assert log.pass_ms(1)[0][4:] == struct.pack("<e", 1.5)


@pytest.mark.parametrize("kind", [0, 9, 15])
def test_a_type_that_is_none_is_refused(log: SimpleNamespace, kind: int) -> None:
    assert log.ask(6, 1, columns((kind, 0))) == 8


def fifteen(log: SimpleNamespace, apart_ms: int) -> list[int]:
    """Deliveries of each of 15 blocks in half a second or so at 100 Hz."""
    for block in range(15):
        log.ask(6, block, columns((U8, 0)))
        log.ask(3, block, 1)
        log.pass_ms(apart_ms)
    delivered = [data[0] for data in log.pass_ms(500)]
    return [delivered.count(block) for block in range(15)]


def test_of_15_blocks_started_together_9_deliver_nothing_for_ever(log: SimpleNamespace) -> None:
    assert fifteen(log, apart_ms=0) == [50] * 6 + [0] * 9


def test_blocks_started_3_ms_apart_deliver_everything(log: SimpleNamespace) -> None:
    assert fifteen(log, apart_ms=3) == [50] * 15


def test_a_full_worker_queue_delivers_nothing_until_it_is_over(log: SimpleNamespace) -> None:
    log.ask(6, 1, columns((U8, 0)))
    log.ask(3, 1, 1)
    log.blocks.overrun = True
    assert log.pass_ms(100) == []
    log.blocks.overrun = False
    assert len(log.pass_ms(100)) == 10


def test_nothing_is_due_before_the_first_block_expires(log: SimpleNamespace) -> None:
    assert log.blocks.next_due_ms > 1e9
    log.ask(6, 1, columns((U8, 0)))
    log.ask(3, 1, 10)
    assert log.blocks.next_due_ms == 1100
    log.pass_ms(100)
    assert log.blocks.next_due_ms == 1200


@pytest.mark.parametrize("channel", [0, 2, 3])
def test_what_is_no_request_has_no_answer(log: SimpleNamespace, channel: int) -> None:
    assert list(log.blocks.handle(Packet(5, channel, b"\1\1"))) == []
