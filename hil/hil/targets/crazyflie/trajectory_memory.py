"""A trajectory written into the vehicle's memory, and read back before it is flown."""

import struct
from itertools import count

from hil.core.errors import TargetUnavailable
from hil.targets.crazyflie.link import Link

PORT, READ, WRITE = 4, 1, 2
_TYPE, _CHUNK = 0x12, 24


def upload(link: Link, content: bytes) -> None:
    """Write from address 0 on and compare. Raises TargetUnavailable where it is not there afterwards."""
    memory = _trajectory_memory(link, len(content))
    chunks = [(at, content[at : at + _CHUNK]) for at in range(0, len(content), _CHUNK)]
    for at, chunk in chunks:
        where = struct.pack("<BI", memory, at)
        answer = link.ask(PORT, WRITE, where + chunk, answer=where)
        if answer[5]:
            raise TargetUnavailable(f"trajectory memory cannot be written at byte {at}: error {answer[5]}")
    for at, chunk in chunks:
        where = struct.pack("<BI", memory, at)
        answer = link.ask(PORT, READ, where + bytes((len(chunk),)), answer=where)
        if answer[5] or answer[6:] != chunk:
            raise TargetUnavailable(f"trajectory memory holds something else than was written, at byte {at}")


def _trajectory_memory(link: Link, size: int) -> int:
    for number in count():
        memory = link.cf.mem.get_mem(number)
        if memory is None:
            raise TargetUnavailable("the vehicle has no trajectory memory", hint="fly with --setpoints stream")
        if memory.type == _TYPE:
            if memory.size < size:
                raise TargetUnavailable(f"the trajectory is {size} bytes, the vehicle's memory has {memory.size}")
            return number
    raise AssertionError("count() does not end")
