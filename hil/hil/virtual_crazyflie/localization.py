"""Port 6: positions and poses that a client sends, and the older way to stop in an emergency.

Layouts: Bitcraze, docs, functional-areas/crtp/crtp_localization. Packed poses are for the vehicle whose number is the
last byte of its radio address.
"""

import math
import struct
from collections.abc import Callable, Iterable, Mapping

from hil.core.quaternion_bits import decompress
from hil.core.types import LEVEL, ZERO3, Quat, Vec3
from hil.virtual_crazyflie.packet import Packet
from hil.virtual_crazyflie.positioning import Fix

PORT = 6
NUMBER = 0xE7  # of the default address E7E7E7E7E7
_POSITION, _GENERIC = 0, 1  # channels
_POINT, _POSE, _PACKED = struct.Struct("<fff"), struct.Struct("<7f"), struct.Struct("<BhhhI")


class Localization:
    """What a client tells of where the vehicle is; `fixed` gets every measurement."""

    ports = (PORT,)

    def __init__(
        self, parameters: Mapping[str, float], *, fixed: Callable[[Fix], None], stop: Callable[[], None],
        keep_alive: Callable[[], None],
    ) -> None:  # fmt: skip
        self.position: Vec3 = ZERO3  # last told, world, m
        self.attitude: Quat = LEVEL
        self._parameters, self._fixed, self._stop, self._keep_alive = parameters, fixed, stop, keep_alive

    def handle(self, packet: Packet) -> Iterable[Packet]:
        """Nothing is answered."""
        kind, data = packet.data[:1], packet.data[1:]
        if packet.channel == _POSITION and len(packet.data) == _POINT.size:
            self._told(_POINT.unpack(packet.data), None)
        elif packet.channel == _GENERIC and kind == b"\x08" and len(data) == _POSE.size:
            x, y, z, *quat = _POSE.unpack(data)
            self._told((x, y, z), (quat[0], quat[1], quat[2], quat[3]))
        elif packet.channel == _GENERIC and kind == b"\x09":
            for begin in range(0, len(data) - _PACKED.size + 1, _PACKED.size):
                number, x, y, z, code = _PACKED.unpack_from(data, begin)
                if number == NUMBER:
                    self._told((x / 1e3, y / 1e3, z / 1e3), decompress(code))
        elif packet.channel == _GENERIC and kind == b"\x03":
            self._stop()
        elif packet.channel == _GENERIC and kind == b"\x04":
            self._keep_alive()
        return ()

    def _told(self, position: Vec3, attitude: Quat | None) -> None:
        size = math.hypot(*attitude) if attitude else 1.0
        if not math.isfinite(sum(position)) or not math.isfinite(size) or size < 0.5:
            return
        self.position = position
        if attitude is not None:
            x, y, z, w = attitude
            attitude = self.attitude = (x / size, y / size, z / size, w / size)
        value = self._parameters.get
        self._fixed(
            Fix(
                position, attitude=attitude,
                position_std_m=max(1e-4, value("locSrv.extPosStdDev", 0.01)),
                attitude_std_rad=max(1e-3, value("locSrv.extQuatStdDev", 0.05)),
            )
        )  # fmt: skip
