import struct
import zlib
from itertools import groupby

import pytest

from hil.core.errors import BadInput
from hil.virtual_crazyflie.number import LOGGED
from hil.virtual_crazyflie.packet import DATA_MAX
from hil.virtual_crazyflie.variables import PERSISTENT, Table, log_table, parameter_table


def test_there_are_404_variables_to_log_and_267_parameters() -> None:
    assert (len(log_table().variables), len(parameter_table().variables)) == (404, 267)


@pytest.mark.parametrize("table", [log_table(), parameter_table()], ids=["log", "parameters"])
def test_names_are_unique_and_fit_a_packet(table: Table) -> None:
    assert len(table.by_name) == len(table.variables)
    assert all(1 + len(table.item(v.ident.to_bytes(2, "little"))) <= DATA_MAX for v in table.variables)


@pytest.mark.parametrize(
    ("table", "rows", "crc"),
    [(log_table(), 0xA54C3DEB, 0xAB496A33), (parameter_table(), 0x83F50FBA, 0xFFB4C13E)],
    ids=["log", "parameters"],
)
def test_a_changed_table_must_have_another_crc(table: Table, rows: int, crc: int) -> None:
    """Clients cache tables by CRC. After a change to a table, put both its new CRCs here."""
    assert (zlib.crc32(repr([(v.name, v.wire_type) for v in table.variables]).encode()), table.crc) == (rows, crc)


def test_the_crc_of_the_parameters_is_the_one_the_firmware_works_out() -> None:
    """A CRC32 chained through group starts, variables and group ends: each over the last one, the type and the name.

    The log table's is made alike, but of types with two bits that are never told.
    """
    crc = 0
    for group, members in groupby(parameter_table().variables, lambda variable: variable.name.split(".")[0]):
        inside = [(variable.wire_type, variable.name.split(".")[1]) for variable in members]
        for kind, name in [(0x81, group), *inside, (0x80, f"stop_{group}")]:
            crc = zlib.crc32(struct.pack("<IB", crc, kind) + name.encode())
    assert crc == parameter_table().crc


def test_every_extended_parameter_is_persistent() -> None:
    extended = {variable.extended for variable in parameter_table().variables if variable.wire_type & 0x10}
    assert extended == {PERSISTENT}


def test_parameters_hold_float32_values_after_boot() -> None:
    assert all(variable.number.held(variable.value) == variable.value for variable in parameter_table().variables)


def test_logged_variables_have_known_types() -> None:
    assert {variable.wire_type for variable in log_table().variables} <= set(LOGGED)


def test_firmware_that_lacks_a_variable_has_another_table() -> None:
    whole, less = log_table(), log_table().without(["motor.m1"])
    assert "motor.m1" not in less.by_name
    assert [variable.ident for variable in less.variables] == list(range(len(whole.variables) - 1))
    assert less.crc != whole.crc
    assert whole.without([]) is whole


def test_firmware_cannot_lack_what_it_never_had() -> None:
    with pytest.raises(BadInput, match=r"no log variable 'motor\.m5'") as caught:
        log_table().without(["motor.m5"])
    assert "motor.m" in caught.value.hint
