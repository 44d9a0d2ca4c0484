"""Parameters and memory, over a link that answers from a table: what is asked, and what is made of the answers."""

import struct
from types import SimpleNamespace

import pytest

from hil.core.errors import TargetUnavailable
from hil.targets.crazyflie import parameters, trajectory_memory


class Answering:
    """A vehicle with one parameter, a read-only one, and trajectory memory of `size` bytes."""

    def __init__(self, *, size=4096, keeps=None, flips=None):
        self.memory, self.value, self._keeps, self._flips = bytearray(size), 1, keeps, flips
        self.pace = SimpleNamespace(now_s=lambda: 0.0, wait_until=lambda t_s: None)
        names = {"controller": ("<B", "RW", 71), "passed": ("<b", "RO", 3), "gain": ("<f", "RW", 8)}
        elements = {
            name: SimpleNamespace(pytype=kind, ident=number, get_readable_access=lambda access=access: access)
            for name, (kind, access, number) in names.items()
        }
        table = SimpleNamespace(toc={"s": elements}, get_element=lambda group, name: elements.get(name))
        memories = [SimpleNamespace(type=0, size=8192), SimpleNamespace(type=0x12, size=size)]
        mem = SimpleNamespace(get_mem=lambda number: memories[number] if number < len(memories) else None)
        self.cf = SimpleNamespace(param=SimpleNamespace(toc=table), mem=mem)

    def ask(self, port, channel, data, *, answer):
        assert data.startswith(answer)
        if port == 2 and channel == 1:
            return data + b"\0" + bytes((self.value,))
        if port == 2:
            self.value = self._keeps if self._keeps is not None else data[2]
            return data
        number, at = struct.unpack("<BI", data[:5])
        assert number == 1
        if channel == 2:
            self.memory[at : at + len(data) - 5] = data[5:]
            return data[:5] + b"\0"
        if self._flips is not None:
            self.memory[self._flips] ^= 1
            self._flips = None
        return data[:5] + b"\0" + bytes(self.memory[at : at + data[5]])


def test_a_parameter_that_was_taken_reads_as_written():
    assert parameters.write(Answering(), "s.controller", 5) == 5


def test_a_parameter_that_firmware_took_back_reads_as_it_is():
    assert parameters.write(Answering(keeps=1), "s.controller", 2) == 1


def test_a_parameter_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(TargetUnavailable, match=r"unknown parameter 's\.controler'; did you mean 's\.controller'"):
        parameters.read(Answering(), "s.controler")


def test_a_parameter_that_can_only_be_read_is_not_written():
    with pytest.raises(TargetUnavailable, match=r"s\.passed can only be read"):
        parameters.write(Answering(), "s.passed", 1)


def test_a_trajectory_is_in_memory_as_it_was_given():
    link = Answering()
    content = bytes(range(100))
    trajectory_memory.upload(link, content)
    assert bytes(link.memory[:100]) == content


def test_memory_that_holds_something_else_is_not_flown():
    with pytest.raises(TargetUnavailable, match="holds something else than was written, at byte 24"):
        trajectory_memory.upload(Answering(flips=30), bytes(60))


def test_a_trajectory_too_long_for_the_memory_is_told():
    with pytest.raises(TargetUnavailable, match="60 bytes, the vehicle's memory has 32"):
        trajectory_memory.upload(Answering(size=32), bytes(60))


def test_a_vehicle_without_trajectory_memory_is_told_how_to_fly():
    link = Answering()
    link.cf.mem.get_mem = lambda number: None
    with pytest.raises(TargetUnavailable) as caught:
        trajectory_memory.upload(link, bytes(60))
    assert caught.value.hint == "fly with --setpoints stream"
