import struct
from types import SimpleNamespace

import pytest

from hil.virtual_crazyflie.packet import Packet
from hil.virtual_crazyflie.parameters import Parameters
from hil.virtual_crazyflie.variables import parameter_table

BY_NAME = parameter_table().by_name
ESTIMATOR, FLOAT, READ_ONLY = (
    BY_NAME[name].ident.to_bytes(2, "little") for name in ("stabilizer.estimator", "locSrv.extPosStdDev", "deck.bcFlow")
)
UNKNOWN = (267).to_bytes(2, "little")
TENTH = struct.pack("<f", 0.1)
BOOT = struct.pack("<f", 0.01)


@pytest.fixture
def parameters() -> SimpleNamespace:
    values: dict[str, float] = {}
    stored: dict[str, float] = {}
    said: list[Packet] = []
    service = Parameters(parameter_table(), values, stored, said.append)
    service.boot()

    def ask(channel: int, data: bytes) -> bytes | None:
        replies = list(service.handle(Packet(2, channel, data)))
        assert all(reply[:2] == (2, channel) for reply in replies)
        return replies[0].data if replies else None

    return SimpleNamespace(service=service, values=values, stored=stored, said=said, ask=ask)


def test_a_parameter_reads_as_its_value_now(parameters: SimpleNamespace) -> None:
    parameters.values["stabilizer.estimator"] = 3
    assert parameters.ask(1, ESTIMATOR) == ESTIMATOR + b"\0\3"


def test_a_write_is_answered_with_the_value_written(parameters: SimpleNamespace) -> None:
    assert parameters.ask(2, FLOAT + TENTH) == FLOAT + TENTH
    assert parameters.values["locSrv.extPosStdDev"] == pytest.approx(0.1)


def test_a_write_to_a_read_only_parameter_is_not_answered_and_changes_nothing(parameters: SimpleNamespace) -> None:
    assert parameters.ask(2, READ_ONLY + b"\1") is None
    assert parameters.values["deck.bcFlow"] == 0


@pytest.mark.parametrize(("channel", "data"), [(1, UNKNOWN), (2, UNKNOWN + b"\1")])
def test_an_unknown_parameter_is_answered_with_enoent(parameters: SimpleNamespace, channel: int, data: bytes) -> None:
    assert parameters.ask(channel, data) == UNKNOWN + b"\2"


@pytest.mark.parametrize("command", [3, 4, 5, 7, 8])
def test_other_requests_about_an_unknown_parameter_too(parameters: SimpleNamespace, command: int) -> None:
    assert parameters.ask(3, bytes((command,)) + UNKNOWN) == bytes((command,)) + UNKNOWN + b"\2"


@pytest.mark.parametrize(
    ("name", "kind", "value", "error"),
    [
        (b"stabilizer\0estimator\0", b"\x08", b"\3", 0),
        (b"stabilizer\0estimatr\0", b"\x08", b"\3", 2),
        (b"stabilizer\0estimator\0", b"\x06", b"\3", 22),
        (b"deck\0bcFlow\0", b"\x08", b"\1", 13),
    ],
    ids=["known", "unknown: ENOENT", "of another type: EINVAL", "read-only: EACCES"],
)
def test_a_parameter_is_set_by_name(
    parameters: SimpleNamespace, name: bytes, kind: bytes, value: bytes, error: int
) -> None:
    assert parameters.ask(3, b"\0" + name + kind + value) == b"\0" + name + bytes((error,))
    assert parameters.values["stabilizer.estimator"] == (3 if error == 0 else 2)
    assert parameters.values["deck.bcFlow"] == 0


def test_the_default_is_the_value_after_boot_whatever_was_written(parameters: SimpleNamespace) -> None:
    parameters.ask(2, FLOAT + TENTH)
    assert parameters.ask(3, b"\x08" + FLOAT) == b"\x08" + FLOAT + b"\0" + BOOT


def test_a_read_only_parameter_has_no_default(parameters: SimpleNamespace) -> None:
    assert parameters.ask(3, b"\x08" + READ_ONLY) == b"\x08" + READ_ONLY + b"\2"


def test_the_extended_type_tells_what_is_persistent(parameters: SimpleNamespace) -> None:
    persistent = BY_NAME["ring.effect"].ident.to_bytes(2, "little")
    assert parameters.ask(3, b"\x07" + persistent) == b"\x07" + persistent + b"\0\1"


def test_a_parameter_without_an_extended_type_is_answered_with_enoent(parameters: SimpleNamespace) -> None:
    assert parameters.ask(3, b"\x07" + FLOAT) == b"\x07" + FLOAT + b"\2"


def test_a_stored_value_is_told_beside_the_default(parameters: SimpleNamespace) -> None:
    assert parameters.ask(3, b"\4" + FLOAT) == b"\4" + FLOAT + b"\0" + BOOT
    parameters.ask(2, FLOAT + TENTH)
    assert parameters.ask(3, b"\3" + FLOAT) == b"\3" + FLOAT + b"\0"
    assert parameters.ask(3, b"\4" + FLOAT) == b"\4" + FLOAT + b"\1" + BOOT + TENTH


def test_a_stored_value_is_there_after_the_next_boot_and_others_are_not(parameters: SimpleNamespace) -> None:
    parameters.ask(2, FLOAT + TENTH)
    parameters.ask(3, b"\3" + FLOAT)
    parameters.ask(2, ESTIMATOR + b"\1")
    parameters.service.boot()
    assert parameters.ask(1, FLOAT) == FLOAT + b"\0" + TENTH
    assert parameters.ask(1, ESTIMATOR) == ESTIMATOR + b"\0\2"


def test_a_cleared_value_is_gone_and_cannot_be_cleared_twice(parameters: SimpleNamespace) -> None:
    parameters.ask(3, b"\3" + FLOAT)
    assert parameters.ask(3, b"\5" + FLOAT) == b"\5" + FLOAT + b"\0"
    assert parameters.ask(3, b"\5" + FLOAT) == b"\5" + FLOAT + b"\2"
    assert parameters.stored == {}


def test_a_change_from_inside_is_told_unasked(parameters: SimpleNamespace) -> None:
    parameters.service.update("stabilizer.estimator", 1)
    assert parameters.said == [Packet(2, 3, b"\1" + ESTIMATOR + b"\1")]
    assert parameters.ask(1, ESTIMATOR) == ESTIMATOR + b"\0\1"


@pytest.mark.parametrize("data", [b"", b"\0", b"\x08", b"\0stabilizer", b"\0\0\0"])
@pytest.mark.parametrize("channel", range(4))
def test_a_packet_that_ends_too_soon_has_no_answer(parameters: SimpleNamespace, channel: int, data: bytes) -> None:
    if len(data) < 2:
        assert parameters.ask(channel, data) is None
    assert parameters.values["system.storageStats"] == 0


def test_a_value_that_ends_too_soon_is_filled_with_zeros(parameters: SimpleNamespace) -> None:
    assert parameters.ask(2, FLOAT + TENTH[:2]) == FLOAT + TENTH[:2] + b"\0\0"


@pytest.mark.parametrize("command", [0, 1])
def test_requests_with_one_byte_ids_have_no_answer(parameters: SimpleNamespace, command: int) -> None:
    assert parameters.ask(0, bytes((command, 0))) is None


def test_an_id_beyond_the_table_has_an_answer_without_an_item(parameters: SimpleNamespace) -> None:
    assert parameters.ask(0, b"\2" + UNKNOWN) == b"\2"
